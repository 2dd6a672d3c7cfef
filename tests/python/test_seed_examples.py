"""The promised examples run as written, on a real PostgreSQL; only import lines are added."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import deltalake
import pyarrow as pa
import pytest
from conftest import ROOT, PostgresServer, Script
from documents import python_blocks

GUIDE = ROOT / "docs" / "python.md"
SEED = Path(__file__).with_name("seed_examples.md")
PLACE = Path("/data/bronze/customer_data")

GOLD = """
import data_lakehouse as dl
lakehouse = dl.connect()
lakehouse.sql("CREATE SCHEMA IF NOT EXISTS gold")
lakehouse.sql(\"\"\"
    CREATE TABLE gold.customer_features AS
    SELECT customer_id, total AS total_spent,
           CASE WHEN total > 1000 THEN 'premium' ELSE 'standard' END AS customer_segment,
           DATE '2022-12-30' + CAST(customer_id AS INTEGER) AS last_order_date
    FROM (SELECT range AS customer_id, range * 100.0 AS total FROM range(20))
\"\"\")
"""


def added_lines(heading: str) -> list[str]:
    """Return the lines of the guide's example that the promised one does not have."""
    (shown,) = python_blocks(GUIDE, heading)
    (promised,) = python_blocks(SEED, heading)
    assert shown.endswith(promised)
    return shown.removesuffix(promised).splitlines()


@pytest.fixture
def place() -> Iterator[Path]:
    """Give the test the path that the example names; what was there comes back."""
    kept = PLACE.with_name(f".{PLACE.name}.{os.getpid()}")
    made = [folder for folder in (PLACE.parent, PLACE.parent.parent) if not folder.exists()]
    try:
        PLACE.parent.mkdir(parents=True, exist_ok=True)
    except PermissionError:
        pytest.skip("this user may not write /data")
    if PLACE.exists():
        PLACE.rename(kept)
    yield PLACE
    shutil.rmtree(PLACE, ignore_errors=True)
    if kept.exists():
        kept.rename(PLACE)
    for folder in made:
        folder.rmdir()


def test_only_imports_are_added() -> None:
    assert added_lines("Data Ingestion") == ["from data_lakehouse import SparkSession"]
    assert added_lines("Query Execution") == []


def test_the_examples_run_as_written(
    postgres: PostgresServer, place: Path, run_python: Script
) -> None:
    assert run_python(GOLD).stderr == ""
    (ingestion,) = python_blocks(GUIDE, "Data ingestion")
    (query,) = python_blocks(GUIDE, "Query execution")
    show = "\nprint(result.data.to_pylist())\n"
    done = run_python(ingestion + query + show, PGPORT=str(postgres.port))
    assert done.returncode == 0, done.stderr
    took, used, rows = done.stdout.splitlines()
    assert re.fullmatch(r"Query executed in [0-9.]+ms", took)
    assert used == "Used engine: duckdb"
    assert rows == (
        "[{'customer_segment': 'premium', 'customers': 9, 'avg_spent': 1500.0},"
        " {'customer_segment': 'standard', 'customers': 9, 'avg_spent': 600.0}]"
    )
    table = deltalake.DeltaTable(str(place)).to_pyarrow_table().sort_by("customer_id")
    assert table.num_rows == 5001
    assert table.schema.field("balance").type == pa.decimal128(12, 2)
    first = table.slice(1, 1).to_pylist()[0]
    assert first["name"] == "customer 1" and str(first["balance"]) == "1.25"
    assert first["tags"] == ["a", "b 1"] and str(first["seen"]) == "2023-01-01 08:01:00+00:00"


def test_the_example_runs_a_second_time(
    postgres: PostgresServer, place: Path, run_python: Script
) -> None:
    (example,) = python_blocks(GUIDE, "Data ingestion")
    count = "\nprint(spark.table('bronze.customer_data').count())\n"
    for _ in range(2):
        done = run_python(example + count, PGPORT=str(postgres.port))
        assert (done.returncode, done.stdout) == (0, "5001\n"), done.stderr


def test_a_wrong_password_is_an_exception(
    postgres: PostgresServer, place: Path, run_python: Script
) -> None:
    (example,) = python_blocks(GUIDE, "Data ingestion")
    wrong = example.replace('"password": "password"', '"password": "wrong"')
    done = run_python(wrong, PGPORT=str(postgres.port))
    assert done.returncode == 1
    assert "UnauthenticatedError: LK-5021" in done.stderr  # the cause
    assert "JobFailedError: LK-5021" in done.stderr
    assert "wrong" not in done.stderr.replace("password authentication", "")
    assert not place.exists()
