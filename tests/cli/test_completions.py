"""Completion in the shells themselves: bash, fish and zsh ask the program."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from program import BINARY, Run, printed


def in_shell(*command: str, script: str) -> list[str]:
    """Run a shell with the program on its path; return the lines that it printed."""
    path = f"{BINARY.parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [*command, script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=dict(os.environ, PATH=path, HOME="/nonexistent"),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def bash(line: str) -> list[str]:
    """Return what bash offers for the words of ``line``."""
    script = (
        "source <(lakehouse completions bash)\n"
        f"COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}\n"
        '_lakehouse; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    return in_shell("bash", "--norc", "-c", script=script)


def fish(line: str) -> list[str]:
    """Return what fish offers."""
    script = f"lakehouse completions fish | source; complete -C '{line}'"
    return [offer.split("\t")[0] for offer in in_shell("fish", "-N", "-c", script=script)]


@pytest.mark.parametrize("shell", [bash, fish], ids=["bash", "fish"])
def test_commands_options_and_names_are_offered(
    shell: object, run: Run, orders: Path, lake: Path
) -> None:
    assert callable(shell)
    assert {"sql", "table", "job", "doctor"} <= set(shell("lakehouse "))
    assert shell("lakehouse table sh") == ["show"]
    assert "reference" not in shell("lakehouse re")
    assert set(shell("lakehouse sql -o j")) == {"json", "jsonl"}
    assert "--dry-run" in shell("lakehouse ingest --d")
    assert shell("lakehouse --environment prod") == ["production"]
    assert "query.threads=" in shell("lakehouse --set query.th")
    assert shell(f"lakehouse --data-root {lake} table show br") == ["bronze.orders"]
    assert shell(f"lakehouse --data-root {lake} job run csv") == ["csv_to_bronze_orders"]
    assert "LK-2012" in shell("lakehouse explain LK-20")


def test_file_names_are_offered_where_files_are_wanted(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").touch()
    assert bash(f"lakehouse ingest {tmp_path}/ord") == [f"{tmp_path}/orders.csv"]
    assert fish(f"lakehouse ingest {tmp_path}/ord") == [f"{tmp_path}/orders.csv"]


def test_values_behind_an_equals_sign_are_offered() -> None:
    assert set(bash("lakehouse sql --output=j")) == {"json", "jsonl"}


def test_zsh_takes_the_script() -> None:
    script = (
        "autoload -Uz compinit && compinit -D -u\n"
        "source <(lakehouse completions zsh)\n"
        'words=(lakehouse table sh); CURRENT=3; _describe() { print -l -- "${(@P)2}" }\n'
        "_lakehouse"
    )
    assert in_shell("zsh", "-f", "-c", script=script) == ["show:one table: version, size, columns"]


def test_completion_makes_no_lakehouse(run: Run, lake: Path) -> None:
    assert bash(f"lakehouse --data-root {lake} table show ") == [""]
    assert not lake.exists()
    assert printed(run("completions", "bash")).startswith("# bash completion")
