"""Runs a script on the lakehouse and on a plain DuckDB, and compares both after every statement."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from merge_reference import ChangedTwice, run_merge_inside
from statements import TABLE, Statement
from table_kinds import TableKind

import data_lakehouse as dl
from data_lakehouse.config import LakehouseConfig
from data_lakehouse.dataframe import Query
from data_lakehouse.errors import LakehouseError

#: Every how many statements an older version is read again; all are read at the end.
OLD_VERSION_EACH = 6
#: What the errors of both sides mean.
OUR_KINDS = {
    "LK-4005": "value",
    "LK-4002": "name",
    "LK-4004": "name",
    "LK-4040": "twice",
    "LK-4041": "value",
}
PLAIN_KINDS: dict[type[Exception], str] = {
    ChangedTwice: "twice",
    duckdb.BinderException: "name",
    duckdb.CatalogException: "name",
    duckdb.ConversionException: "value",
    duckdb.OutOfRangeException: "value",
    duckdb.ConstraintException: "value",
    duckdb.InvalidInputException: "value",
}
Rows = Counter[str]


class Difference(Exception):
    """Both sides do not agree; the text says in what."""


@dataclass(frozen=True)
class State:
    """Columns and rows of one version."""

    columns: tuple[str, ...]
    rows: Rows
    table: pa.Table = field(compare=False, repr=False)


def rows_of(table: pa.Table) -> Rows:
    """Return the rows as a multiset of texts; days and instants as numbers."""
    columns = []
    for column in table.columns:
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("us", column.type.tz)).cast(pa.int64())
        elif pa.types.is_date32(column.type):
            column = column.cast(pa.int32())  # some are beyond the year 9999
        elif pa.types.is_floating(column.type):
            # -0.0 becomes 0.0: DuckDB's UPDATE leaves a value that is equal to the new one.
            column = pc.add(column, pa.scalar(0.0, column.type))
        columns.append(column.to_pylist())
    if not columns:
        return Counter()
    return Counter(map(repr, zip(*columns, strict=True)))


def differences(ours: Rows, plain: Rows) -> str:
    """Return some of the rows that only one side has."""
    more = list((ours - plain).elements())[:4]
    fewer = list((plain - ours).elements())[:4]
    return f"only here: {more}; only in DuckDB: {fewer}"


def execute(lake: dl.Lakehouse, sql: str) -> pa.Table:
    """Run a statement without asking for its kind first, which would plan it twice."""
    query = Query(sql, (), "", 0, 0)
    return pa.table(lake.core.execute(query.request(lake.session)).read_all())


def plain_kind_of(error: Exception) -> str:
    """Return what an error of the plain side means."""
    if isinstance(error, ChangedTwice) and error.also_value:
        return "value or twice"
    return next(kind for known, kind in PLAIN_KINDS.items() if isinstance(error, known))


def kind_of(error: LakehouseError) -> str:
    """Return what an error of ours means."""
    return OUR_KINDS.get(error.code, f"{error.code} {error.message}")


class Replay:
    """One table on both sides."""

    def __init__(self, folder: Path, kind: TableKind) -> None:
        self.kind = kind
        # Tables so small give work to one thread; the others would only be woken. One kind has all.
        threads = 0 if kind.name == "everything" else 1
        self.settings = {"storage.data_root": folder, "query.threads": threads}
        self.lake = dl.connect(LakehouseConfig(settings=self.settings))
        self.plain = duckdb.connect()
        self.plain.execute("SET threads = 1")
        self.plain.execute("SET TimeZone = 'UTC'")
        self.log = folder / "d" / "t" / "_delta_log"

    def close(self) -> None:
        """Close both."""
        self.lake.close()
        self.plain.close()

    def run(self, script: list[Statement]) -> dict[str, int]:
        """Run a script on a new table; raise a Difference, or return what was done."""
        self._start()
        counts: Counter[str] = Counter()
        for number, statement in enumerate(script):
            try:
                counts[self._step(statement)] += 1
                if statement.query:
                    continue
                if number % OLD_VERSION_EACH == OLD_VERSION_EACH - 1 and self.history:
                    version = list(self.history)[(number * 7) % len(self.history)]
                    self._check_version(version)
            except Difference as difference:
                raise Difference(f"statement {number + 1}: {difference}") from None
        self._finish()
        counts["versions"] += len(self.history)
        return counts

    def _start(self) -> None:
        self.history: dict[int, State] = {}
        self.lake.sql("SET TimeZone = 'UTC'")
        self.lake.sql("CREATE SCHEMA IF NOT EXISTS d")
        self.lake.sql(f"DROP TABLE IF EXISTS {TABLE} PURGE")
        self.plain.execute("DROP SCHEMA IF EXISTS d CASCADE")
        self.plain.execute("CREATE SCHEMA d")

    # One statement --------------------------------------------------------------------------------

    def _step(self, statement: Statement) -> str:
        if statement.reopens:
            self.lake.close()
            self.lake = dl.connect(LakehouseConfig(settings=self.settings))
            self.lake.sql("SET TimeZone = 'UTC'")
            return "reopened"
        if statement.query:
            return self._compare_query(statement.ours)
        if statement.parts:
            return self._transaction(statement)
        ours = statement.ours
        version: int | None = None
        if statement.back:
            version = self._version_back(statement.back)
            if version is None:
                return "nothing"
            ours = f"RESTORE TABLE {TABLE} TO VERSION AS OF {version}"
        our_error = ""
        try:
            execute(self.lake, ours)
        except LakehouseError as error:
            our_error = kind_of(error)
        plain_error = self._restore(version) if statement.back else self._run_plain(statement)
        if our_error != plain_error and not (our_error and our_error in plain_error.split(" or ")):
            raise Difference(
                f"here {our_error or 'no error'}, in DuckDB {plain_error or 'no error'}"
            )
        if not self.log.is_dir():
            return "failed"
        self._check_latest(statement)
        return "failed" if our_error else "done"

    def _run_plain(self, statement: Statement) -> str:
        """Run the statement on the plain side; return the kind of its error, or nothing."""
        self.plain.execute("BEGIN")
        try:
            self._run_inside(statement)
            self.plain.execute("COMMIT")
        except tuple(PLAIN_KINDS) as error:
            self.plain.execute("ROLLBACK")
            return plain_kind_of(error)
        return ""

    def _transaction(self, statement: Statement) -> str:
        """Run several statements in one transaction of both sides; an error ends it."""
        self.plain.execute("BEGIN")
        ours = self.lake.transaction()
        outcome = "transactions"
        keeps = statement.commits
        for part in statement.parts:
            our_error = plain_error = ""
            if part.query:
                self._compare_query(part.ours, ours)
                continue
            try:
                ours.sql(part.ours)
            except LakehouseError as error:
                our_error = kind_of(error)
            try:
                self._run_inside(part)
            except tuple(PLAIN_KINDS) as error:
                plain_error = plain_kind_of(error)
            if our_error != plain_error and not (
                our_error and our_error in plain_error.split(" or ")
            ):
                raise Difference(f"in a transaction: {our_error}, in DuckDB {plain_error}: {part}")
            if our_error:
                outcome, keeps = "failed", False
                break
            found = rows_of(ours.sql(f"SELECT * FROM {TABLE}").to_arrow())
            expected = rows_of(self._plain_table())
            if found != expected:
                raise Difference(f"in a transaction: {differences(found, expected)}: {part.ours}")
        if keeps:
            ours.commit()
        else:
            ours.rollback()
        self.plain.execute("COMMIT" if keeps else "ROLLBACK")
        self._check_latest(statement)
        return outcome

    def _run_inside(self, statement: Statement) -> None:
        if statement.merge:
            run_merge_inside(self.plain, statement.merge)
        for sql in () if statement.merge else statement.plain:
            self.plain.execute(sql)

    def _version_back(self, back: int) -> int | None:
        """Return the version so far back, when the table had the columns and types of now."""
        versions = list(self.history)
        if len(versions) <= back:
            return None
        version = versions[-1 - back]
        if self.history[version].table.schema != self.history[versions[-1]].table.schema:
            return None
        return version

    def _restore(self, version: int | None) -> str:
        assert version is not None
        self.plain.execute(f"DELETE FROM {TABLE}")
        old = self.history[version].table
        self.plain.register("old_rows", old)
        self.plain.execute(f"INSERT INTO {TABLE} SELECT * FROM old_rows")
        self.plain.unregister("old_rows")
        return ""

    # Comparing ------------------------------------------------------------------------------------

    def _plain_table(self, sql: str = f"SELECT * FROM {TABLE}") -> pa.Table:
        return self.plain.execute(sql).to_arrow_table()

    def _latest_version(self) -> int:
        return max(int(name[:20]) for name in os.listdir(self.log) if name.endswith(".json"))

    def _compare_query(self, sql: str, inside: Any = None) -> str:
        """Both answer, or both have the same error (after another one had changed the columns)."""
        try:
            expected = rows_of(self._plain_table(sql))
        except (duckdb.BinderException, duckdb.CatalogException):
            return "nothing"
        try:
            rows = inside.sql(sql).to_arrow() if inside else execute(self.lake, sql)
            found = rows_of(rows)
        except LakehouseError as error:
            raise Difference(f"here {error.code} {error.message}, in DuckDB rows") from None
        if found != expected:
            raise Difference(f"{sql}: {differences(found, expected)}")
        return "queries"

    def _check_latest(self, statement: Statement) -> None:
        expected = self._plain_table()
        state = State(tuple(expected.column_names), rows_of(expected), expected)
        version = self._latest_version()
        known = self.history.get(version)
        if known is not None and known != state:
            raise Difference(
                f"version {version} stayed, and the rows changed: "
                f"{differences(known.rows, state.rows)}"
            )
        self.history[version] = state
        self._compare(execute(self.lake, f"SELECT * FROM {TABLE}"), state, "latest")

    def _check_version(self, version: int) -> None:
        found = execute(self.lake, f"SELECT * FROM {TABLE} VERSION AS OF {version}")
        self._compare(found, self.history[version], f"version {version}")

    @staticmethod
    def _compare(found: pa.Table, state: State, what: str) -> None:
        if tuple(found.column_names) != state.columns:
            raise Difference(f"{what} has columns {found.column_names}, not {state.columns}")
        rows = rows_of(found)
        if rows != state.rows:
            raise Difference(f"{what}: {differences(rows, state.rows)}")

    # At the end -----------------------------------------------------------------------------------

    def _finish(self) -> None:
        """Read every version, replay the change feed, count the rows of the log."""
        for version in self.history:
            self._check_version(version)
        if self.kind.has_feed:
            self._check_feed()

    def _check_feed(self) -> None:
        """What the feed says between two versions leads from the rows of one to the other's."""
        versions = list(self.history)
        for begin, end in zip(versions, versions[1:], strict=False):
            before, after = self.history[begin], self.history[end]
            if before.columns != after.columns:
                continue
            names = ", ".join(after.columns)
            feed = f"table_changes('{TABLE}', {begin + 1}, {end})"
            try:
                changes = execute(self.lake, f"SELECT {names}, _change_type FROM {feed}")
            except LakehouseError as error:
                # OR REPLACE makes other columns of the same names, where columns are mapped.
                if error.code == "LK-3011" and "delta.columnMapping.mode" in self.kind.properties:
                    continue
                raise
            kinds = changes.column("_change_type").to_pylist()
            gone = pa.array([kind in ("delete", "update_preimage") for kind in kinds], pa.bool_())
            come = pa.array([kind in ("insert", "update_postimage") for kind in kinds], pa.bool_())
            plain = changes.drop_columns(["_change_type"])
            removed, added = rows_of(plain.filter(gone)), rows_of(plain.filter(come))
            if removed - before.rows:
                raise Difference(f"the feed of {end} takes away {removed - before.rows}")
            replayed = before.rows - removed + added
            if replayed != after.rows:
                raise Difference(f"the feed of {end}: {differences(replayed, after.rows)}")
