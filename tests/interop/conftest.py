"""What the tests with other engines share: Spark, a lakehouse, and the record of who agreed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from record import Record
from spark import Spark

import data_lakehouse as dl
from data_lakehouse.config import LakehouseConfig

#: Statements on different tables run side by side.
SIDE_BY_SIDE = 4


@pytest.fixture(scope="session")
def spark() -> Iterator[Spark]:
    """Start the one Spark of the session."""
    with tempfile.TemporaryDirectory(prefix="lakehouse-spark-") as folder:
        session = Spark(Path(folder))
        yield session
        session.close()


@pytest.fixture(scope="session")
def pool() -> Iterator[ThreadPoolExecutor]:
    """Give threads for statements on different tables."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        yield threads


@pytest.fixture(scope="session")
def record() -> Iterator[Record]:
    """Collect which reader agreed about which feature."""
    found = Record()
    yield found
    found.write()


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dl.Lakehouse]:
    """Open a lakehouse for the tests of one module."""
    folder = tmp_path_factory.mktemp("lake")
    places = tmp_path_factory.getbasetemp()
    settings = {"storage.data_root": folder / "root", "storage.allowed_locations": places}
    with dl.connect(LakehouseConfig(settings=settings)) as opened:
        opened.sql("SET TimeZone = 'UTC'")
        opened.sql("CREATE SCHEMA d")
        yield opened
