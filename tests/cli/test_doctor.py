"""``lakehouse doctor``: one finding for each thing that users get wrong."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
from pathlib import Path

from program import BINARY, Run

CHECKS = {
    "free disk",
    "clock",
    "memory and CPUs",
    "open files",
    "port",
    "server exposure",
    "secrets",
    "file system",
    "fsync",
    "put-if-absent",
    "temporary files",
    "file rights",
    "metadata store",
    "engine",
    "locks and runs",
    "tables",
}
Findings = dict[str, list[dict[str, str]]]


def examine(run: Run, *options: str, exit_code: int | None = None) -> Findings:
    """Run the doctor; return its findings by check."""
    done = run(*options, "--set", "server.port=0", "doctor", "--json")
    findings: Findings = {}
    for finding in json.loads(done.stdout):
        findings.setdefault(finding["check"], []).append(finding)
    problems = any(f["state"] == "problem" for found in findings.values() for f in found)
    assert done.returncode == (1 if problems else 0), done.stderr
    if exit_code is not None:
        assert done.returncode == exit_code, findings
    return findings


def state(findings: Findings, check: str) -> str:
    """Return the worst state of a check; a bad one has a hint."""
    states = [finding["state"] for finding in findings[check]]
    assert all(f["hint"] for f in findings[check] if f["state"] != "ok")
    return max(states, key=["ok", "warning", "problem"].index)


def test_a_new_machine_is_looked_at_and_nothing_is_made(run: Run, lake: Path) -> None:
    findings = examine(run)
    assert state(findings, "data root") == "ok"
    assert not lake.exists()


def test_a_sound_lakehouse_has_no_problem(run: Run, orders: Path, lake: Path) -> None:

    def names() -> list[str]:
        # The engine makes its folder for spilling; SQLite has files while it is open.
        own = ("metadata.db", "spill")
        return sorted(p.name for p in lake.rglob("*") if not p.name.startswith(own))

    before = names()
    findings = examine(run, exit_code=0)
    assert set(findings) == CHECKS
    for check in ("put-if-absent", "file rights", "metadata store", "engine", "tables", "secrets"):
        assert state(findings, check) == "ok", findings[check]
    assert state(findings, "port") == "ok"
    assert names() == before


def test_lines_are_for_people(run: Run, orders: Path) -> None:
    done = run("--set", "server.port=0", "doctor")
    lines = [line for line in done.stdout.decode().splitlines() if not line.startswith(" ")]
    assert len(lines) == len(CHECKS)
    assert all(line.split()[0] in ("ok", "warning", "problem") for line in lines)


def test_a_port_that_is_taken_is_found(run: Run, orders: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = run("--set", f"server.port={port}", "doctor", "--json")
    findings = {f["check"]: f["state"] for f in json.loads(done.stdout)}
    assert findings["port"] == "warning"


def test_an_open_server_is_a_problem(run: Run) -> None:
    findings = examine(run, "--set", "server.host=0.0.0.0", exit_code=1)
    assert state(findings, "server exposure") == "problem"


def test_limits_that_do_not_fit_are_found(run: Run) -> None:
    assert state(examine(run, "--set", "query.memory_limit=900TiB"), "memory and CPUs") == "problem"
    assert state(examine(run, "--set", "query.threads=1024"), "memory and CPUs") == "warning"


def test_default_passwords_and_open_files_are_found(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "lakehouse.yml"
    file.write_text("ml:\n  mlflow_tracking_uri: http://admin:admin123@localhost:5000\n")
    file.chmod(0o644)
    findings = examine(run, "--config", str(file), exit_code=1)
    assert {f["state"] for f in findings["secrets"]} == {"problem", "warning"}
    assert "admin123" not in json.dumps(findings)


def test_rights_that_are_too_wide_are_found(run: Run, orders: Path, lake: Path) -> None:
    (lake / "_lakehouse" / "audit.jsonl").chmod(0o644)
    assert state(examine(run, exit_code=1), "file rights") == "problem"


def test_a_damaged_table_is_named(run: Run, orders: Path, lake: Path) -> None:
    (lake / "bronze/orders/_delta_log/00000000000000000000.json").write_text("{ cut")
    findings = examine(run, exit_code=1)
    assert state(findings, "tables") == "problem"
    assert "bronze.orders" in findings["tables"][0]["message"]
    assert "LK-" in findings["tables"][0]["message"]


def test_a_damaged_metadata_store_is_found(run: Run, orders: Path, lake: Path) -> None:
    store = lake / "_lakehouse" / "metadata.db"
    with sqlite3.connect(store) as database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute("UPDATE objects SET schema_id = 999")
    assert state(examine(run, exit_code=1), "metadata store") == "problem"
    for file in store.parent.glob("metadata.db*"):
        file.unlink()
    store.write_bytes(b"this is no database" * 100)
    store.chmod(0o600)
    findings = examine(run, exit_code=1)
    assert "LK-2021" in findings["metadata store"][0]["message"]


def test_what_a_dead_process_left_is_found(run: Run, orders: Path, lake: Path) -> None:
    left = lake / "bronze" / "orders" / ".lakehouse-tmp-0"
    left.write_text("half a file")
    old = time.time() - 7200
    os.utime(left, (old, old))
    (lake / "_lakehouse" / "locks" / "no-such-job.lock").touch(0o600)
    findings = examine(run, exit_code=0)
    assert state(findings, "temporary files") == "warning"
    assert state(findings, "locks and runs") == "warning"


def test_a_run_that_died_is_named(run: Run, lake: Path, tmp_path: Path) -> None:
    rows = "".join(f"{n},text {n}\n" for n in range(3_000_000))
    (tmp_path / "large.csv").write_text("id,text\n" + rows)
    running = subprocess.Popen(
        [str(BINARY), "--data-root", str(lake), "ingest", "large.csv", "--into", "bronze.large"],
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
    )
    locks = lake / "_lakehouse" / "locks"
    while not list(locks.glob("*.lock")) and running.poll() is None:
        time.sleep(0.01)
    time.sleep(0.2)
    running.send_signal(signal.SIGKILL)
    running.wait()
    findings = examine(run, exit_code=0)
    assert state(findings, "locks and runs") == "warning"
    assert "csv_to_bronze_large" in findings["locks and runs"][0]["message"]
