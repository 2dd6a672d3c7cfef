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
#: What Spark reads: the table's place, and columns and rows by version.
Read = tuple[Path, dict[int, tuple[list[str], Rows]]]


def make(spark: Spark, case: Case, place: Path) -> Read:
    """Let Spark make the table and read every version."""
    for statement in case.spark:
        spark.run(statement.replace("{t}", f"delta.`{place}`"))
    found = {}
    for group in versions_of_same_columns(place):
        for version, rows in spark.read_versions(place, group).items():
            found[version] = (rows.column_names, rows_of(rows, rows.column_names))
    return place, found


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the tables."""
    return tmp_path_factory.mktemp("spark")


@pytest.fixture(scope="module")
def tables(root: Path, spark: Spark, pool: ThreadPoolExecutor) -> dict[str, Future[Read]]:
    """Let Spark make all tables."""

    def begin(case: Case) -> Read:
        return spark.attempt(lambda attempt: make(spark, case, root / f"{case.name}_{attempt}"))

    return {case.name: pool.submit(begin, case) for case in MADE_THERE}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", MADE_THERE, ids=lambda case: case.name)
def test_every_version_is_read(
    case: Case, tables: dict[str, Future[Read]], lake: dl.Lakehouse, record: Record
) -> None:
    place, versions = tables[case.name].result()
    for version, (columns, rows) in versions.items():
        found = lake.sql(f"SELECT * FROM delta.`{place}` VERSION AS OF {version}").to_arrow()
        wrong = differences(rows_of(found, columns), rows)
        assert not wrong, f"version {version}: {wrong}"
    record.note("read", case.name, case.feature, "spark", EQUAL)


@pytest.mark.timeout(600)
def test_the_change_feed_of_spark_is_read(
    tables: dict[str, Future[Read]], lake: dl.Lakehouse, spark: Spark
) -> None:
    place, versions = tables["everything"].result()
    for begin, end in ((0, max(versions)), (2, 3)):
        theirs = spark.attempt(lambda _, begin=begin, end=end: spark.changes(place, begin, end))
        theirs = theirs.drop_columns(["_commit_timestamp"])
        feed = f"table_changes('delta.`{place}`', {begin}, {end})"
        ours = lake.sql(f"SELECT * EXCLUDE _commit_timestamp FROM {feed}").to_arrow()
        assert ours.num_rows > 0
        columns = theirs.column_names
        assert not differences(rows_of(ours, columns), rows_of(theirs, columns))
