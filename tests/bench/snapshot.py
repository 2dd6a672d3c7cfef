"""The latest snapshot of a long log, in a new process, against deltalake."""

from __future__ import annotations

import json
import random
import uuid
from pathlib import Path

from measure import BenchError, Row, in_turns, row_of, run_workers, workspace

SUMMARY = "latest snapshot of a log with 1,000 commits of 100 adds each, no checkpoint"
SCHEMA = {
    "type": "struct",
    "fields": [
        {"name": name, "type": kind, "nullable": True, "metadata": {}}
        for name, kind in (
            ("id", "long"),
            ("day", "date"),
            ("name", "string"),
            ("price", "double"),
            ("amount", "integer"),
        )
    ],
}


def add_line(chance: random.Random, day: int) -> str:
    """Return one add action with statistics of five columns."""
    low = chance.randrange(10**9)
    date = f"2024-{day % 12 + 1:02}-{day % 28 + 1:02}"
    minima = {"id": low, "day": date, "name": "aardvark", "price": 0.5, "amount": 1}
    maxima = {"id": low + 99_999, "day": date, "name": "zebra", "price": 999.5, "amount": 99}
    stats = {
        "numRecords": 100_000,
        "minValues": minima,
        "maxValues": maxima,
        "nullCount": dict.fromkeys(minima, 0),
    }
    name = uuid.UUID(int=chance.getrandbits(128), version=4)
    return json.dumps(
        {
            "add": {
                "path": f"part-00000-{name}-c000.snappy.parquet",
                "partitionValues": {},
                "size": chance.randrange(10**6, 10**8),
                "modificationTime": 1_700_000_000_000 + low,
                "dataChange": True,
                "stats": json.dumps(stats, separators=(",", ":")),
            }
        },
        separators=(",", ":"),
    )


def write_log(
    table: Path, commits: int, adds: int, properties: dict[str, str] | None = None
) -> None:
    """Write a log; its data files are never read, so there are none."""
    log = table / "_delta_log"
    log.mkdir(parents=True)
    chance = random.Random(1)
    protocol = {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}
    metadata = {
        "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps(SCHEMA),
        "partitionColumns": [],
        "configuration": properties or {},
        "createdTime": 1_700_000_000_000,
    }
    for version in range(commits):
        time = 1_700_000_000_000 + version * 1000
        lines = [json.dumps({"commitInfo": {"timestamp": time, "operation": "WRITE"}})]
        if version == 0:
            lines += [json.dumps(protocol), json.dumps({"metaData": metadata})]
        lines += [add_line(chance, version) for _ in range(adds)]
        (log / f"{version:020}.json").write_text("\n".join(lines) + "\n", encoding="ascii")


def run(quick: bool) -> list[Row]:
    """Measure from opening to the list of the live files, each time in a new process."""
    import data_lakehouse as dl

    commits, adds, rounds = (20, 10, 1) if quick else (1000, 100, 5)
    with workspace() as folder:
        write_log(folder / "bench" / "log", commits, adds)
        with dl.connect(folder) as lake:
            lake.sql("CREATE SCHEMA bench")
            lake.core.register_table("bench.log", str(folder / "bench" / "log"), "", "")

        def one(side: str, number: int) -> tuple[float, float]:
            (result,) = run_workers("snapshot", side, folder=str(folder))
            if result["files"] != commits * adds:
                raise BenchError(f"snapshot: {side} found {result['files']} files")
            return result["seconds"], result["peak_mb"]

        return [row_of(f"snapshot.{commits}x{adds}", in_turns(rounds, one), "s", "lower")]
