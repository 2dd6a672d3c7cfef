"""Every command: formats, dry runs, questions, candidates, exit codes."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
from pathlib import Path

import pyarrow as pa
import pytest
from program import BINARY, Run, fails, printed, said

JOB = "csv_to_bronze_orders"
LISTS = [
    ("table", "list"),
    ("table", "history", "bronze.orders"),
    ("job", "list"),
    ("job", "status", JOB),
    ("job", "history", JOB),
    ("catalog", "list"),
    ("config", "explain", "query"),
    ("explain",),
    ("sql", "-c", "SELECT * FROM bronze.orders"),
]


@pytest.mark.parametrize("command", LISTS, ids=" ".join)
def test_rows_are_the_same_in_every_format(
    run: Run, orders: Path, command: tuple[str, ...]
) -> None:
    objects = json.loads(printed(run(*command, "-o", "json")))
    assert objects
    lines = printed(run(*command, "-o", "jsonl")).splitlines()
    assert [json.loads(line) for line in lines] == objects
    rows = list(csv.DictReader(io.StringIO(printed(run(*command, "-o", "csv")))))
    assert len(rows) == len(objects) and list(rows[0]) == list(objects[0])
    stream = pa.ipc.open_stream(run(*command, "-o", "arrow").stdout).read_all()
    assert stream.num_rows == len(objects) and stream.column_names == list(objects[0])
    markdown = printed(run(*command, "-o", "md")).splitlines()
    assert len(markdown) == len(objects) + 2 and markdown[1].startswith("|--")
    table = printed(run(*command)).splitlines()
    assert len(table) == len(objects) + 2
    assert not any(line.endswith(" ") for line in table)


def test_numbers_are_numbers(run: Run, orders: Path) -> None:
    history = json.loads(printed(run("table", "history", "bronze.orders", "-o", "json")))
    assert [entry["version"] for entry in history] == [1, 0]
    assert history[0]["rows"] == 3 and history[1]["rows"] is None
    shown = json.loads(printed(run("table", "show", "bronze.orders", "-o", "json")))
    assert shown["version"] == 1 and shown["rows"] == 3
    assert {"name": "id", "type": "bigint", "nullable": True} in shown["columns"]
    assert "column id" in printed(run("table", "show", "bronze.orders"))


def test_what_cannot_be_written_is_an_error_in_every_format(run: Run) -> None:
    for name in ("table", "json", "csv", "md", "arrow"):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [str(BINARY), "explain", "-o", name],
                stdout=full,
                stderr=subprocess.PIPE,
                timeout=60,
                check=False,
            )
        assert done.returncode == 1 and b"error LK-9004:" in done.stderr, name


def test_a_closed_pipe_ends_silently(lake: Path) -> None:
    command = [str(BINARY), "--data-root", str(lake), "sql", "-o", "csv"]
    running = subprocess.Popen(
        [*command, "-c", "SELECT * FROM range(3000000)"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert running.stdout is not None and running.stderr is not None
    running.stdout.readline()
    running.stdout.close()
    assert running.stderr.read() == b""
    running.wait(timeout=60)


def test_dry_runs_change_nothing(run: Run, orders: Path, tmp_path: Path, lake: Path) -> None:
    job = tmp_path / "job.json"
    job.write_text(
        json.dumps(
            {
                "name": "again",
                "source_type": "csv",
                "source_config": {"path": str(orders)},
                "target": "silver.again",
            }
        )
    )

    def state() -> dict[str, str]:
        lists = [("table", "list"), ("job", "list"), ("catalog", "list")]
        return {" ".join(c): printed(run(*c, "-o", "csv")) for c in lists} | {
            "log": " ".join(sorted(p.name for p in lake.glob("bronze/orders/_delta_log/*")))
        }

    before = state()
    for command in (
        ("ingest", str(orders), "--into", "silver.more"),
        ("job", "register", str(job)),
        ("job", "run", JOB),
        ("job", "stop", JOB),
        ("job", "remove", JOB),
        ("table", "register", "main.orders2", "bronze/orders"),
        ("table", "checkpoint", "bronze.orders"),
        ("table", "drop", "bronze.orders", "--purge"),
        ("catalog", "rebuild"),
        ("config", "template", str(tmp_path / "new.yml")),
        ("sql", "-c", "DROP TABLE bronze.orders; SELECT 1"),
    ):
        said(run(*command, "--dry-run"))
        assert state() == before, command
    assert not (tmp_path / "new.yml").exists()
    preview = said(run("ingest", str(orders), "--into", "silver.more", "--dry-run"))
    assert "silver.more" in preview and "1 file to read" in preview and "id bigint" in preview


def test_dry_runs_find_what_is_wrong(run: Run, orders: Path) -> None:
    fails(run("ingest", "nothing.csv", "--into", "bronze.x", "--dry-run"), 3, "LK-5022")
    fails(run("table", "drop", "bronze.ordres", "--dry-run"), 3, "LK-2012")
    fails(run("job", "remove", "csv_to_bronze", "--dry-run"), 3, "LK-5010")
    fails(run("sql", "--dry-run", "-c", "SELECT amuont FROM bronze.orders"), 1, "LK-4002")


def test_what_destroys_refuses_without_a_terminal_and_a_yes(run: Run, orders: Path) -> None:
    fails(run("table", "drop", "bronze.orders", stdin=b"y\n"), 2, "LK-9011")
    fails(run("job", "remove", JOB, stdin=b"y\n"), 2, "LK-9011")
    assert "bronze.orders" in printed(run("table", "list"))
    said(run("job", "remove", JOB, "--yes"))
    said(run("table", "drop", "bronze.orders", "--yes"))
    fails(run("table", "show", "bronze.orders"), 3, "LK-2012")


def test_a_dropped_table_keeps_its_files_unless_they_are_purged(
    run: Run, orders: Path, lake: Path
) -> None:
    said(run("table", "drop", "bronze.orders", "--yes"))
    assert (lake / "bronze/orders/_delta_log").exists()
    said(run("table", "register", "bronze.orders", "bronze/orders"))
    said(run("table", "drop", "bronze.orders", "--purge", "--yes"))
    assert not list(lake.glob("bronze/orders/**/*.parquet"))


def ask(lake: Path, answer: bytes, *arguments: str) -> tuple[int, bytes]:
    """Run a command on a terminal, type ``answer``; return exit code and what was seen."""
    primary, secondary = pty.openpty()
    os.write(primary, answer)
    done = subprocess.run(
        [str(BINARY), "--data-root", str(lake), *arguments],
        stdin=secondary,
        stdout=secondary,
        stderr=secondary,
        timeout=60,
        check=False,
        env=dict(os.environ, TERM="xterm"),
    )
    os.close(secondary)
    seen = os.read(primary, 65536)
    os.close(primary)
    return done.returncode, seen


def test_on_a_terminal_the_answer_counts(run: Run, orders: Path, lake: Path) -> None:
    code, seen = ask(lake, b"n\n", "table", "drop", "bronze.orders")
    assert code == 1 and b"[y/N]" in seen and b"nothing was changed" in seen
    code, seen = ask(lake, b"y\n", "table", "drop", "bronze.orders")
    assert code == 0
    fails(run("table", "show", "bronze.orders"), 3, "LK-2012")


def test_colours_are_for_terminals_and_no_color_is_kept(lake: Path) -> None:
    command = ("table", "show", "main.nothing")
    code, seen = ask(lake, b"", *command)
    assert code == 3 and b"\033[1;31merror LK-2012:" in seen
    assert b"lakehouse explain LK-2012" in seen
    os.environ["NO_COLOR"] = "1"
    try:
        code, seen = ask(lake, b"", *command)
    finally:
        del os.environ["NO_COLOR"]
    assert code == 3 and b"\033[" not in seen


def test_wrong_words_are_named_with_candidates(run: Run) -> None:
    assert '"list"' in fails(run("table", "lst"), 2, "LK-9001")
    assert '"--output"' in fails(run("table", "list", "--ouput", "json"), 2, "LK-9001")
    assert '"--data-root"' in fails(run("--data-rot", "x", "table", "list"), 2, "LK-9001")
    assert "list, register" in fails(run("job"), 2, "LK-9001")
    assert "lakehouse table show --help" in fails(run("table", "show"), 2, "LK-9001")
    assert '"bash"' in fails(run("completions", "bsh"), 2, "LK-9001")
    assert '"run"' in fails(run("help", "job", "rum"), 2, "LK-9001")
    assert "whole number" in fails(run("sql", "--max-rows", "x", "-c", "SELECT 1"), 2, "LK-9001")
    assert "0 to 1" in fails(
        run("ingest", "a.csv", "--into", "b.c", "--error-threshold", "2"), 2, "LK-9001"
    )
    fails(run("sql", "-c", "SELECT 1", "-f", "x.sql"), 2, "LK-9001")
    assert '"csv_to_bronze' not in fails(run("job", "run", "csv"), 3, "LK-5010")


def test_exit_codes_say_what_kind_of_error_it_was(run: Run, orders: Path, tmp_path: Path) -> None:
    assert run("sql", "-c", "SELECT 1").returncode == 0
    fails(run("sql", "-c", "SELECT 1 +"), 1, "LK-4001")
    fails(run("tabel"), 2, "LK-9001")
    fails(run("job", "run", "nothing"), 3, "LK-5010")
    fails(run("sql", "--readonly", "-c", "DELETE FROM bronze.orders"), 4, "LK-9012")
    fails(run("table", "register", "bronze.orders", "bronze/orders"), 5, "LK-2013")
    orders.unlink()
    fails(run("job", "run", JOB), 3, "LK-5022")


def test_help_and_version_go_to_standard_output(run: Run) -> None:
    assert "Commands:" in printed(run("--help"))
    assert "lakehouse job run" in printed(run("help", "job", "run"))
    assert printed(run("--version")).strip() == printed(run("version")).split()[1]


def test_sql_takes_duckdbs_spellings(run: Run) -> None:
    assert printed(run("-csv", "-c", "SELECT 1 AS a")) == "a\n1\n"
    assert printed(run("sql", "SELECT 2 AS a", "-json")) == '[\n {"a":2}\n]\n'
    assert printed(run("sql", "-markdown", "-bail", "-c", "SELECT 3 AS a")).startswith("|")
    fails(run("-readonly", "-c", "CREATE TABLE main.t (i INT)"), 4, "LK-9012")


def test_a_syntax_error_shows_its_place(run: Run) -> None:
    seen = fails(run("sql", "-c", "SELECT 1;\nSELECT 2 FRO x y z"), 1, "LK-4001")
    lines = seen.splitlines()
    at = next(i for i, line in enumerate(lines) if line.strip() == "^")
    assert "SELECT 2 FRO x" in lines[at - 1]
    assert lines[at].index("^") == lines[at - 1].index("x y z")


def test_a_run_can_be_read_by_programs(run: Run, orders: Path) -> None:
    again = run("ingest", str(orders), "--into", "bronze.orders", "-o", "json")
    (row,) = json.loads(printed(again))
    assert row["state"] == "succeeded" and row["rows"] == 0 and row["files_skipped"] == 1
    shown = json.loads(printed(run("job", "show", JOB)))
    assert shown["target"] == "bronze.orders" and shown["source_type"] == "csv"
