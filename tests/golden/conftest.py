"""What the tests of other writers' tables share: a lakehouse that may read them in their places."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import data_lakehouse as dl
from data_lakehouse.config import LakehouseConfig


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[dl.Lakehouse]:
    """Open a lakehouse that may read what lies in the test's folder."""
    settings = {"storage.data_root": tmp_path / "lake", "storage.allowed_locations": tmp_path}
    with dl.connect(LakehouseConfig(settings=settings)) as opened:
        yield opened
