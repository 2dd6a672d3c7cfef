"""TPC-H through our catalog against read_parquet over the same files in the same process."""

from __future__ import annotations

import json
import shutil
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

from measure import CACHE, DATA, BenchError, Row, run_program, workspace

SUMMARY = "TPC-H SF1, 22 queries, through the catalog against read_parquet on the same files"
#: Files of each table; the others have one.
PARTS = {"lineitem": 8, "orders": 4, "partsupp": 2}
#: The column by whose ranges the parts are cut, as the generator orders the rows.
CUT = {"lineitem": "l_orderkey", "orders": "o_orderkey", "partsupp": "ps_partkey"}
TABLES = ("region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem")
SELECTIVE = """
SELECT count(*), sum(l_extendedprice) FROM lineitem WHERE l_orderkey BETWEEN 1000 AND 1100
"""


def generate(folder: Path, scale: float) -> None:
    """Write the tables as Parquet and the texts of the queries, with DuckDB's generator."""
    import duckdb

    extension = next(CACHE.glob("duckdb-extensions-*/tpch.duckdb_extension"))
    connection = duckdb.connect(config={"allow_unsigned_extensions": True, "threads": 2})
    connection.load_extension(str(extension))
    connection.execute(f"CALL dbgen(sf={scale})")
    for table in TABLES:
        parts = PARTS.get(table, 1)
        for part in range(parts):
            where = ""
            if parts > 1:
                key = CUT[table]
                (last,) = connection.execute(f"SELECT max({key}) FROM {table}").fetchall()[0]
                where = f"WHERE {key} * {parts} // {last + 1} = {part}"
            file = folder / f"{table}-{part}.parquet"
            connection.execute(f"COPY (FROM {table} {where}) TO '{file}' (FORMAT parquet)")
    queries = connection.execute("SELECT query_nr, query FROM tpch_queries()").fetchall()
    texts = {f"q{number:02}": text for number, text in queries}
    (folder / "queries.json").write_text(json.dumps(texts), encoding="utf-8")


def generated(scale: float) -> Path:
    """Return the folder of the generated data, which is made once and kept in the cache."""
    folder = DATA / f"tpch-sf{scale}"
    if not folder.is_dir():
        with workspace() as partial:
            made = partial / "made"
            made.mkdir()
            generate(made, scale)
            made.replace(folder)
    return folder


def load(source: Path, where: Any) -> None:
    """Write the tables as Delta tables of ours, in a directory or as a configuration says.

    There is one commit for each part.
    """
    import pyarrow.parquet as pq

    import data_lakehouse as dl

    with dl.connect(where) as lake:
        lake.sql("CREATE SCHEMA tpch")
        for table in TABLES:
            for part in range(PARTS.get(table, 1)):
                rows = pq.ParquetFile(source / f"{table}-{part}.parquet")
                lake.write(_reader(rows), f"tpch.{table}")


def _reader(file: Any) -> Any:
    import pyarrow as pa

    return pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches(122_880))


def run(quick: bool) -> list[Row]:
    """Measure every query, and one that needs a single file."""
    scale, rounds = (0.01, 1) if quick else (1, 5)
    source = generated(scale)
    queries = json.loads((source / "queries.json").read_text(encoding="utf-8"))
    with workspace() as folder:
        root = folder / "lake"
        load(source, root)
        statements = folder / "statements.json"
        statements.write_text(json.dumps({**queries, "selective": SELECTIVE}), encoding="utf-8")
        both = run_program("tpch_bench", root, "tpch", statements, rounds, "both")
        # Memory: each side alone in its process, once through all queries.
        peaks = {
            side: run_program("tpch_bench", root, "tpch", statements, 0, side)["peak_mb"]
            for side in ("ours", "peer")
        }
        shutil.rmtree(root)
    return _rows(both["statements"], peaks, scale)


def _rows(statements: dict[str, Any], peaks: dict[str, float], scale: float) -> list[Row]:
    rows = []
    for name, record in statements.items():
        if record["ours_rows"] != record["peer_rows"]:
            raise BenchError(f"tpch: {name} gave {record['ours_rows']} rows, not the peer's")
        ours, peer = (statistics.median(record[f"{side}_ms"]) for side in ("ours", "peer"))
        rows.append(Row(f"tpch.sf{scale}.{name}", ours, peer, "ms"))
    selective = statements["selective"]
    total, opened = selective["files_total"], int(selective["files_opened"])
    if opened != 1:
        raise BenchError(f"tpch: the selective query opened {opened} of {total} files, needs 1")
    rows[-1] = replace(rows[-1], goal=f"opens {opened} of {total} files")
    geomean = _mean(f"tpch.sf{scale}.geomean", statements, "ms", "ratio <= 1.03")
    cpu = _mean(f"tpch.sf{scale}.geomean_cpu", statements, "cpu_ms", "")
    memory = {"ours_rss_mb": peaks["ours"], "peer_rss_mb": peaks["peer"]}
    return [*rows, replace(geomean, **memory), cpu]


def _mean(name: str, statements: dict[str, Any], field: str, goal: str) -> Row:
    """Return the geometric means over the queries of the medians over the rounds."""
    means = [
        statistics.geometric_mean(
            statistics.median(record[f"{side}_{field}"])
            for query, record in statements.items()
            if query != "selective"
        )
        for side in ("ours", "peer")
    ]
    return Row(name, *means, "CPU ms" if field == "cpu_ms" else "ms", goal=goal)
