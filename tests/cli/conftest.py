"""What the tests of the program share."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from program import BINARY, Run


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """Return the data root of this test; it is not there yet."""
    return tmp_path / "lake"


@pytest.fixture
def run(tmp_path: Path, lake: Path) -> Run:
    """Return a function that runs the program on the data root of this test."""

    def call(
        *arguments: str, stdin: bytes = b"", variables: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(BINARY), "--data-root", str(lake), *arguments],
            input=stdin,
            capture_output=True,
            timeout=120,
            cwd=tmp_path,
            check=False,
            env=dict(os.environ, **(variables or {})),
        )

    return call


@pytest.fixture
def orders(tmp_path: Path, run: Run) -> Path:
    """Load a small CSV file into bronze.orders; return the file."""
    file = tmp_path / "orders.csv"
    file.write_text('id,name,amount\n1,ann,3.5\n2,bob,4\n3,"c, d",7\n')
    assert run("ingest", str(file), "--into", "bronze.orders").returncode == 0
    return file
