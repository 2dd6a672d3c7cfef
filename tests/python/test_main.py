"""``python -m data_lakehouse.main`` with the options that were promised."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from conftest import ROOT, Script

import data_lakehouse
from data_lakehouse import main, program

MAIN = "-m data_lakehouse.main"


def test_a_template_is_written_and_valid(run_python: Script, tmp_path: Path) -> None:
    file = "config/production.yml"
    made = run_python(MAIN, "--create-config-template", file)
    assert made.returncode == 0 and made.stdout == ""
    text = (tmp_path / file).read_text()
    assert "environment: production" in text and 'data_root: "/var/lib/lakehouse"' in text
    checked = run_python(MAIN, "--config", file, "--validate-config")
    assert checked.returncode == 0, checked.stderr
    again = run_python(MAIN, "--create-config-template", file)
    assert again.returncode == 5 and "LK-7009" in again.stderr
    assert (tmp_path / file).read_text() == text
    assert [path.name for path in (tmp_path / "config").iterdir()] == ["production.yml"]


def test_a_template_is_for_the_environment_that_is_asked_for(
    run_python: Script, tmp_path: Path
) -> None:
    run_python(MAIN, "--create-config-template", "staging.yml")
    run_python(MAIN, "--create-config-template", "x.yml", "--environment", "local")
    assert "environment: staging" in (tmp_path / "staging.yml").read_text()
    assert "environment: local" in (tmp_path / "x.yml").read_text()


def test_wrong_configurations_are_found(run_python: Script, tmp_path: Path) -> None:
    (tmp_path / "wrong.yml").write_text("storage:\n  data_rot: x\n")
    done = run_python(MAIN, "--config", "wrong.yml", "--validate-config")
    assert done.returncode == 1 and "LK-1001" in done.stderr and "wrong.yml:2:3" in done.stderr
    assert run_python(MAIN, "--config", "nothing.yml").returncode == 3
    assert run_python(MAIN, "--environment", "here", "--check").returncode == 1
    assert "LK-7008" in run_python(MAIN, "--set", "x", "--check").stderr
    assert run_python(MAIN, "--unknown").returncode == 2


def test_check_says_what_is_there(run_python: Script, tmp_path: Path) -> None:
    done = run_python(MAIN, "--environment", "local", "--check")
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    place = tmp_path / "lakehouse-data"
    assert first == f"lakehouse {data_lakehouse.__version__} (local) at {place}"
    assert second == "tables: 0, jobs: 0"


def test_the_program_is_found_or_missed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.find() == ROOT / "build" / "bin" / "lakehouse"
    monkeypatch.setattr(program, "__file__", str(tmp_path / "a" / "b" / "program.py"))
    monkeypatch.setenv("PATH", str(tmp_path))
    settings = ["--set", f"storage.data_root={tmp_path / 'lake'}"]
    assert main.main(settings) == 3
    assert "LK-7010" in capsys.readouterr().err


def test_main_runs_the_server_until_ctrl_c(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = tmp_path / "local.yml"
    config.write_text(f"environment: local\nserver:\n  port: {port}\n")
    # The kernel ends it with us, however that comes.
    command = ["setpriv", "--pdeathsig", "KILL", "--", sys.executable]
    command += ["-m", "data_lakehouse.main", "--config", str(config)]
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    with subprocess.Popen(command, cwd=tmp_path, env=environment) as server:
        try:
            for _ in range(600):
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez") as answer:
                        assert answer.status == 200
                    break
                except OSError:
                    assert server.poll() is None
                    time.sleep(0.05)
            server.send_signal(signal.SIGINT)
            assert server.wait(timeout=60) in (0, 130)
        finally:
            server.kill()
