"""What the tests of the package share: a lakehouse of their own, a PostgreSQL server."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import data_lakehouse as dl
from data_lakehouse.config import LakehouseConfig

ROOT = Path(__file__).resolve().parents[2]
# Another environment, in which the wheel is installed, runs the scripts when this names one.
INSTALLED = os.environ.get("LAKEHOUSE_TEST_PYTHON", "")
PYTHON = INSTALLED or sys.executable


@pytest.fixture
def lakehouse(tmp_path: Path) -> Iterator[dl.Lakehouse]:
    """Open a lakehouse in a folder of its own."""
    with dl.connect(LakehouseConfig(settings={"storage.data_root": tmp_path / "lake"})) as opened:
        yield opened


Script = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run_python(tmp_path: Path) -> Script:
    """Return a function that runs a script as its own process in the test's folder."""

    def run(script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("LAKEHOUSE_")}
        own = "" if INSTALLED else str(ROOT)
        path = os.pathsep.join(filter(None, [variables.pop("PYTHONPATH", ""), own]))
        environment |= {"PYTHONPATH": path, **variables}
        command = [PYTHON, "-c", script, *arguments]
        if script.startswith("-m"):
            command = [PYTHON, *script.split(), *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
        )

    return run


class PostgresServer:
    """A PostgreSQL of its own on a free loopback port, with user "user", password "password"."""

    binaries = Path("/usr/lib/postgresql/15/bin")

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        (folder / "password").write_text("password\n")
        folder.chmod(0o777)
        self._shell(
            f"{self.binaries}/initdb -D {folder}/data -U user -A scram-sha-256"
            f" --pwfile={folder}/password -E UTF8 --locale=C --no-sync"
        )
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off"
        options += f" -c unix_socket_directories={folder}"
        self._shell(
            f"{self.binaries}/pg_ctl -D {folder}/data -w -t 60 -l {folder}/server.log"
            f" -o '{options}' start"
        )
        self.pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])

    def _shell(self, command: str) -> None:
        """Run ``command``; the server refuses to run as root."""
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        log = self.folder / "commands.log"
        with log.open("a") as out:
            done = subprocess.run([*user, "sh", "-c", command], stdout=out, stderr=out, timeout=120)
        assert done.returncode == 0, log.read_text()

    def execute(self, sql: str, database: str = "postgres") -> None:
        """Run SQL through psql."""
        environment = dict(os.environ, PGPASSWORD="password")
        command = [f"{self.binaries}/psql", "-v", "ON_ERROR_STOP=1", "-q", "-h", "127.0.0.1"]
        command += ["-p", str(self.port), "-U", "user", "-d", database, "-c", sql]
        subprocess.run(command, check=True, env=environment, timeout=60)

    def stop(self) -> None:
        """End the server by its process id."""
        os.kill(self.pid, signal.SIGINT)
        for _ in range(600):
            try:
                os.kill(self.pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.05)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Start a PostgreSQL 15 with the table customer_data in the database production."""
    if not (PostgresServer.binaries / "initdb").exists():
        pytest.fail("PostgreSQL 15 is missing: ./dev setup installs it")
    folder = Path(tempfile.mkdtemp(prefix="lakehouse-postgres-"))
    server = PostgresServer(folder)
    server.execute("CREATE DATABASE production")
    server.execute(
        "CREATE TABLE customer_data (customer_id bigint PRIMARY KEY, name text NOT NULL,"
        " balance numeric(12, 2), born date, seen timestamptz, tags text[]);"
        "INSERT INTO customer_data"
        " SELECT i, 'customer ' || i, i * 1.25, date '1950-01-01' + i::int,"
        " timestamptz '2023-01-01 10:00+02' + i * interval '1 minute', ARRAY['a', 'b ' || i]"
        " FROM generate_series(1, 5000) AS i;"
        "INSERT INTO customer_data VALUES (0, 'nobody', NULL, NULL, NULL, NULL)",
        "production",
    )
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)
