"""Many writers on one table: nobody fails, every acknowledged change is there once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from history import Log, Violation, check_real_time, read_log
from writer import TABLE

import data_lakehouse as dl
from data_lakehouse.errors import LakehouseError

ROOT = Path(__file__).resolve().parents[2]
PROCESSES, WRITERS_EACH, OPERATIONS, ROWS_EACH = 4, 8, 12, 6
#: Properties of the tables; what is refused is left out.
KINDS = {
    "plain": "'delta.checkpointInterval' = '7'",
    "vectors": "'delta.checkpointInterval' = '7', 'delta.enableDeletionVectors' = 'true'",
    "row_ids": "'delta.enableRowTracking' = 'true', 'delta.enableDeletionVectors' = 'true',"
    " 'delta.enableInCommitTimestamps' = 'true'",
}


def make_table(root: Path, kind: str) -> None:
    """Make the table, all rows in one file."""
    with dl.connect(root) as lake:
        lake.sql("CREATE SCHEMA c")
        columns = "(owner BIGINT, number BIGINT, value BIGINT)"
        create = f"CREATE TABLE {TABLE} {columns} TBLPROPERTIES ({KINDS[kind]})"
        writers = PROCESSES * WRITERS_EACH
        rows = f"SELECT o, n, 0 FROM range({writers}) a(o), range({ROWS_EACH}) b(n)"
        insert = f"INSERT INTO {TABLE} {rows}"
        lake.sql(create)
        lake.sql(insert)


def run_writers(root: Path, seed: int) -> list[dict[str, Any]]:
    """Run all writers at once and return what each was told."""
    processes = []
    for number in range(PROCESSES):
        given = {
            "root": str(root),
            "first": number * WRITERS_EACH,
            "writers": WRITERS_EACH,
            "operations": OPERATIONS,
            "rows": ROWS_EACH,
            "seed": seed,
        }
        processes.append(
            subprocess.Popen(
                [sys.executable, "-B", Path(__file__).with_name("writer.py"), json.dumps(given)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        )
    told: list[dict[str, Any]] = []
    for process in processes:
        assert process.stdout and process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        out, _ = process.communicate(timeout=600)
        assert process.returncode == 0
        told += json.loads(out)
    return told


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", KINDS)
def test_every_change_is_there_once(tmp_path: Path, kind: str) -> None:
    make_table(tmp_path, kind)
    told = run_writers(tmp_path, seed=1)
    errors = [error for writer in told for error in writer["errors"]]
    assert not errors, f"{len(errors)} errors: {errors[:5]}"
    with dl.connect(tmp_path) as lake:
        found = lake.sql(f"SELECT owner, number, value FROM {TABLE}").collect()
    expected = sorted((w["owner"], number, value) for w in told for number, value in w["rows"])
    assert sorted(map(tuple, found)) == expected
    operations = [operation for writer in told for operation in writer["operations"]]
    log = read_log(tmp_path / "c" / "rows")
    # The creation and the first rows, and each change once.
    assert log.changes == 2 + sum(operation["commits"] for operation in operations)
    check_real_time(operations, log)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["plain", "vectors"])
def test_disjoint_rows_of_one_file_never_conflict(tmp_path: Path, kind: str) -> None:
    sessions, rounds = 16, 4
    make_table(tmp_path, kind)
    errors: list[str] = []
    with dl.connect(tmp_path) as lake:

        def change(owner: int) -> None:
            for _ in range(rounds):
                try:
                    lake.sql(f"UPDATE {TABLE} SET value = value + 1 WHERE owner = {owner}")
                except LakehouseError as error:
                    errors.append(f"{error.code} {error.message}")

        threads = [threading.Thread(target=change, args=(owner,)) for owner in range(sessions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors, f"{len(errors)} of {sessions * rounds}: {errors[:3]}"
        sums = lake.sql(f"SELECT owner, sum(value) FROM {TABLE} GROUP BY owner ORDER BY owner")
        changed = {row[0]: row[1] for row in sums.collect()}
    assert changed == {
        owner: rounds * ROWS_EACH if owner < sessions else 0
        for owner in range(PROCESSES * WRITERS_EACH)
    }
    assert read_log(tmp_path / "c" / "rows").changes == 2 + sessions * rounds


# A check that never fails says nothing. ---------------------------------------------------------


def operation(version: int, begin: float, end: float) -> dict[str, Any]:
    return {"version": version, "begin": begin, "end": end}


def test_the_check_finds_versions_out_of_order() -> None:
    log = Log(added=[0, 1, 1, 2])
    check_real_time([operation(1, 0, 2), operation(2, 1, 3), operation(3, 4, 5)], log)
    check_real_time([operation(3, 0, 2), operation(3, 1, 3)], log)
    with pytest.raises(Violation):
        check_real_time([operation(1, 4, 5), operation(2, 0, 3)], log)
    with pytest.raises(Violation):
        check_real_time([operation(1, 0, 1), operation(1, 0, 1)], log)
    with pytest.raises(Violation):
        check_real_time([operation(4, 0, 1)], log)


@pytest.mark.parametrize("damage", ["gap", "twice", "unknown file"])
def test_the_check_finds_a_damaged_log(tmp_path: Path, damage: str) -> None:
    log = tmp_path / "_delta_log"
    log.mkdir()
    for version in range(3):
        number = version + (damage == "gap" and version == 2)
        name = "same" if damage == "twice" and version else f"t{version}"
        lines: list[dict[str, Any]] = [{"commitInfo": {"operation": "WRITE", "txnId": name}}]
        if damage == "unknown file":
            lines.append({"remove": {"path": "x.parquet"}})
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (log / f"{number:020}.json").write_text(text, encoding="utf-8")
    with pytest.raises(Violation):
        read_log(tmp_path)
