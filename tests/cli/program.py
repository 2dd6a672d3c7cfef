"""The built program, for the tests of this folder."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / "build" / "bin" / "lakehouse"
Run = Callable[..., subprocess.CompletedProcess[bytes]]


def fails(result: subprocess.CompletedProcess[bytes], exit_code: int, code: str) -> str:
    """Check exit code and error code; return what was said."""
    said = result.stderr.decode()
    assert result.returncode == exit_code, said
    assert f"error {code}:" in said
    return said


def said(result: subprocess.CompletedProcess[bytes]) -> str:
    """Check that it went well; return what was written on standard error."""
    assert result.returncode == 0, result.stderr.decode()
    return result.stderr.decode()


def printed(result: subprocess.CompletedProcess[bytes]) -> str:
    """Check that it went well; return what was written on standard output."""
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout.decode()
