"""OPTIMIZE of one table of many files: compaction and ZORDER BY two columns, against deltalake."""

from __future__ import annotations

import shutil
from pathlib import Path

from changes import kept, make_lines
from measure import BenchError, Row, in_turns, row_of, run_workers, workspace

SUMMARY = "seconds of OPTIMIZE and OPTIMIZE ZORDER BY of lineitem SF1 in 200 files"
TASKS = {"compact": [], "zorder": ["l_shipdate", "l_partkey"]}


def make_table(place: Path, files: int, scale: float) -> None:
    """Write lineitem with deltalake, in the order of the generator."""
    import pyarrow.parquet as pq
    from deltalake import write_deltalake

    rows = pq.read_table(kept(f"lines-sf{scale}", lambda folder: make_lines(folder, scale)))
    each = -(-rows.num_rows // files)
    for number in range(files):
        write_deltalake(str(place), rows.slice(number * each, each), mode="append")


def run(quick: bool) -> list[Row]:
    """Measure each task on a fresh copy of the table; the sums must stay as they are."""
    files, scale = (4, 0.01) if quick else (200, 1)
    with workspace() as folder:
        made = folder / "made"
        make_table(made, files, scale)
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

    rows = table.to_pyarrow_table(columns=["l_orderkey", "l_partkey"])  # type: ignore[attr-defined]
    return rows.num_rows, pc.sum(rows["l_orderkey"]).as_py(), pc.sum(rows["l_partkey"]).as_py()
