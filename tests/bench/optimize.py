"""OPTIMIZE of one table of many files: compaction and ZORDER BY two columns, against deltalake."""

from __future__ import annotations

import shutil
from pathlib import Path

from measure import BenchError, Row, in_turns, row_of, run_workers, workspace

SUMMARY = "seconds of OPTIMIZE and OPTIMIZE ZORDER BY of 5 million rows in 40 files"
TASKS = {"compact": [], "zorder": ["a", "b"]}


def make_table(place: Path, files: int, rows: int) -> None:
    """Write the table with deltalake: two keys without an order, texts, measures, times."""
    import numpy as np
    import pyarrow as pa
    from deltalake import write_deltalake

    random = np.random.default_rng(7)
    for number in range(files):
        keys = random.integers(0, 1_000_000, size=(2, rows))
        table = pa.table(
            {
                "a": keys[0],
                "b": keys[1],
                "name": pa.array([f"customer {key % 5000}" for key in keys[0]]),
                "value": random.random(rows),
                "at": pa.array(
                    1_600_000_000_000_000 + number * rows + np.arange(rows),
                    pa.timestamp("us", "UTC"),
                ),
            }
        )
        write_deltalake(str(place), table, mode="append")


def run(quick: bool) -> list[Row]:
    """Measure each task on a fresh copy of the table; the sums must stay as they are."""
    files, rows = (4, 5_000) if quick else (40, 125_000)
    with workspace() as folder:
        made = folder / "made"
        make_table(made, files, rows)
        return [_measure(task, made, folder, 1 if quick else 3) for task in TASKS]


def _measure(task: str, made: Path, folder: Path, rounds: int) -> Row:
    from deltalake import DeltaTable

    wanted = _sums(DeltaTable(str(made)))

    def one(side: str, number: int) -> tuple[float, float]:
        root = folder / f"{task}-{side}-{number}"
        place = root / "bench" / "t"
        shutil.copytree(made, place)
        (result,) = run_workers("optimize", side, folder=str(root), columns=TASKS[task])
        if _sums(DeltaTable(str(place))) != wanted:
            raise BenchError(f"optimize: {side} changed the rows")
        shutil.rmtree(root)
        return result["seconds"], result["peak_mb"]

    return row_of(f"optimize.{task}", in_turns(rounds, one), "s", "lower")


def _sums(table: object) -> tuple[int, int, int]:
    import pyarrow.compute as pc

    rows = table.to_pyarrow_table(columns=["a", "b"])  # type: ignore[attr-defined]
    return rows.num_rows, pc.sum(rows["a"]).as_py(), pc.sum(rows["b"]).as_py()
