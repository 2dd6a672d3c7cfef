"""The pages show what the program does: their commands run, the generated ones are as generated."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import check_reference  # noqa: E402
import console  # noqa: E402


def check(page: str, folder: Path, **variables: str) -> None:
    """Run the console blocks of a page and compare."""
    steps = console.steps_of((ROOT / page).read_text(encoding="utf-8"))
    assert steps
    console.run(steps, folder, variables)
    for step in steps:
        shown = "\n".join(step.printed)
        assert step.matches(), f"{page}:{step.line}: $ {step.command}\n{shown}"


@pytest.fixture
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Start a PostgreSQL server with the database shop."""
    place = ROOT / "tests" / "python" / "conftest.py"
    spec = importlib.util.spec_from_file_location("package_conftest", place)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = Path(tempfile.mkdtemp(prefix="lakehouse-postgres-"))
    server = module.PostgresServer(folder)
    server.execute("CREATE DATABASE shop")
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


def test_the_tour_of_the_readme(tmp_path: Path) -> None:
    demo = [str(ROOT / "dev"), "demo", "--no-build", "--quiet"]
    data_root = tmp_path / "lakehouse-data"
    subprocess.run([*demo, "--data-root", str(data_root)], check=True, capture_output=True)
    check("README.md", tmp_path)


def test_getting_started(tmp_path: Path) -> None:
    check("docs/getting-started.md", tmp_path)


def test_ingestion(tmp_path: Path, postgres: Any) -> None:
    check("docs/ingestion.md", tmp_path, PGPORT=str(postgres.port), PGPASSWORD="password")


def test_the_reference_is_as_generated() -> None:
    assert check_reference.stale_pages() == []


def test_links_lead_somewhere() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    broken = []
    for name in listed.stdout.split():
        text = re.sub(r"```.*?```", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            path = target.split("#")[0]
            if "://" in target or not path:
                continue
            if not os.path.exists((ROOT / name).parent / path):
                broken.append(f"{name}: {target}")
    assert broken == []


def test_a_difference_is_found_and_can_be_written(tmp_path: Path) -> None:
    page = "Text\n```console\n$ echo one; echo two\none\nthree\n$ echo four\nfour\n```\n"
    steps = console.steps_of(page)
    console.run(steps, tmp_path, {})
    assert [step.matches() for step in steps] == [False, True]
    assert console.rewritten(page, steps) == page.replace("three", "two")


def test_dots_stand_for_any_lines(tmp_path: Path) -> None:
    steps = console.steps_of("```console\n$ seq 5\n1\n...\n5\n```\n")
    console.run(steps, tmp_path, {})
    assert steps[0].matches()
