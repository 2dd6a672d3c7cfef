"""The log of a large table: loading, skipping, refreshing, checkpoints; against deltalake."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import append
from measure import DATA, BenchError, Row, in_turns, row_of, run_workers, workspace
from snapshot import write_log

SUMMARY = "logs with a million files: load, skip, refresh, checkpoint; 32 appenders"
#: A load of a million files takes the peer seconds.
PEER_ROUNDS = 1
#: Goals for two calm cores, from the design of the project.
GOALS = {
    "snapshot": "<= 0.6 s, 150 MB",
    "checkpoint": "<= 0.5 s",
    "predicate": "<= 1.0 s",
    "metadata": "<= 5 ms",
    "refresh": "<= 1 ms",
    "write": "<= 2 s, 300 MB",
    "1 process": ">= 200/s",
    "4 processes": ">= 50/s",
}


def generated(commits: int, adds: int) -> Path:
    """Return a folder with ``log`` (commits only) and ``checkpointed`` (the same, checkpointed)."""
    folder = DATA / f"logs-{commits}x{adds}"
    if (folder / "complete").exists():
        return folder
    from deltalake import DeltaTable

    shutil.rmtree(folder, ignore_errors=True)
    write_log(folder / "log", commits, adds, {"delta.checkpointInterval": str(commits)})
    shutil.copytree(folder / "log", folder / "checkpointed")
    table = DeltaTable(str(folder / "checkpointed"))
    table.create_checkpoint()
    protocol = table.protocol()
    checksum = {
        "tableSizeBytes": _bytes_of(folder / "log"),
        "numFiles": commits * adds,
        "numMetadata": 1,
        "numProtocol": 1,
        "metadata": _metadata_of(folder / "log"),
        "protocol": {
            "minReaderVersion": protocol.min_reader_version,
            "minWriterVersion": protocol.min_writer_version,
        },
    }
    name = f"_delta_log/{commits - 1:020}.crc"
    (folder / "checkpointed" / name).write_text(json.dumps(checksum))
    (folder / "complete").touch()
    return folder


def _bytes_of(table: Path) -> int:
    commits = (table / "_delta_log").glob("*.json")
    return sum(
        sum(map(int, re.findall(rb'"size":(\d+)', commit.read_bytes()))) for commit in commits
    )


def _metadata_of(table: Path) -> dict[str, object]:
    line = (table / "_delta_log" / f"{0:020}.json").read_text(encoding="ascii").splitlines()[2]
    return json.loads(line)["metaData"]


def _named(folder: Path, log: Path) -> None:
    """Give the table a name in a lakehouse, so that both sides find it below ``bench``."""
    import data_lakehouse as dl

    (folder / "bench").mkdir()
    # Links, not copies: nobody writes into a file of a log that is there.
    shutil.copytree(log, folder / "bench" / "log", copy_function=os.link)
    with dl.connect(folder) as lake:
        lake.sql("CREATE SCHEMA bench")
        lake.core.register_table("bench.log", str(folder / "bench" / "log"), "", "")


def _load(folder: Path, task: str, files: int, rounds: int, name: str, goal: str) -> Row:
    """Measure one task of a new process on a table that it has not seen."""

    def one(side: str, number: int) -> tuple[float, float]:
        (result,) = run_workers(task, side, folder=str(folder))
        if result["files"] != files:
            raise BenchError(f"{name}: {side} found {result['files']}, not {files}")
        return result["seconds"], result["peak_mb"]

    sides = in_turns(rounds, one, PEER_ROUNDS)
    return row_of(f"delta.{name}", sides, "s", "lower", GOALS[goal])


def _loads(source: Path, tasks: list[tuple[str, int, str, str]], rounds: int) -> list[Row]:
    """Measure tasks that change nothing, one after the other on one table."""
    with workspace() as folder:
        _named(folder, source)
        return [_load(folder, task, files, rounds, *rest) for task, files, *rest in tasks]


def _changed(source: Path, task: str, rounds: int, name: str, goal: str) -> Row:
    """Measure one task that changes the table, each time on a copy of its own."""

    def one(side: str, number: int) -> tuple[float, float]:
        with workspace() as folder:
            _named(folder, source)
            (result,) = run_workers(task, side, folder=str(folder))
            return result["seconds"], result["peak_mb"]

    sides = in_turns(rounds, one, PEER_ROUNDS)
    return row_of(f"delta.{name}", sides, "s", "lower", GOALS[goal])


def run(quick: bool) -> list[Row]:
    """Measure each row; the large log is made once and kept."""
    commits, adds, rounds = (20, 10, 1) if quick else (1000, 1000, 3)
    files = commits * adds
    logs = generated(commits, adds)
    log, checkpointed = logs / "log", logs / "checkpointed"
    whole = [("snapshot", files, f"snapshot.{commits}x{adds}", "snapshot")]
    parts = [
        ("snapshot", files, "snapshot.checkpoint", "checkpoint"),
        ("skip", 0, "snapshot.checkpoint.predicate", "predicate"),
        ("metadata", 5, "metadata.checksum", "metadata"),
    ]
    rows = _loads(log, whole, rounds) + _loads(checkpointed, parts, rounds)
    rows += [
        _changed(checkpointed, "refresh", rounds, "refresh.1_commit", "refresh"),
        _changed(log, "write_checkpoint", min(rounds, 2), "checkpoint.write", "write"),
    ]
    # Of the peer's writers most lose most races: more commits would say the same of both.
    total = 64 if quick else 320
    for name, processes, threads, goal in (
        ("append.32_threads", 1, 32, "1 process"),
        ("append.4x8", 4, 8, "4 processes"),
    ):
        rows.append(append.measure(name, None, 1, total, processes, threads, GOALS[goal]))
    return rows
