"""Checks what many writers were told against the log of the table."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Operations of commits that arrange rows anew and change none.
REARRANGING = {"OPTIMIZE"}


class Violation(Exception):
    """A promise was broken; the text says which."""


@dataclass
class Log:
    """The commits of a table: operation, number of added files, transaction id by version."""

    operations: list[str] = field(default_factory=list)
    added: list[int] = field(default_factory=list)
    transactions: list[str] = field(default_factory=list)

    @property
    def changes(self) -> int:
        """Return the number of statements that the commits hold.

        Appends of one process may share a commit; each of them has one file in it.
        """
        return sum(
            added if operation == "WRITE" else 1
            for operation, added in zip(self.operations, self.added, strict=True)
            if operation not in REARRANGING
        )


def read_log(table: Path) -> Log:
    """Read the log; versions must be dense, lines whole, transaction ids unique."""
    log = Log()
    names = sorted(n for n in os.listdir(table / "_delta_log") if re.fullmatch(r"\d{20}\.json", n))
    live: set[tuple[str, str]] = set()
    for version, name in enumerate(names):
        if int(name[:20]) != version:
            raise Violation(f"{name} where version {version} was expected")
        text = (table / "_delta_log" / name).read_text(encoding="utf-8")
        if not text.endswith("\n"):
            raise Violation(f"{name}: the last line is cut")
        actions = [json.loads(line) for line in text.splitlines()]
        (info,) = (action["commitInfo"] for action in actions if "commitInfo" in action)
        log.operations.append(info["operation"])
        log.added.append(sum("add" in action for action in actions))
        log.transactions.append(info["txnId"])
        _apply(name, actions, live)
    if len(set(log.transactions)) != len(log.transactions):
        raise Violation("a transaction id is there twice")
    return log


def _key(file: dict[str, Any]) -> tuple[str, str]:
    vector = file.get("deletionVector") or {}
    return file["path"], f"{vector.get('storageType')}{vector.get('pathOrInlineDv')}"


def _apply(name: str, actions: list[dict[str, Any]], live: set[tuple[str, str]]) -> None:
    """Apply a commit to the live files: what it removes was there, what it adds was not."""
    for action in actions:
        if "remove" in action:
            key = _key(action["remove"])
            if key not in live:
                raise Violation(f"{name}: removes {key}, which is not there")
            live.discard(key)
    for action in actions:
        if "add" in action:
            key = _key(action["add"])
            if any(path == key[0] for path, _ in live):
                raise Violation(f"{name}: adds {key[0]}, which is there")
            live.add(key)


def check_real_time(operations: Iterable[dict[str, Any]], log: Log) -> None:
    """What ended before another began has no higher version; a version holds all told of it."""
    told = sorted(
        (op["version"], op["begin"], op["end"]) for op in operations if op["version"] is not None
    )
    for version, count in Counter(version for version, _, _ in told).items():
        if version >= len(log.added) or count > log.added[version]:
            raise Violation(f"version {version} was told to {count} writers")
    latest_begin = float("-inf")
    for version, begin, end in told:
        if end < latest_begin:
            raise Violation(f"version {version} ended before a lower one began")
        latest_begin = max(latest_begin, begin)
