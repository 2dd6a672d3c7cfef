"""The program ``lakehouse`` as a user runs it: data on stdout, talk on stderr, exit codes."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import pyarrow as pa
from program import BINARY, Run, fails

ROWS = "SELECT 1 AS n, 'a,\"b' AS t, NULL::INT AS z UNION ALL SELECT 2, 'x', 3 ORDER BY n"


def test_every_format_has_the_same_rows(run: Run) -> None:
    text = run("sql", "-c", ROWS, "-o", "json").stdout
    assert json.loads(text) == [
        {"n": 1, "t": 'a,"b', "z": None},
        {"n": 2, "t": "x", "z": 3},
    ]
    lines = run("sql", "-c", ROWS, "-o", "jsonl").stdout.decode().splitlines()
    assert [json.loads(line)["n"] for line in lines] == [1, 2]
    table = list(csv.reader(io.StringIO(run("sql", "-c", ROWS, "-o", "csv").stdout.decode())))
    assert table == [["n", "t", "z"], ["1", 'a,"b', ""], ["2", "x", "3"]]
    stream = pa.ipc.open_stream(run("sql", "-c", ROWS, "-o", "arrow").stdout)
    assert stream.read_all().column("n").to_pylist() == [1, 2]
    assert run("sql", "-c", ROWS, "-o", "md").stdout.decode().startswith("|")
    assert "NULL" in run("sql", "-c", ROWS).stdout.decode()


def test_statements_come_from_a_file_and_from_stdin(run: Run, tmp_path: Path) -> None:
    script = tmp_path / "script.sql"
    script.write_text("CREATE TABLE main.t (i INT);\nINSERT INTO main.t VALUES (1), (2);\n")
    assert run("sql", "-f", str(script)).returncode == 0
    counted = run("sql", "-o", "csv", stdin=b"SELECT count(*) AS n FROM main.t;")
    assert counted.stdout.decode().split() == ["n", "2"]
    assert run("sql", "-c", "SELECT * FROM main.t", "-o", "json").stderr == b""


def test_a_script_stops_at_its_first_error(run: Run) -> None:
    script = "CREATE TABLE main.t (i INT); SELECT nothing; CREATE TABLE main.u (i INT)"
    fails(run("sql", "-c", script), 1, "LK-4002")
    assert run("sql", "-c", "SELECT * FROM main.t").returncode == 0
    fails(run("sql", "-c", "SELECT * FROM main.u"), 3, "LK-2012")


def test_wrong_words_get_candidates(run: Run) -> None:
    assert "sql" in fails(run("sqll"), 2, "LK-9001")
    assert "lakehouse sql --help" in fails(run("sql", "--no-such-flag"), 2, "LK-9001")
    run("sql", "-c", "CREATE TABLE main.flights (i INT)")
    said = fails(run("sql", "-c", "SELECT * FROM main.flihgts"), 3, "LK-2012")
    assert "flights" in said
    assert "csv" in fails(run("sql", "-c", "SELECT 1", "-o", "cvs"), 2, "LK-9003")
    assert "LK-2013" in fails(run("explain", "LK-2113"), 3, "LK-9005")


def test_files_and_settings_are_checked(run: Run, tmp_path: Path) -> None:
    fails(run("sql", "-f", "nothing.sql"), 3, "LK-9007")
    fails(run("--set", "query.threads", "sql", "-c", "SELECT 1"), 2, "LK-9002")
    template = tmp_path / "lakehouse.yml"
    assert run("config", "template", str(template)).returncode == 0
    fails(run("config", "template", str(template)), 5, "LK-9006")
    assert run("--config", str(template), "config", "validate").returncode == 0
    fails(run("ingest", "postgres://host-only", "--into", "bronze.t"), 2, "LK-9008")


def test_a_full_disk_is_named(run: Run) -> None:
    with open("/dev/full", "wb") as full:
        result = subprocess.run(
            [str(BINARY), "sql", "-c", "SELECT * FROM range(100000)", "-o", "arrow"],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
        )
    assert result.returncode == 1
    assert b"error LK-9004:" in result.stderr


def test_codes_are_explained(run: Run) -> None:
    page = run("explain", "LK-2012")
    assert page.returncode == 0
    assert page.stdout.decode().startswith("LK-2012:")
    fails(run("explain", "LK-0000"), 3, "LK-9005")


def test_the_version_is_printed(run: Run) -> None:
    assert run("version").stdout.decode().startswith("lakehouse ")


def test_csv_is_ingested_once(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name\n1,x\n2,y\n")
    assert run("ingest", str(tmp_path / "a.csv"), "--into", "bronze.a").returncode == 0
    assert run("ingest", str(tmp_path / "a.csv"), "--into", "bronze.a").returncode == 0
    assert run("sql", "-c", "SELECT count(*) AS n FROM bronze.a", "-o", "csv").stdout == b"n\n2\n"


def test_the_version_needs_no_library_and_the_rest_says_what_is_missing(tmp_path: Path) -> None:
    alone = tmp_path / "bin" / "lakehouse"
    alone.parent.mkdir()
    shutil.copy(BINARY, alone)
    version = subprocess.run([alone, "version"], capture_output=True, check=True)
    assert version.stdout == subprocess.run([BINARY, "version"], capture_output=True).stdout
    said = fails(
        subprocess.run([alone, "sql", "-c", "SELECT 1"], capture_output=True), 1, "LK-9020"
    )
    assert "liblakehouse_program.so" in said


def test_no_library_is_looked_for_in_the_current_directory() -> None:
    program = BINARY.resolve()
    for file in (program, program.parent.parent / "lib" / "liblakehouse_program.so"):
        dynamic = subprocess.run(
            ["readelf", "-d", file], capture_output=True, text=True, check=True
        )
        paths = re.findall(r"R(?:UN)?PATH.*\[(.*)\]", dynamic.stdout)
        assert paths and all(part for path in paths for part in path.split(":")), paths
