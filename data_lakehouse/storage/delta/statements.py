"""How the methods of a table become SQL: quoting, types, and the numbers of a commit."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from data_lakehouse.dataframe import Query, Row, SessionState, sources_of
from data_lakehouse.errors import InvalidArgumentError

if TYPE_CHECKING:
    import pyarrow

    from data_lakehouse.lakehouse import Lakehouse


def quoted(part: str) -> str:
    """Return a name as SQL reads it, whatever is in it."""
    return '"' + part.replace('"', '""') + '"'


def assigned(name: str, columns: Sequence[str]) -> str:
    """Return what SET assigns to: one of ``columns``, or a field of it by its path (``"s.a"``)."""
    known = {column.lower() for column in columns}
    parts = name.split(".")
    if name.lower() in known or parts[0].lower() not in known:
        return quoted(name)
    return ".".join(quoted(part) for part in parts)


def text(value: str) -> str:
    """Return a constant text of SQL."""
    return "'" + value.replace("'", "''") + "'"


def time_travel(version: int | None, timestamp: str | datetime.datetime | None) -> str:
    """Return the clause that reads an older version, or an empty text.

    A ``datetime`` without a time zone is taken as UTC.
    """
    if version is not None:
        return f" AT (VERSION => {int(version)})"
    if timestamp is None:
        return ""
    return f" AT (TIMESTAMP => TIMESTAMPTZ {text(time_text(timestamp))})"


def time_text(timestamp: str | datetime.datetime) -> str:
    """Return a time for SQL; a ``datetime`` without a time zone is taken as UTC."""
    if isinstance(timestamp, str):
        return timestamp
    aware = timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=datetime.UTC)
    return aware.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00")


def snake_case(name: str) -> str:
    """Return ``num_target_rows_updated`` for ``numTargetRowsUpdated``."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


class Runner:
    """Runs the statements of one table for one user."""

    def __init__(self, lakehouse: Lakehouse, state: SessionState, user: str) -> None:
        self.lakehouse = lakehouse
        self._state = state
        self._user = user

    def rows(self, sql: str, values: list[Any] | None = None) -> list[Row]:
        """Run a statement; return its rows."""
        import pyarrow

        query = Query(sql, values or [], self._user)
        read = self.lakehouse.core.execute(query.request(self._state)).read_all()
        table = pyarrow.table(read)
        names = tuple(table.column_names)
        columns = [column.to_pylist() for column in table.columns]
        return [Row(names, values) for values in zip(*columns, strict=True)]

    def dicts(self, sql: str) -> list[dict[str, Any]]:
        """Run a query; return its rows by the names of their columns."""
        return [row.asDict() for row in self.rows(sql)]

    def change(
        self,
        sql: str,
        values: list[Any] | None = None,
        sources: Mapping[str, Any] | None = None,
    ) -> dict[str, int]:
        """Run a statement that changes the table; return the numbers of its commit.

        ``version`` is -1 when there was nothing to commit; ``execution_time_ms`` is the whole
        time, with what was lost to other writers.
        """
        query = Query(sql, values or [], self._user, sources=sources_of(sources or {}))
        result = self.lakehouse.core.execute(query.request(self._state))
        result.read_all()
        metrics = result.metrics
        numbers = {snake_case(name): int(value) for name, value in metrics["commit"].items()}
        numbers["version"] = int(metrics["version"])
        numbers["execution_time_ms"] = round(metrics["execution_ms"])
        return numbers


_TYPES = {
    "bool": "BOOLEAN",
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INT",
    "int64": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "string": "STRING",
    "large_string": "STRING",
    "string_view": "STRING",
    "binary": "BINARY",
    "large_binary": "BINARY",
    "binary_view": "BINARY",
    "date32[day]": "DATE",
}


def sql_type(kind: pyarrow.DataType) -> str:
    """Return the SQL type of an Arrow type.

    Raises
    ------
    InvalidArgumentError
        When a table cannot keep it (LK-4094).
    """
    import pyarrow.types as types

    if types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    if types.is_timestamp(kind):
        return "TIMESTAMP" if kind.tz else "TIMESTAMP_NTZ"
    if types.is_struct(kind):
        fields = (f"{quoted(field.name)}: {sql_type(field.type)}" for field in kind)
        return f"STRUCT<{', '.join(fields)}>"
    if types.is_map(kind):
        return f"MAP<{sql_type(kind.key_type)}, {sql_type(kind.item_type)}>"
    if types.is_list(kind) or types.is_large_list(kind):
        return f"ARRAY<{sql_type(kind.value_type)}>"
    if str(kind) in _TYPES:
        return _TYPES[str(kind)]
    raise InvalidArgumentError(
        "LK-4094",
        f"a column of a table cannot be of the type {kind}",
        "Choose a type that Delta has, such as int64, string, date32 or timestamp.",
    )
