"""Eight processes that write one table at once: nobody fails, every row is there once."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from processes import Program
from table_log import check_log

BIN = Path(__file__).resolve().parents[2] / "build" / "bin"
WRITERS = range(8)
EACH = 5
IDS = [writer * EACH + number for writer in WRITERS for number in range(EACH)]


def test_eight_processes_append_to_a_table(tmp_path: Path) -> None:
    tool, table = str(BIN / "table_tool"), tmp_path / "t"
    subprocess.run([tool, "write", str(table)], check=True, timeout=120)
    before = check_log(table).versions
    first = 10_000
    writers = [
        subprocess.Popen([tool, "append", str(table), str(first + writer * EACH), str(EACH)])
        for writer in WRITERS
    ]
    assert [writer.wait(120) for writer in writers] == [0] * len(WRITERS)
    assert check_log(table).versions == before + len(IDS)
    listed = subprocess.run(
        [tool, "ids", str(table)], check=True, timeout=120, capture_output=True
    ).stdout.split()
    assert [int(i) - first for i in listed if int(i) >= first] == IDS


def test_eight_processes_insert_by_sql(tmp_path: Path) -> None:
    program = Program(BIN / "lakehouse", tmp_path / "lake")
    program.sql("CREATE TABLE main.t (id BIGINT);").finish()
    writers = [
        program.sql(
            "".join(f"INSERT INTO main.t VALUES ({writer * EACH + i});" for i in range(EACH))
        )
        for writer in WRITERS
    ]
    for writer in writers:
        writer.finish()
    assert check_log(tmp_path / "lake" / "main" / "t").versions == 1 + len(IDS)
    rows = program.sql("SELECT id FROM main.t ORDER BY id;").finish()
    assert [row["id"] for row in rows] == IDS


def test_eight_jobs_load_into_one_table(tmp_path: Path) -> None:
    program = Program(BIN / "lakehouse", tmp_path / "lake")
    program.sql("CREATE TABLE bronze.t (id BIGINT);").finish()
    for writer in WRITERS:
        source = tmp_path / f"{writer}.csv"
        source.write_text("id\n" + "".join(f"{writer * EACH + i}\n" for i in range(EACH)))
        job = {
            "name": f"job{writer}",
            "source_type": "csv",
            "source_config": {"path": str(source)},
            "target": "bronze.t",
        }
        (tmp_path / f"{writer}.json").write_text(json.dumps(job))
        program.run("job", "register", str(tmp_path / f"{writer}.json")).finish()
    writers = [program.run("job", "run", f"job{writer}") for writer in WRITERS]
    for process in writers:
        process.finish()
    assert check_log(tmp_path / "lake" / "bronze" / "t").versions == 1 + len(WRITERS)
    rows = program.sql("SELECT id FROM bronze.t ORDER BY id;").finish()
    assert [row["id"] for row in rows] == IDS
