"""Commits per second of small appends, against deltalake."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from measure import BenchError, Row, in_turns, row_of, run_workers, workspace

SUMMARY = "commits per second: 1 writer, 8 threads, 8 processes, same rows per commit"
#: Rows of one commit.
ROWS = 100
#: Name -> (processes, threads of each).
SHAPES = {"1_writer": (1, 1), "8_threads": (1, 8), "8_processes": (8, 1)}


def make_table(side: str, folder: Path) -> None:
    """Make the empty table that the writers append to."""
    from worker import batch

    rows = batch(1).slice(0, 0)
    if side == "peer":
        from deltalake import write_deltalake

        write_deltalake(f"{folder}/events", rows)
        return
    import data_lakehouse as dl

    with dl.connect(folder) as lake:
        lake.sql("CREATE SCHEMA bench")
        lake.write(rows, "bench.events")


def count_rows(side: str, folder: Path) -> int:
    """Return the rows that a reader of the log counts."""
    from deltalake import DeltaTable

    place = folder / "events" if side == "peer" else folder / "bench" / "events"
    return int(DeltaTable(str(place)).count())


def run(quick: bool) -> list[Row]:
    """Measure each shape of writers on the disk, then in memory, where to sync costs nothing."""
    if quick:
        small = {"1_writer": (1, 1), "2_threads": (1, 2), "2_processes": (2, 1)}
        return [measure(shape, None, 1, 4, *small[shape]) for shape in small]
    rows = [measure(shape, None, 3, 200, *SHAPES[shape]) for shape in SHAPES]
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK):
        rows += [measure(shape, memory, 3, 200, *SHAPES[shape]) for shape in SHAPES]
    return rows


def measure(
    shape: str,
    place: Path | None,
    rounds: int,
    commits: int,
    processes: int,
    threads: int,
    goal: str = "",
) -> Row:
    """Measure ``commits`` appends by all writers; ``place`` is the folder of the table."""
    each = max(1, commits // (processes * threads))
    total = each * processes * threads

    def one(side: str, number: int) -> tuple[float, float]:
        # The table lies in a new folder each time, on the disk or in the memory of the machine.
        space = tempfile.TemporaryDirectory(dir=place) if place else workspace()
        with space as name:
            folder = Path(name)
            make_table(side, folder)
            results = run_workers(
                "append",
                side,
                processes,
                folder=str(folder),
                commits=each,
                rows=ROWS,
                threads=threads,
            )
            if count_rows(side, folder) != total * ROWS:
                raise BenchError(f"append: {side} lost rows")
        seconds = max(r["end"] for r in results) - min(r["begin"] for r in results)
        return total / seconds, sum(r["peak_mb"] for r in results)

    prefix = "delta." if goal else "append."
    name = prefix + shape + (".no_disk" if place else "")
    return row_of(name, in_turns(rounds, one), "commits/s", "higher", goal)
