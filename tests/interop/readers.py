"""Other readers of Delta tables, and rows that can be compared."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import deltalake
import duckdb
import pyarrow as pa
from spark import dependencies

Rows = Counter[str]


class CannotRead(Exception):
    """The reader does not know a feature of the table."""


def rows_of(table: pa.Table, columns: list[str]) -> Rows:
    """Return the rows as a multiset of texts, the columns in this order.

    Readers have types of their own for the same values: instants are numbers, dictionaries their
    values, and -0.0 is 0.0.
    """
    if sorted(table.column_names) != sorted(columns):
        raise AssertionError(f"columns {table.column_names}, not {columns}")
    found = []
    for name in columns:
        column = table.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("us", column.type.tz)).cast(pa.int64())
        found.append(column.to_pylist())
    return Counter(map(repr, zip(*found, strict=True)))


def read_with_deltalake(table: Path, version: int) -> pa.Table:
    """Read one version with delta-rs."""
    try:
        opened = deltalake.DeltaTable(str(table), version=version)
        engine = deltalake.QueryBuilder().register("t", opened)
        rows = pa.table(engine.execute("SELECT * FROM t").read_all())
        if any(pa.types.is_struct(kind) and "metadata" in str(kind) for kind in rows.schema.types):
            raise CannotRead("it has the bytes of variants, not what they are")
        return rows
    except BaseException as error:  # noqa: B902 - its panics are no Exceptions
        if isinstance(error, KeyboardInterrupt):
            raise
        raise CannotRead(str(error)) from None


def read_with_duckdb(table: Path, version: int) -> pa.Table:
    """Read one version with DuckDB's extension."""
    (extension,) = dependencies().glob("duckdb-extensions-*/delta.duckdb_extension")
    connection = duckdb.connect()
    connection.execute(f"LOAD '{extension}'")
    connection.execute("SET TimeZone = 'UTC'")
    try:
        connection.execute(f"ATTACH '{table}' AS t (TYPE delta, VERSION {version})")
        return connection.execute("SELECT * FROM t").to_arrow_table()
    except duckdb.Error as error:
        raise CannotRead(str(error)) from None
    finally:
        connection.close()


OTHERS = {"deltalake": read_with_deltalake, "duckdb": read_with_duckdb}


def differences(ours: Rows, theirs: Rows) -> str:
    """Return some of the rows that only one side has; nothing when they are equal."""
    if ours == theirs:
        return ""
    more = list((ours - theirs).elements())[:3]
    fewer = list((theirs - ours).elements())[:3]
    return f"only here {more}, only there {fewer}"
