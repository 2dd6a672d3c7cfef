"""Tables with each feature, and the rows that a plain list has after each of their commits."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
Rows = list[Row]

PLACEMENTS = {"neither": "", "partitioned": "PARTITIONED BY (g)", "clustered": "CLUSTER BY (id)"}


@dataclass(frozen=True)
class Step:
    """A statement of one commit, and what it does to the plain list."""

    sql: str
    change: Callable[[Rows], Rows] = lambda rows: rows


@dataclass(frozen=True)
class Feature:
    """What a table of a feature has beyond the columns id, g, v and n.

    ``more`` is a column: its definition, and what each inserted row, the n-th of the table, has in
    it: the text of the statement (none: the column is not named) and the value.
    """

    properties: dict[str, str] = field(default_factory=dict)
    column: str = ""
    written: Callable[[int | None], str | None] = lambda _: None
    value: Callable[[int | None, int], Any] = lambda *_: None
    after_create: tuple[Step, ...] = ()
    after_first: tuple[Step, ...] = ()
    wide: bool = False
    changes: bool = True
    clustering: dict[str, str] = field(default_factory=dict)

    @property
    def column_name(self) -> str:
        """Return the name of the further column."""
        return self.column.split(" ")[0]


def at(i: int | None) -> datetime.datetime | None:
    """Return the instant of a row."""
    if i is None:
        return None
    return datetime.datetime(2024, 2, 29, 23, 59, 30, 5) + datetime.timedelta(seconds=i)


def renamed(rows: Rows) -> Rows:
    """Call v w, at its place."""
    return [{("w" if name == "v" else name): value for name, value in r.items()} for r in rows]


RENAME = Step("ALTER TABLE {t} RENAME COLUMN v TO w", renamed)
VECTORS = Feature({"delta.enableDeletionVectors": "true"})


def supported(name: str) -> Feature:
    """Return a feature that is only listed."""
    return Feature({f"delta.feature.{name}": "supported"})


FEATURES = {
    "none": Feature(),
    "columnMapping name": Feature({"delta.columnMapping.mode": "name"}, after_first=(RENAME,)),
    "columnMapping id": Feature({"delta.columnMapping.mode": "id"}, after_first=(RENAME,)),
    "deletionVectors inline": VECTORS,
    "deletionVectors file": VECTORS,
    "changeDataFeed": Feature({"delta.enableChangeDataFeed": "true"}),
    "generatedColumns": Feature(
        column="twice BIGINT GENERATED ALWAYS AS (id * 2)",
        value=lambda i, _: None if i is None else 2 * i,
    ),
    "identityColumns": Feature(
        column="number BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 5 INCREMENT BY 3)",
        value=lambda _, nth: 5 + 3 * nth,
    ),
    "checkConstraints": Feature(
        after_create=(Step("ALTER TABLE {t} ADD CONSTRAINT small CHECK (id IS NULL OR id < 99)"),)
    ),
    "allowColumnDefaults": Feature(
        {"delta.feature.allowColumnDefaults": "supported"},
        column="d STRING DEFAULT 'nothing'",
        value=lambda *_: "nothing",
    ),
    "timestampNtz": Feature(
        column="moment TIMESTAMP_NTZ",
        written=lambda i: "NULL" if i is None else f"TIMESTAMP '{at(i)}'",
        value=lambda i, _: at(i),
    ),
    "domainMetadata": supported("domainMetadata"),
    "rowTracking": Feature({"delta.enableRowTracking": "true"}),
    "clustering": Feature(
        clustering={"neither": "CLUSTER BY (v, n)", "clustered": "CLUSTER BY (n)"}
    ),
    "inCommitTimestamp": Feature({"delta.enableInCommitTimestamps": "true"}),
    "typeWidening": Feature(
        {"delta.enableTypeWidening": "true"},
        after_first=(Step("ALTER TABLE {t} ALTER COLUMN n TYPE BIGINT"),),
        wide=True,
    ),
    "vacuumProtocolCheck": supported("vacuumProtocolCheck"),
    "v2Checkpoint": Feature({"delta.checkpointPolicy": "v2"}),
    "appendOnly": Feature({"delta.appendOnly": "true"}, changes=False),
}


@dataclass
class Script:
    """The statements of a table, and its rows after each, by version."""

    statements: list[str] = field(default_factory=list)
    rows: list[Rows] = field(default_factory=list)

    def run(self, step: Step) -> None:
        """Take a step after the others."""
        before = copy.deepcopy(self.rows[-1]) if self.rows else []
        self.statements.append(step.sql)
        self.rows.append(step.change(before))


class Inserts:
    """Makes INSERT statements of a feature's table, and counts their rows."""

    def __init__(self, feature: Feature) -> None:
        self.feature = feature
        self.nth = 0

    def step(self, ids: list[int | None], text: str = "v", *, large: bool = False) -> Step:
        """Insert rows; ``text`` is the name of the column of texts."""
        rows, written = [], []
        for i in ids:
            number = None if i is None else i * (10_000_000_000 if large else 10)
            row: Row = {
                "id": i,
                "g": None if i is None else i % 3,
                text: None if i is None else f"v{i}",
                "n": number,
            }
            values = ["NULL" if v is None else repr(v) for v in row.values()]
            if self.feature.column:
                row[self.feature.column_name] = self.feature.value(i, self.nth)
                if (more := self.feature.written(i)) is not None:
                    values.append(more)
            rows.append(row)
            written.append(f"({', '.join(values)})")
            self.nth += 1
        names = f"id, g, {text}, n"
        if self.feature.column and self.feature.written(None) is not None:
            names += f", {self.feature.column_name}"
        sql = f"INSERT INTO {{t}} ({names}) VALUES {', '.join(written)}"
        return Step(sql, lambda before: before + rows)


def less(rows: Rows) -> Rows:
    """Delete as the script does."""
    return [row for row in rows if row["id"] is None or row["id"] % 5 != 0]


def changed(text: str) -> Callable[[Rows], Rows]:
    """Update as the script does."""

    def update(rows: Rows) -> Rows:
        for row in rows:
            if row["id"] is not None and row["id"] % 7 == 1:
                row[text] += " new"
        return rows

    return update


def script(name: str, placement: str) -> Script | None:
    """Return the script of a feature's table; None: such tables cannot be."""
    feature = FEATURES[name]
    clause = PLACEMENTS[placement]
    if feature.clustering:
        if placement not in feature.clustering:
            return None
        clause = feature.clustering[placement]
    columns = "id BIGINT, g INT, v STRING, n INT" + (f", {feature.column}" * bool(feature.column))
    listed = ", ".join(f"'{key}' = '{value}'" for key, value in feature.properties.items())
    create = f"CREATE TABLE {{t}} ({columns}) USING DELTA {clause}"
    create += f" TBLPROPERTIES ({listed})" * bool(listed)
    inserts = Inserts(feature)
    made = Script()
    for step in (Step(create), *feature.after_create, inserts.step([*range(20)])):
        made.run(step)
    for step in feature.after_first:
        made.run(step)
    text = "w" if RENAME in feature.after_first else "v"
    made.run(inserts.step([*range(20, 30), None], text, large=feature.wide))
    if feature.changes:
        made.run(Step("DELETE FROM {t} WHERE id % 5 = 0", less))
        update = f"UPDATE {{t}} SET {text} = concat({text}, ' new') WHERE id % 7 = 1"
        made.run(Step(update, changed(text)))
    made.run(inserts.step([30, 31], text))
    made.run(Step("OPTIMIZE {t}"))
    made.run(inserts.step([32, 33], text))
    return made
