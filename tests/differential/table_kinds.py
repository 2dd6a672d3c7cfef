"""The kinds of tables that every random sequence is run on."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class TableKind:
    """Properties of a table, whether it is partitioned, and a constraint of its rows."""

    name: str
    properties: dict[str, str] = field(default_factory=dict)
    partitioned: bool = False
    check: str = ""

    @property
    def properties_clause(self) -> str:
        """Return what CREATE TABLE says about the properties."""
        given = ", ".join(f"'{key}' = '{text}'" for key, text in self.properties.items())
        return f" TBLPROPERTIES ({given})" if given else ""

    @property
    def has_feed(self) -> bool:
        """Return whether every change of the table is in its change feed."""
        return self.properties.get("delta.enableChangeDataFeed") == "true"

    @property
    def is_widened(self) -> bool:
        """Return whether the types of columns may become wider."""
        return "delta.enableTypeWidening" in self.properties

    @property
    def is_mapped(self) -> bool:
        """Return whether columns may be renamed and dropped."""
        return "delta.columnMapping.mode" in self.properties


VECTORS = {"delta.enableDeletionVectors": "true"}
NAMES = {"delta.columnMapping.mode": "name"}
IDS = {"delta.columnMapping.mode": "id"}
FEED = {"delta.enableChangeDataFeed": "true"}
ROW_IDS = {"delta.enableRowTracking": "true"}
V2 = {"delta.checkpointPolicy": "v2"}
TIMES = {"delta.enableInCommitTimestamps": "true"}
OFTEN = {"delta.checkpointInterval": "3"}

SMALL = "k IS NULL OR k < 6"

KINDS = (
    TableKind("plain"),
    TableKind("partitioned", OFTEN, partitioned=True),
    TableKind("vectors", VECTORS),
    TableKind("mapped", {**NAMES, **OFTEN}),
    TableKind("feed", FEED),
    TableKind("row_ids", ROW_IDS),
    TableKind("v2", {**V2, **OFTEN}),
    TableKind("times", {**TIMES, **OFTEN}),
    TableKind("widened", {"delta.enableTypeWidening": "true"}),
    TableKind("checked", {"delta.constraints.small": SMALL}, check=SMALL),
    TableKind("vectors_feed", {**VECTORS, **FEED}, partitioned=True),
    TableKind(
        "everything",
        {**VECTORS, **IDS, **FEED, **ROW_IDS, **V2, **TIMES, **OFTEN},
        partitioned=True,
    ),
)

#: Statements beyond the basic ones, by the name of what they need; those that are not understood
#: are left out, and must not be one of NEEDED.
NEEDED = frozenset({"alter", "replace", "replace_where", "restore", "star_by_name", "transaction"})
PROBES = {
    "optimize": "OPTIMIZE d.probe",
    "restore": "RESTORE TABLE d.probe TO VERSION AS OF 0",
    "replace": "CREATE OR REPLACE TABLE d.probe AS SELECT v, k FROM d.probe",
    "replace_where": "INSERT INTO d.probe REPLACE WHERE k = 1 VALUES (1, 'z')",
    "alter": "ALTER TABLE d.probe ADD COLUMN c INT",
    "star_by_name": "MERGE INTO d.probe t USING (SELECT 'x' AS v, 1 AS k) s ON t.k = s.k"
    " WHEN NOT MATCHED THEN INSERT *",
}
