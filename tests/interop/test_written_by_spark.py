"""Tables and changes of Spark are read row-equal by us, at every version."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from cases import CASES, Case
from readers import Rows, differences, rows_of
from record import EQUAL, Record
from spark import Spark
from test_written_here import versions_of_same_columns

import data_lakehouse as dl

MADE_THERE = [case for case in CASES if case.spark]
#: What Spark reads: columns and rows by version.
Read = dict[int, tuple[list[str], Rows]]


def make(spark: Spark, case: Case, place: Path) -> Read:
    """Let Spark make the table and read every version."""
    for statement in case.spark:
        spark.run(statement.replace("{t}", f"delta.`{place}`"))
    found: Read = {}
    for group in versions_of_same_columns(place):
        for version, rows in spark.read_versions(place, group).items():
            found[version] = (rows.column_names, rows_of(rows, rows.column_names))
    return found


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the tables."""
    return tmp_path_factory.mktemp("spark")


@pytest.fixture(scope="module")
def tables(root: Path, spark: Spark, pool: ThreadPoolExecutor) -> dict[str, Future[Read]]:
    """Let Spark make all tables."""
    return {case.name: pool.submit(make, spark, case, root / case.name) for case in MADE_THERE}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", MADE_THERE, ids=lambda case: case.name)
def test_every_version_is_read(
    case: Case, root: Path, tables: dict[str, Future[Read]], lake: dl.Lakehouse, record: Record
) -> None:
    place = root / case.name
    for version, (columns, rows) in tables[case.name].result().items():
        found = lake.sql(f"SELECT * FROM delta.`{place}` VERSION AS OF {version}").to_arrow()
        wrong = differences(rows_of(found, columns), rows)
        assert not wrong, f"version {version}: {wrong}"
    record.note("read", case.name, case.feature, "spark", EQUAL)


@pytest.mark.timeout(600)
def test_the_change_feed_of_spark_is_read(
    root: Path, tables: dict[str, Future[Read]], lake: dl.Lakehouse, spark: Spark
) -> None:
    versions = list(tables["everything"].result())
    place = root / "everything"
    for begin, end in ((0, versions[-1]), (2, 3)):
        theirs = spark.changes(place, begin, end).drop_columns(["_commit_timestamp"])
        feed = f"table_changes('delta.`{place}`', {begin}, {end})"
        ours = lake.sql(f"SELECT * EXCLUDE _commit_timestamp FROM {feed}").to_arrow()
        assert ours.num_rows > 0
        columns = theirs.column_names
        assert not differences(rows_of(ours, columns), rows_of(theirs, columns))
