"""Writes docs/format/compatibility.md from results.json, the record of the tests here."""

from __future__ import annotations

import sys
from pathlib import Path

from cases import CASES
from record import EQUAL, known

PAGE = Path(__file__).resolve().parents[2] / "docs" / "format" / "compatibility.md"
ENGINES = {"spark": "Spark 4.1, Delta 4.4", "deltalake": "deltalake 1.6", "duckdb": "DuckDB 1.5"}
#: The table with several features at once, and which those are.
TOGETHER = "all together"
COVERED = {
    "changeDataFeed",
    "columnMapping",
    "deletionVectors",
    "inCommitTimestamp",
    "rowTracking",
    "v2Checkpoint",
}
HEAD = """\
# Compatibility with other engines

What `tests/interop` proves: tables that we write are read row-equal by the other engine, at every
version; tables and changes of Spark are read row-equal by us, at every version; and statements of
both on one table, in turns, of which both read the same at every version. "yes" stands for all
tables of the feature, "no" says that the engine cannot read one of them, "-" that it is not
tested or not written by us yet. Spark's table "everything" counts for each of its features. This
page is made by `tests/interop/compatibility.py` from `results.json`, the record of those tests; a
test fails when it is old, or when something that was equal no longer is.

"""


def cell(direction: str, feature: str, engine: str) -> str:
    """Return what is known about one feature and engine."""
    features = {feature, TOGETHER} if feature in COVERED else {feature}
    entries = [
        entry for entry in known()[direction].values() if features & {*entry["feature"].split(", ")}
    ]
    found = [entry[engine] for entry in entries if engine in entry]
    if not found:
        return "-"
    return "yes" if all(outcome == EQUAL for outcome in found) else "no"


def tables_of(feature: str) -> str:
    """Return the names of the tables that the feature is tested by."""
    names = {
        name
        for entries in known().values()
        for name, entry in entries.items()
        if feature in entry["feature"].split(", ")
    }
    return ", ".join(sorted(names)) or "-"


def page() -> str:
    """Return the text of the page."""
    titles = [f"our tables read by {engine}" for engine in ENGINES.values()]
    titles += ["Spark's tables read by us", "in turns with Spark", "tables"]
    features = list(dict.fromkeys(case.feature for case in CASES))
    features += sorted({entry["feature"] for entry in known()["in turns"].values()} - {*features})
    lines = [f"| feature | {' | '.join(titles)} |", "|---" * (len(titles) + 1) + "|"]
    for feature in features:
        cells = [cell("written", feature, engine) for engine in ENGINES]
        cells += [cell("read", feature, "spark"), cell("in turns", feature, "spark")]
        lines.append(f"| {feature} | {' | '.join(cells)} | {tables_of(feature)} |")
    return HEAD + "\n".join(lines) + "\n"


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
