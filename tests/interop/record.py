"""The record of a run: which reader agreed about the tables of which feature.

``results.json`` beside this file is the record that ``docs/format/compatibility.md`` is made from.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

RESULTS = Path(__file__).with_name("results.json")
#: Where the record of this run goes, if anywhere.
TARGET = os.environ.get("LAKEHOUSE_INTEROP_RESULTS", "")

EQUAL, CANNOT = "equal", "cannot read"


class Record:
    """By direction ("written", "read", "in turns"), table and other engine: what was found."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, dict[str, str]]] = {}

    def note(self, direction: str, table: str, feature: str, engine: str, what: str) -> None:
        """Keep the outcome of one table."""
        entry = self.found.setdefault(direction, {}).setdefault(table, {"feature": feature})
        entry[engine] = what

    def write(self) -> None:
        """Write the record of a whole run."""
        if TARGET:
            text = json.dumps(self.found, indent=1, sort_keys=True)
            Path(TARGET).write_text(text + "\n", encoding="utf-8")


def known() -> dict[str, dict[str, dict[str, str]]]:
    """Return the record that the page is made from."""
    return json.loads(RESULTS.read_text(encoding="utf-8"))
