"""How long a new process takes: the version, the first answer of a statement."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from measure import CACHE, PROGRAMS, BenchError, Row, Side, in_turns, row_of, run_program, workspace

SUMMARY = "time to `lakehouse version`, to the first answer of SQL; memory of an idle server"
#: The peer's way to the same answer: DuckDB with its extension for Delta tables.
PEER = """
import sys, duckdb
connection = duckdb.connect(config={"allow_unsigned_extensions": True})
connection.load_extension(sys.argv[2])
print(connection.sql(f"SELECT count(*) FROM delta_scan('{sys.argv[1]}')").fetchall())
"""


def run(quick: bool) -> list[Row]:
    """Measure the version alone, and the first answer beside the peer."""
    rounds = 1 if quick else 15
    program = PROGRAMS / "lakehouse"
    version = [run_program("run_once", program, "version") for _ in range(rounds)]
    side = Side([r["ms"] for r in version], [r["peak_mb"] for r in version])
    rows = [Row("startup.version", side.median, None, "ms", "lower", side.peak, None, "< 30 ms")]
    with workspace() as folder:
        rows.append(_first_answer(folder, program, rounds))
        rows += _idle_server(folder, program)
    return rows


def _idle_server(folder: Path, program: Path) -> list[Row]:
    """Return the memory of a server that has answered one statement and waits."""
    words = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    if not any(line.split()[:1] == ["serve"] for line in words.splitlines()):
        return []
    command = [program, "--quiet", "--data-root", folder, "serve", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().split()[-1]
        body = json.dumps({"sql": "SELECT count(*) FROM bench.events"}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{url}/v1/sql", data=body, headers=headers)
        urllib.request.urlopen(request, timeout=60).read()
        time.sleep(2)
        status = Path(f"/proc/{server.pid}/status").read_text(encoding="ascii")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)
    used, peak = (int(status.split(f"{key}:")[1].split()[0]) / 1024 for key in ("VmRSS", "VmHWM"))
    return [Row("startup.idle_server", used, None, "MB", "lower", peak, None, "< 100 MB")]


def _first_answer(folder: Path, program: Path, rounds: int) -> Row:
    from worker import batch

    import data_lakehouse as dl

    with dl.connect(folder) as lake:
        lake.sql("CREATE SCHEMA bench")
        lake.write(batch(1000), "bench.events")
    extension = next(CACHE.glob("duckdb-extensions-*/delta.duckdb_extension"))
    commands = {
        "ours": (
            program,
            "--data-root",
            folder,
            "sql",
            "-c",
            "SELECT count(*) FROM bench.events",
        ),
        "peer": (sys.executable, "-c", PEER, folder / "bench" / "events", extension),
    }

    def one(side: str, number: int) -> tuple[float, float]:
        done = run_program("run_once", *commands[side])
        if done["code"] != 0:
            raise BenchError(f"startup: {side} ended with {done['code']}")
        return done["ms"], done["peak_mb"]

    sides = in_turns(rounds, one)
    return row_of("startup.first_answer", sides, "ms", "lower", "< 200 ms")
