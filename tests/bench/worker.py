"""One side of one measurement: ``worker.py TASK SIDE ARGUMENTS``.

It prepares what is not measured, prints ``ready``, waits for a line, works, and prints one JSON
object with the seconds taken and the peak memory of this process.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Work = Callable[[], dict[str, Any]]


def peak_mb() -> float:
    """Return the peak resident memory of this process (VmHWM)."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def batch(rows: int) -> Any:
    """Return the rows of one commit: a number, a text, a measure, a time."""
    import pyarrow as pa

    return pa.table(
        {
            "id": pa.array(range(rows), pa.int64()),
            "name": pa.array([f"name {i % 100}" for i in range(rows)]),
            "value": pa.array([i / 7 for i in range(rows)], pa.float64()),
            "at": pa.array(
                [1_600_000_000_000_000 + i for i in range(rows)], pa.timestamp("us", "UTC")
            ),
        }
    )


def append(side: str, folder: str, commits: int, rows: int, threads: int, number: int) -> Work:
    """Append ``commits`` small commits to one table from each of ``threads`` threads."""
    data = batch(rows)
    if side == "ours":
        import data_lakehouse as dl

        lake = dl.connect(folder)

        def writer() -> None:
            for _ in range(commits):
                lake.write(data, "bench.events")

    else:
        from deltalake import CommitProperties, DeltaTable, write_deltalake

        path = f"{folder}/events"
        # By default it gives up after 15 lost races, and with 8 writers some do.
        patient = CommitProperties(max_commit_retries=1000)

        def writer() -> None:
            table = DeltaTable(path)
            for _ in range(commits):
                write_deltalake(table, data, mode="append", commit_properties=patient)

    def work() -> dict[str, Any]:
        begin = time.monotonic()
        started = [threading.Thread(target=writer) for _ in range(threads)]
        for thread in started:
            thread.start()
        for thread in started:
            thread.join()
        return {"begin": begin, "end": time.monotonic()}

    return work


def ingest(side: str, folder: str, source: str, number: int) -> Work:
    """Load one CSV file into a new table."""
    if side == "ours":
        import data_lakehouse as dl

        lake = dl.connect(folder)
        job = {"source_type": "csv", "source_config": {"path": source}, "target": "bench.flights"}

        def load() -> int:
            engine = lake.ingestion
            return engine.start_job(engine.register_job({**job, "name": "flights"})).rows_written

    else:
        from deltalake import write_deltalake
        from pyarrow import csv

        def load() -> int:
            rows = csv.read_csv(source)
            write_deltalake(f"{folder}/flights", rows)
            return int(rows.num_rows)

    def work() -> dict[str, Any]:
        begin = time.monotonic()
        rows = load()
        return {"seconds": time.monotonic() - begin, "rows": rows}

    return work


def snapshot(side: str, folder: str, number: int) -> Work:
    """Open the latest snapshot of a table that this process has not seen, down to its files."""
    if side == "ours":
        import data_lakehouse as dl

        def load() -> int:
            lake = dl.connect(folder)
            return int(lake.core.describe_table("bench.log", None, None, "", "")["num_files"])

    else:
        from deltalake import DeltaTable

        def load() -> int:
            return len(DeltaTable(f"{folder}/bench/log").file_uris())

    def work() -> dict[str, Any]:
        begin = time.monotonic()
        files = load()
        return {"seconds": time.monotonic() - begin, "files": files}

    return work


def optimize(side: str, folder: str, columns: list[str], number: int) -> Work:
    """Compact one table, or order it by ``columns``."""
    if side == "ours":
        import data_lakehouse as dl

        lake = dl.connect(folder)
        lake.catalog.register_table("main.t", Path(folder) / "bench" / "t")
        lake.sql("SELECT 1").collect()
        order = f" ZORDER BY ({', '.join(columns)})" if columns else ""

        def rearrange() -> None:
            lake.sql(f"OPTIMIZE main.t{order}").collect()

    else:
        from deltalake import DeltaTable

        def rearrange() -> None:
            table = DeltaTable(f"{folder}/bench/t")
            if columns:
                table.optimize.z_order(columns)
            else:
                table.optimize.compact()

    def work() -> dict[str, Any]:
        begin = time.monotonic()
        rearrange()
        return {"seconds": time.monotonic() - begin}

    return work


def s3_queries(
    side: str,
    queries: dict[str, str],
    settings: dict[str, str],
    files: dict[str, list[str]],
    number: int,
) -> Work:
    """Run every query twice in this process: the first time nothing of the data is cached."""
    if side == "ours":
        import data_lakehouse as dl
        from data_lakehouse.config import LakehouseConfig

        lake = dl.connect(LakehouseConfig(settings=settings))
        lake.sql("USE tpch")
        lake.sql("SELECT 1").collect()

        def query(text: str) -> int:
            return int(lake.sql(text).to_arrow().num_rows)

    else:
        import duckdb
        from measure import CACHE

        connection = duckdb.connect(config={"allow_unsigned_extensions": True})
        extension = next(CACHE.glob("duckdb-extensions-*/httpfs.duckdb_extension"))
        connection.load_extension(str(extension))
        endpoint = settings["storage.s3_endpoint"].removeprefix("http://")
        connection.execute(
            "CREATE SECRET (TYPE s3, USE_SSL false, URL_STYLE 'path', REGION 'us-east-1',"
            f" ENDPOINT '{endpoint}', KEY_ID '{settings['storage.s3_access_key_id']}',"
            f" SECRET '{settings['storage.s3_secret_access_key']}')"
        )
        for table, places in files.items():
            connection.execute(f"CREATE VIEW {table} AS FROM read_parquet({places})")

        def query(text: str) -> int:
            return int(connection.execute(text).to_arrow_table().num_rows)

    def work() -> dict[str, Any]:
        measured: dict[str, Any] = {"rows": {}, "cold": {}, "cached": {}, "cpu": {}}
        for state in ("cold", "cached"):
            used = time.process_time()
            for name, text in queries.items():
                begin = time.monotonic()
                measured["rows"][name] = query(text)
                measured[state][name] = (time.monotonic() - begin) * 1000
            measured["cpu"][state] = (time.process_time() - used) * 1000
        return measured

    return work


TASKS: dict[str, Callable[..., Work]] = {
    "append": append,
    "ingest": ingest,
    "snapshot": snapshot,
    "optimize": optimize,
    "s3_queries": s3_queries,
}


def task_called(name: str) -> Callable[..., Work]:
    """Return a task of this file or of those that hold the tasks of one benchmark."""
    if name in TASKS:
        return TASKS[name]
    import delta_tasks
    import merge_tasks

    return {**delta_tasks.TASKS, **merge_tasks.TASKS}[name]


def main() -> None:
    """Prepare, wait for the start, work, report."""
    task, side, arguments = sys.argv[1:4]
    work = task_called(task)(side, **json.loads(arguments))
    print("ready", flush=True)
    sys.stdin.readline()
    result = work()
    print(json.dumps({"peak_mb": peak_mb(), **result}), flush=True)
    if side == "peer":
        # deltalake's threads end some processes with an abort.
        os._exit(0)


if __name__ == "__main__":
    main()
