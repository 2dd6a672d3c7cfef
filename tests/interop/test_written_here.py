"""Tables that our SQL writes are read row-equal by Spark, delta-rs and DuckDB, at every version."""

from __future__ import annotations

import os
import re
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pytest
from cases import CASES, Case
from readers import OTHERS, CannotRead, Rows, differences, rows_of
from record import CANNOT, EQUAL, Record, known
from spark import Spark

import data_lakehouse as dl

MADE_HERE = [case for case in CASES if case.ours]
#: DuckDB's extension reads partition columns whose names are mapped as null.
READ_WRONG = {("duckdb", "mapped_by_id"), ("duckdb", "everything")}


@dataclass
class Table:
    """A table that was written: its place, columns and rows of every version."""

    place: Path
    columns: dict[int, list[str]] = field(default_factory=dict)
    rows: dict[int, Rows] = field(default_factory=dict)
    by_spark: list[Future[dict[int, pa.Table]]] = field(default_factory=list)


def place_of(lake: dl.Lakehouse, name: str) -> Path:
    """Return the folder of a table."""
    return Path(lake.table(name).uri.removeprefix("file://"))


def versions_of(place: Path) -> list[int]:
    """Return the versions that have a commit file."""
    names = os.listdir(place / "_delta_log")
    return sorted(int(name[:20]) for name in names if re.fullmatch(r"\d{20}\.json", name))


def write(lake: dl.Lakehouse, case: Case) -> Table:
    """Run the statements of a case and read every version ourselves."""
    name = f"d.{case.name}"
    for statement in case.ours:
        lake.sql(statement.replace("{t}", name))
    table = Table(place_of(lake, name))
    for version in versions_of(table.place):
        found = lake.sql(f"SELECT * FROM {name} VERSION AS OF {version}").to_arrow()
        table.columns[version] = found.column_names
        table.rows[version] = rows_of(found, found.column_names)
    return table


def versions_of_same_columns(place: Path) -> list[list[int]]:
    """Return the versions in groups between changes of the metadata."""
    groups: list[list[int]] = []
    for version in versions_of(place):
        text = (place / "_delta_log" / f"{version:020}.json").read_text(encoding="utf-8")
        if groups and '{"metaData":' not in text:
            groups[-1].append(version)
        else:
            groups.append([version])
    return groups


@pytest.fixture(scope="module")
def tables(lake: dl.Lakehouse, spark: Spark, pool: ThreadPoolExecutor) -> dict[str, Table]:
    """Write all tables; Spark begins to read them."""
    written = {}
    for case in MADE_HERE:
        table = written[case.name] = write(lake, case)
        for group in versions_of_same_columns(table.place):
            table.by_spark.append(pool.submit(read_versions, spark, table.place, group))
    return written


def read_versions(spark: Spark, place: Path, group: list[int]) -> dict[int, pa.Table]:
    """Let Spark read some versions."""
    return spark.attempt(lambda _: spark.read_versions(place, group))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", MADE_HERE, ids=lambda case: case.name)
def test_spark_reads_every_version(case: Case, tables: dict[str, Table], record: Record) -> None:
    table = tables[case.name]
    for future in table.by_spark:
        for version, found in future.result().items():
            wrong = differences(table.rows[version], rows_of(found, table.columns[version]))
            assert not wrong, f"version {version}: {wrong}"
    record.note("written", case.name, case.feature, "spark", EQUAL)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("reader", OTHERS)
@pytest.mark.parametrize("case", MADE_HERE, ids=lambda case: case.name)
def test_others_read_every_version(
    case: Case, reader: str, tables: dict[str, Table], record: Record
) -> None:
    """What a reader cannot read is noted; what it reads must be equal."""
    table = tables[case.name]
    outcome = EQUAL
    for version, rows in table.rows.items():
        try:
            found = OTHERS[reader](table.place, version)
        except CannotRead:
            outcome = CANNOT
            continue
        wrong = differences(rows, rows_of(found, table.columns[version]))
        if wrong and (reader, case.name) in READ_WRONG:
            outcome = CANNOT
            continue
        assert not wrong, f"version {version}: {wrong}"
    record.note("written", case.name, case.feature, reader, outcome)
    if known()["written"].get(case.name, {}).get(reader) == EQUAL:
        assert outcome == EQUAL, "results.json says that this reader could read the table"
