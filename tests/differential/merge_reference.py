"""MERGE by brute force: every pair of rows is looked at, one after the other.

DuckDB evaluates the conditions and values; which clause acts on which row, and when that is an
error, is decided here, row by row.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import duckdb

#: By number of the clause, the pairs of rows of table and source on which it acts.
Chosen = dict[int, list[tuple[int | None, int | None]]]
MATCHED, NOT_MATCHED, BY_SOURCE = "MATCHED", "NOT MATCHED", "NOT MATCHED BY SOURCE"


@dataclass(frozen=True)
class Clause:
    """A clause of MERGE: ``values`` is the new row by column name, empty for DELETE and nothing."""

    when: str
    condition: str
    action: str
    values: tuple[tuple[str, str], ...] = ()
    text: str = ""

    @property
    def sql(self) -> str:
        """Return the clause as SQL has it."""
        test = f" AND {self.condition}" if self.condition else ""
        return f"WHEN {self.when}{test} THEN {self.text}"


@dataclass(frozen=True)
class Merge:
    """A MERGE INTO ``table`` t USING ``source`` s."""

    table: str
    source: str
    on: str
    clauses: tuple[Clause, ...]

    @property
    def sql(self) -> str:
        """Return the statement."""
        clauses = " ".join(clause.sql for clause in self.clauses)
        return f"MERGE INTO {self.table} t USING ({self.source}) s ON {self.on} {clauses}"


class ChangedTwice(Exception):
    """A row of the table has two new values, or a new value and an end.

    ``also_value``: one of the new values is an error, too, and which is found first is open.
    """

    def __init__(self, also_value: bool) -> None:
        super().__init__()
        self.also_value = also_value


def run_merge(plain: duckdb.DuckDBPyConnection, merge: Merge) -> None:
    """Change the table of the plain database as the statement says, or leave it and raise."""
    plain.execute("BEGIN")
    try:
        run_merge_inside(plain, merge)
        plain.execute("COMMIT")
    except BaseException:
        plain.execute("ROLLBACK")
        raise


def run_merge_inside(plain: duckdb.DuckDBPyConnection, merge: Merge) -> None:
    """Change the table in the open transaction; after an error it has to be rolled back."""
    plain.execute(
        f"CREATE TEMP TABLE before_rows AS SELECT row_number() OVER () AS _t, * FROM {merge.table}"
    )
    plain.execute(
        "CREATE TEMP TABLE source_rows AS"
        f" SELECT row_number() OVER () AS _s, * FROM ({merge.source})"
    )
    chosen = _choose(plain, merge)
    gone, twice = _rows_gone(merge, chosen)
    try:
        _write(plain, merge, chosen, gone)
    except duckdb.Error:
        if twice:
            raise ChangedTwice(also_value=True) from None
        raise
    if twice:
        raise ChangedTwice(also_value=False)
    plain.execute("DROP TABLE before_rows")
    plain.execute("DROP TABLE source_rows")


def _write(plain: duckdb.DuckDBPyConnection, merge: Merge, chosen: Chosen, gone: set[int]) -> None:
    """Write the rows that stay and the new ones."""
    columns = [row[0] for row in plain.execute(f"DESCRIBE {merge.table}").fetchall()]
    plain.execute(f"DELETE FROM {merge.table}")
    left = f" WHERE _t NOT IN ({', '.join(map(str, sorted(gone)))})" if gone else ""
    plain.execute(f"INSERT INTO {merge.table} SELECT {', '.join(columns)} FROM before_rows{left}")
    for number, clause in enumerate(merge.clauses):
        pairs = chosen.get(number, [])
        if not (clause.values and pairs):
            continue
        given = dict(clause.values)
        if clause.when == NOT_MATCHED:
            values = ", ".join(given.get(name, "NULL") for name in columns)
        else:
            values = ", ".join(given.get(name, f"t.{name}") for name in columns)
        listed = ", ".join(f"({t or 'NULL'}, {s or 'NULL'})" for t, s in pairs)
        plain.execute(
            f"INSERT INTO {merge.table} SELECT {values}"
            f" FROM (VALUES {listed}) AS pair(_t, _s)"
            " LEFT JOIN before_rows t ON t._t = pair._t LEFT JOIN source_rows s ON s._s = pair._s"
        )


def _choose(plain: duckdb.DuckDBPyConnection, merge: Merge) -> Chosen:
    """Return, by number of the clause, the pairs of rows on which it acts."""
    matched = plain.execute(
        f"SELECT t._t, s._s{_tests(merge, MATCHED)}"
        f" FROM before_rows t JOIN source_rows s ON ({merge.on})"
    ).fetchall()
    targets, sources = {row[0] for row in matched}, {row[1] for row in matched}
    alone = plain.execute(
        f"SELECT NULL, s._s{_tests(merge, NOT_MATCHED)} FROM source_rows s"
    ).fetchall()
    left = plain.execute(
        f"SELECT t._t, NULL{_tests(merge, BY_SOURCE)} FROM before_rows t"
    ).fetchall()
    groups = (
        (MATCHED, matched),
        (NOT_MATCHED, [row for row in alone if row[1] not in sources]),
        (BY_SOURCE, [row for row in left if row[0] not in targets]),
    )
    chosen: Chosen = {}
    for when, rows in groups:
        numbers = [n for n, clause in enumerate(merge.clauses) if clause.when == when]
        for target, source, *tests in rows:
            for number, test in zip(numbers, tests, strict=True):
                if test is True:
                    chosen.setdefault(number, []).append((target, source))
                    break
    return chosen


def _tests(merge: Merge, when: str) -> str:
    tests = [clause.condition or "true" for clause in merge.clauses if clause.when == when]
    return "".join(f", ({test})" for test in tests)


def _rows_gone(merge: Merge, chosen: Chosen) -> tuple[set[int], bool]:
    """Return the rows of the table that are no more as they were, and whether one has two ends."""
    updated: Counter[int] = Counter()
    deleted: set[int] = set()
    for number, pairs in chosen.items():
        clause = merge.clauses[number]
        rows = [target for target, _ in pairs if target is not None]
        if clause.action == "UPDATE":
            updated.update(rows)
        elif clause.action == "DELETE":
            deleted.update(rows)
    twice = any(count > 1 for count in updated.values()) or bool(updated.keys() & deleted)
    return {*updated, *deleted}, twice
