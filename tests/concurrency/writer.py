"""Several writers of one process: ``writer.py JSON``; prints what was acknowledged as JSON.

Every writer owns rows by the number in ``owner`` and changes only those, so what it was told has
happened is what its rows must be at the end, whatever the others do.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa

import data_lakehouse as dl

TABLE = "c.rows"


@dataclass
class Operation:
    """One statement: when it began and ended, and the version that it was told, if any."""

    kind: str
    begin: float
    end: float
    version: int | None = None
    commits: int = 1


@dataclass
class Writer:
    """One writer: its rows (number to value) as they must be, and what it did."""

    owner: int
    choose: random.Random
    rows: dict[int, int]
    next_number: int = 0
    operations: list[Operation] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def run(self, lake: dl.Lakehouse, count: int) -> None:
        """Do ``count`` operations."""
        kinds = [self.append] * 4 + [self.insert] * 2 + [self.update] * 4 + [self.delete] * 2
        kinds += [self.look] * 2 + [self.optimize]
        for _ in range(count):
            act = self.choose.choice(kinds)
            begin = time.monotonic()
            try:
                version, commits = act(lake)
            except dl.errors.LakehouseError as error:
                self.errors.append(f"{act.__name__}: {error.code} {error.message}")
                continue
            self.operations.append(
                Operation(act.__name__, begin, time.monotonic(), version, commits)
            )

    def _new_rows(self) -> dict[int, int]:
        count = self.choose.randrange(1, 5)
        numbers = range(self.next_number, self.next_number + count)
        self.next_number += count
        return {number: self.choose.randrange(1000) for number in numbers}

    def append(self, lake: dl.Lakehouse) -> tuple[int | None, int]:
        """Append rows through the library, which tells the version."""
        new = self._new_rows()
        table = pa.table(
            {
                "owner": pa.array([self.owner] * len(new), pa.int64()),
                "number": pa.array(list(new), pa.int64()),
                "value": pa.array(list(new.values()), pa.int64()),
            }
        )
        version = lake.write(table, TABLE)
        self.rows |= new
        return version, 1

    def insert(self, lake: dl.Lakehouse) -> tuple[int | None, int]:
        """Append rows by SQL."""
        new = self._new_rows()
        values = ", ".join(f"({self.owner}, {number}, {value})" for number, value in new.items())
        lake.sql(f"INSERT INTO {TABLE} VALUES {values}")
        self.rows |= new
        return None, 1

    def update(self, lake: dl.Lakehouse) -> tuple[int | None, int]:
        """Change some of the own rows."""
        rest = self.choose.randrange(3)
        lake.sql(
            f"UPDATE {TABLE} SET value = value + 1"
            f" WHERE owner = {self.owner} AND number % 3 = {rest}"
        )
        changed = [number for number in self.rows if number % 3 == rest]
        for number in changed:
            self.rows[number] += 1
        return None, int(bool(changed))

    def delete(self, lake: dl.Lakehouse) -> tuple[int | None, int]:
        """Delete one of the own rows."""
        if not self.rows:
            return None, 0
        number = self.choose.choice(sorted(self.rows))
        lake.sql(f"DELETE FROM {TABLE} WHERE owner = {self.owner} AND number = {number}")
        del self.rows[number]
        return None, 1

    def look(self, lake: dl.Lakehouse) -> tuple[int | None, int]:
        """Read the own rows: every acknowledged change is there."""
        found = lake.sql(f"SELECT number, value FROM {TABLE} WHERE owner = {self.owner}").collect()
        if {row[0]: row[1] for row in found} != self.rows or len(found) != len(self.rows):
            self.errors.append(f"look: {sorted(found)[:5]} is not {sorted(self.rows.items())[:5]}")
        return None, 0

    def optimize(self, lake: dl.Lakehouse) -> tuple[int | None, int]:
        """Compact files of everybody; whether that makes a commit is open."""
        lake.sql(f"OPTIMIZE {TABLE}")
        return None, 0


def main() -> None:
    """Open the lakehouse, wait for the start, run the writers, report."""
    given: dict[str, Any] = json.loads(sys.argv[1])
    lake = dl.connect(given["root"])
    writers = [
        Writer(
            owner,
            random.Random(f"{given['seed']} {owner}"),
            {number: 0 for number in range(given["rows"])},
            given["rows"],
        )
        for owner in range(given["first"], given["first"] + given["writers"])
    ]
    lake.sql("SELECT 1").collect()
    print("ready", flush=True)
    sys.stdin.readline()
    threads = [
        threading.Thread(target=writer.run, args=(lake, given["operations"])) for writer in writers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lake.close()
    print(
        json.dumps(
            [
                {
                    "owner": writer.owner,
                    "rows": sorted(writer.rows.items()),
                    "operations": [asdict(operation) for operation in writer.operations],
                    "errors": writer.errors,
                }
                for writer in writers
            ]
        )
    )


if __name__ == "__main__":
    main()
