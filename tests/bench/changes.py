"""MERGE, UPDATE, DELETE and OPTIMIZE on generated data, against deltalake."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable
from math import exp, log
from pathlib import Path
from statistics import median
from typing import Any

from measure import CACHE, DATA, BenchError, Row, in_turns, row_of, run_workers, workspace

SUMMARY = "MERGE, UPDATE, DELETE, OPTIMIZE: TPC-DS returns, TPC-H lines, a large table"
#: Files of web_returns; a share of files matched is a share of these.
FILES = 20
#: (name, share of files with matches, of their rows matched, of new rows); None: no such clause.
CASES: tuple[tuple[str, float, float | None, float | None], ...] = (
    ("insert_only.0.05", 1.0, None, 0.05),
    ("insert_only.0.5", 1.0, None, 0.5),
    ("insert_only.1.0", 1.0, None, 1.0),
    ("delete_only.0.05x0.05", 0.05, 0.05, None),
    ("upsert.0.05x0.01x0.1", 0.05, 0.01, 0.1),
    ("upsert.0.05x0.0x0.1", 0.05, 0.0, 0.1),
    ("upsert.0.05x0.1x0.0", 0.05, 0.1, 0.0),
    ("upsert.0.05x0.1x0.01", 0.05, 0.1, 0.01),
    ("upsert.0.05x0.5x0.001", 0.05, 0.5, 0.001),
    ("upsert.0.05x0.99x0.001", 0.05, 0.99, 0.001),
    ("upsert.0.5x0.001x0.001", 0.5, 0.001, 0.001),
    ("upsert.1.0x0.01x0.001", 1.0, 0.01, 0.001),
)


def _duckdb(extension: str) -> Any:
    import duckdb

    connection = duckdb.connect(config={"allow_unsigned_extensions": True, "threads": 2})
    path = next(CACHE.glob(f"duckdb-extensions-*/{extension}.duckdb_extension"))
    connection.load_extension(str(path))
    return connection


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder of generated data, which is made once."""
    folder = DATA / name
    if not folder.is_dir():
        with workspace() as partial:
            made = partial / "made"
            made.mkdir()
            make(made)
            made.replace(folder)
    return folder


def make_returns(folder: Path, scale: float) -> None:
    """Write web_returns in files of contiguous orders, and a source for every case.

    A source has rows of the table (those matched) and rows whose order the table does not have.
    """
    data = _duckdb("tpcds")
    data.execute(f"CALL dsdgen(sf={scale})")
    data.execute(
        "CREATE TABLE r AS SELECT *,"
        " (row_number() OVER (ORDER BY wr_order_number, wr_item_sk) - 1)"
        f" * {FILES} // (SELECT count(*) FROM web_returns) AS file,"
        " hash(wr_order_number, wr_item_sk) % 100000 / 100000.0 AS chance FROM web_returns"
    )
    for file in range(FILES):
        data.execute(
            f"COPY (SELECT * EXCLUDE (file, chance) FROM r WHERE file = {file})"
            f" TO '{folder / f'part-{file:02}.parquet'}' (FORMAT parquet)"
        )
    for name, files, matched, new in CASES:
        old_rows = "SELECT * FROM r WHERE false"
        if matched:
            old_rows = (
                f"SELECT * FROM r WHERE file < {max(1, int(FILES * files))} AND chance < {matched}"
            )
        new_rows = (
            "SELECT * REPLACE (wr_order_number + 100000000 AS wr_order_number) FROM r"
            f" WHERE chance < {new or 0}"
        )
        data.execute(
            "COPY (SELECT * EXCLUDE (file, chance) REPLACE"
            " (CAST(1 AS DECIMAL(7, 2)) AS wr_fee) FROM"
            f" ({old_rows} UNION ALL {new_rows})) TO '{folder / name}.source' (FORMAT parquet)"
        )


def make_lines(folder: Path, scale: float) -> None:
    """Write lineitem in eight files of contiguous orders, with the year of shipping."""
    data = _duckdb("tpch")
    data.execute(f"CALL dbgen(sf={scale})")
    for part in range(8):
        data.execute(
            "COPY (SELECT *, year(l_shipdate)::INT AS l_year FROM lineitem WHERE l_orderkey * 8 //"
            f" (SELECT max(l_orderkey) + 1 FROM lineitem) = {part})"
            f" TO '{folder / f'part-{part:02}.parquet'}' (FORMAT parquet)"
        )


def make_many(folder: Path, rows: int) -> None:
    """Write a table of many rows in files of 2.5 million."""
    data = _duckdb("tpch")
    each = min(rows, 2_500_000)
    for part in range(rows // each):
        data.execute(
            f"COPY (SELECT range AS id, range % 1000 AS g, 'value ' || range AS v, range / 7 AS x"
            f" FROM range({part * each}, {(part + 1) * each}))"
            f" TO '{folder / f'part-{part:02}.parquet'}' (FORMAT parquet)"
        )


def make_table(source: Path, folder: Path, partition: list[str]) -> None:
    """Write the files of ``source`` as the table bench.t of two lakehouses, one commit for each.

    Ours may have deletion vectors, which deltalake does not write; the peer's has none.
    """
    import pyarrow.parquet as pq

    import data_lakehouse as dl

    folder.mkdir()
    for side in ("ours", "peer"):
        with dl.connect(folder / side) as lake:
            lake.sql("CREATE SCHEMA bench")
            for file in sorted(source.glob("part-*.parquet")):
                rows = pq.read_table(file)
                if side == "ours" and file.name == "part-00.parquet":
                    make_with_vectors(lake, rows.slice(0, 0), partition)
                lake.write(rows, "bench.t", partition_by=partition)


def make_with_vectors(lake: Any, empty: Any, partition: list[str]) -> None:
    """Make the empty table bench.t with deletion vectors, unless they are not written yet."""
    from data_lakehouse.errors import UnsupportedError

    lake.write(empty, "bench.shape")
    parts = f"PARTITIONED BY ({', '.join(partition)})" if partition else ""
    properties = "TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')"
    try:
        lake.sql(f"CREATE TABLE bench.t {parts} {properties} AS SELECT * FROM bench.shape")
        lake.sql("DELETE FROM bench.t")
    except UnsupportedError:
        lake.sql("DROP TABLE IF EXISTS bench.t PURGE")


def is_there(folder: Path, sql: str) -> bool:
    """Return whether a statement on a table bench.t is understood."""
    import data_lakehouse as dl
    from data_lakehouse.errors import LakehouseError

    with dl.connect(folder) as lake:
        lake.sql("CREATE SCHEMA bench")
        lake.sql("CREATE TABLE bench.t (i INT)")
        try:
            lake.sql(sql)
        except LakehouseError:
            return False
    return True


#: By side and measurement, what each round's change took beside time: MB by which the process grew,
#: and processor seconds of all its threads.
GROWN: dict[tuple[str, str], list[float]] = defaultdict(list)
USED: dict[tuple[str, str], list[float]] = defaultdict(list)


def measured(
    name: str, rounds: int, table: Path, task: str, goal: str = "", **arguments: Any
) -> Row:
    """Measure a change of a copy of ``table``; what both sides leave must be equal."""
    answers: set[str] = set()

    def one(side: str, number: int) -> tuple[float, float]:
        with workspace() as space:
            folder = space / "lake"
            shutil.copytree(table / side, folder)
            (result,) = run_workers(task, side, folder=str(folder), **arguments)
            answers.add(str(result["answer"]))
        GROWN[side, name].append(result["grown_mb"])
        USED[side, name].append(result["cpu_seconds"])
        return result["seconds"], result["peak_mb"]

    sides = in_turns(rounds, one)
    if len(answers) != 1:
        raise BenchError(f"{name}: the sides differ: {answers}")
    return row_of(f"merge.{name}", sides, "s", "lower", goal)


def run_large() -> list[Row]:
    """Measure what has goals for sizes that take long to make: 100 million rows, SF10."""
    count = 100_000_000
    many = kept(f"many-{count}", lambda f: make_many(f, count))
    rows: list[Row] = []
    with workspace() as space:
        make_table(many, space / "many", [])
        rows.append(one_row_into(count, 1, space / "many"))
    lines = kept("lines-sf10", lambda f: make_lines(f, 10))
    with workspace() as space:
        make_table(lines, space / "lines", [])
        rows.append(measured("update_1_percent.sf10", 1, space / "lines", "update", "ratio <= 0.2"))
    return rows


def one_row_into(count: int, rounds: int, table: Path) -> Row:
    """Measure MERGE of one row into ``count``."""
    goal = "<= 1 s, 300 MB for 100 M rows"
    return measured(f"1_row_into_{count}", rounds, table, "merge_one", goal)


def run(quick: bool) -> list[Row]:
    """Measure every row on a copy of its table."""
    rounds = 1 if quick else 3
    returns = kept(
        f"returns-sf{0.01 if quick else 1}", lambda f: make_returns(f, 0.01 if quick else 1)
    )
    lines = kept(f"lines-sf{0.01 if quick else 1}", lambda f: make_lines(f, 0.01 if quick else 1))
    count = 20_000 if quick else 10_000_000
    many = kept(f"many-{count}", lambda f: make_many(f, count))
    rows: list[Row] = []
    with workspace() as space:
        make_table(returns, space / "returns", [])
        for name, _, matched, new in CASES:
            rows.append(
                measured(
                    name,
                    rounds,
                    space / "returns",
                    "merge",
                    source=str(returns / f"{name}.source"),
                    matched="" if matched is None else "DELETE" if new is None else "UPDATE",
                    inserts=new is not None,
                )
            )
        rows += [geometric_mean(rows), mean_cpu(), mean_growth()]
        make_table(many, space / "many", [])
        rows.append(one_row_into(count, rounds, space / "many"))
        make_table(lines, space / "lines", [])
        rows.append(measured("update_1_percent", rounds, space / "lines", "update"))
        if is_there(space / "optimize", "OPTIMIZE bench.t"):
            rows.append(measured("z_order", 1, space / "lines", "z_order"))
        rows.append(deleted_rows(space / "lines", rounds))
        make_table(lines, space / "years", ["l_year"])
        rows.append(measured("delete_partition", rounds, space / "years", "delete"))
    return rows


def mean(values: list[float]) -> float:
    """Return the geometric mean."""
    return exp(sum(map(log, values)) / len(values))


def mean_growth() -> Row:
    """Return the mean over the cases of what MERGE needs beside the process that runs it."""
    ours, peer = (mean([max(GROWN[side, name]) for name, *_ in CASES]) for side in ("ours", "peer"))
    return Row("merge.geomean.memory", ours, peer, "MB", goal="ratio <= 0.2")


def mean_cpu() -> Row:
    """Return the mean over the cases of the processor time, which other work hardly moves."""
    ours, peer = (
        mean([median(USED[side, name]) for name, *_ in CASES]) for side in ("ours", "peer")
    )
    return Row("merge.geomean.cpu", ours, peer, "CPU s", "lower")


def geometric_mean(rows: list[Row]) -> Row:
    """Return the mean over the cases of MERGE; goal: a fifth of time."""
    ours = mean([row.ours for row in rows if row.ours])
    peer = mean([row.peer for row in rows if row.peer])
    ours_mb = mean([row.ours_rss_mb for row in rows if row.ours_rss_mb])
    peer_mb = mean([row.peer_rss_mb for row in rows if row.peer_rss_mb])
    return Row("merge.geomean", ours, peer, "s", "lower", ours_mb, peer_mb, "ratio <= 0.2")


def deleted_rows(table: Path, rounds: int) -> Row:
    """Measure our scan of a table with 1 % of its rows deleted; the peer is the scan before."""

    def one(side: str, number: int) -> tuple[float, float]:
        with workspace() as space:
            folder = space / "lake"
            shutil.copytree(table / "ours", folder)
            deletes = side == "ours"
            (result,) = run_workers("scan", "ours", folder=str(folder), deletes=deletes)
        return result["seconds"], result["peak_mb"]

    goal = "ratio <= 1.06; peer: no rows deleted"
    return row_of("merge.scan_1_percent_deleted", in_turns(rounds, one), "s", "lower", goal)
