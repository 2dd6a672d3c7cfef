"""Looks at a table's folder without the program: the log as the protocol has it, and leftovers."""

from __future__ import annotations

import json
import os
import sqlite3
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

from processes import Violation

TEMPORARY = ".lakehouse-tmp-"


@dataclass
class LogFindings:
    """What a log says."""

    versions: int = 0
    files: set[str] = field(default_factory=set)  # live ones
    ever: set[str] = field(default_factory=set)  # named by any commit
    operations: list[str] = field(default_factory=list)  # by version

    @property
    def maintained(self) -> list[bool]:
        """Return which versions change no row, by version."""
        return [name.partition(" ")[0] in ("OPTIMIZE", "VACUUM") for name in self.operations]

    @property
    def oldest(self) -> int:
        """Return the oldest version whose files nobody has begun to delete."""
        starts = [v for v, name in enumerate(self.operations) if name == "VACUUM START"]
        return starts[-1] if starts else 0


def check_log(table: Path) -> LogFindings:
    """Check that versions are dense, entries whole, transactions unique and live files there."""
    found = LogFindings()
    transactions: set[str] = set()
    names = sorted(path for path in (table / "_delta_log").glob("*.json"))
    for version, path in enumerate(names):
        if path.name != f"{version:020}.json":
            raise Violation(f"{table}: {path.name} where version {version} was expected")
        text = path.read_text(encoding="utf-8")
        if not text.endswith("\n"):
            raise Violation(f"{path}: the last line is cut")
        actions = [json.loads(line) for line in text.splitlines()]
        removed = {urllib.parse.unquote(a["remove"]["path"]) for a in actions if "remove" in a}
        found.files -= removed
        for one in actions:
            ((kind, action),) = one.items()
            if kind == "add":
                take_file(path, urllib.parse.unquote(action["path"]), removed, found)
            elif kind == "commitInfo":
                if action["txnId"] in transactions:
                    raise Violation(f"{path}: transaction {action['txnId']} is there twice")
                transactions.add(action["txnId"])
                found.operations.append(action["operation"])
    found.versions = len(names)
    for name in found.files:
        if not (table / name).is_file():
            raise Violation(f"{table}: {name} is in the log and not on the disk")
    return found


def take_file(commit: Path, name: str, removed: set[str], found: LogFindings) -> None:
    """Note an added file; a name is used once, or with other deleted rows in its place."""
    if name in found.ever and name not in removed:
        raise Violation(f"{commit}: {name} is added a second time")
    found.ever.add(name)
    found.files.add(name)


def check_metadata(data_root: Path) -> None:
    """Check the SQLite file of names and jobs."""
    store = sqlite3.connect(data_root / "_lakehouse" / "metadata.db")
    try:
        (result,) = store.execute("PRAGMA integrity_check").fetchone()
        if result != "ok":
            raise Violation(f"metadata store: {result}")
        broken = store.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise Violation(f"metadata store: broken references {broken}")
    finally:
        store.close()


def temporary_files(data_root: Path) -> list[Path]:
    """Return the files in the making that nobody makes any more."""
    return [path for path in data_root.rglob(f"{TEMPORARY}*") if path.is_file()]


def unreferenced_files(table: Path, found: LogFindings) -> int:
    """Count whole data files that no commit names."""
    there = (
        str(path.relative_to(table))
        for path in table.rglob("*.parquet")
        if "_delta_log" not in path.parts and not path.name.startswith(TEMPORARY)
    )
    return sum(1 for name in there if name not in found.ever)


def age(paths: list[Path], days: int) -> None:
    """Make files look as if they had been written some days ago."""
    for path in paths:
        status = path.stat()
        earlier = status.st_mtime - days * 86400
        os.utime(path, (earlier, earlier))
