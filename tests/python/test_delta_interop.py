"""Tables that our SQL writes are read by delta-rs and DuckDB, and theirs by us."""

import datetime
import os
from decimal import Decimal
from pathlib import Path

import deltalake
import duckdb
import pyarrow as pa
import pytest

import data_lakehouse as dl

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "lakehouse"
DEPS = Path(os.environ.get("LAKEHOUSE_DEPS_DIR", CACHE))
COLUMNS = (
    "range AS id, range % 3 AS part, CAST(range * 1.25 AS DECIMAL(12, 2)) AS price,"
    " 'name ' || range AS name, DATE '2024-01-01' + CAST(range AS INTEGER) AS day,"
    " TIMESTAMPTZ '2024-01-01 00:00:00+00' + range * INTERVAL '1 second' AS seen,"
    " CASE WHEN range % 2 = 0 THEN NULL ELSE [range, NULL] END AS list"
)


def expected(number: int) -> dict[str, object]:
    """Return row ``number`` of COLUMNS."""
    return {
        "id": number,
        "part": number % 3,
        "price": Decimal(number * 125) / 100,
        "name": f"name {number}",
        "day": datetime.date(2024, 1, 1) + datetime.timedelta(days=number),
        "seen": datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
        + datetime.timedelta(seconds=number),
        "list": None if number % 2 == 0 else [number, None],
    }


@pytest.fixture
def written(lakehouse: dl.Lakehouse) -> dl.Table:
    """Write a table in two commits."""
    lakehouse.sql(f"CREATE TABLE written AS SELECT {COLUMNS} FROM range(60)")
    lakehouse.sql(f"INSERT INTO written SELECT {COLUMNS} FROM range(60, 100)")
    return lakehouse.table("written")


def test_delta_rs_reads_what_sql_wrote(written: dl.Table) -> None:
    table = deltalake.DeltaTable(written.uri)
    rows = table.to_pyarrow_table().sort_by("id").to_pylist()
    assert rows == [expected(number) for number in range(100)]
    assert table.version() == written.version == 1
    assert deltalake.DeltaTable(written.uri, version=0).to_pyarrow_table().num_rows == 60
    assert written.to_arrow(version=0).num_rows == 60


def test_duckdbs_delta_reads_what_sql_wrote(written: dl.Table) -> None:
    connection = duckdb.connect()
    connection.execute(f"LOAD '{DEPS / 'duckdb-extensions-1.5.5' / 'delta.duckdb_extension'}'")
    place = written.uri.removeprefix("file://")
    theirs = connection.execute(f"SELECT * EXCLUDE seen FROM delta_scan('{place}') ORDER BY id")
    rows = theirs.to_arrow_table().to_pylist()
    ours = [{k: v for k, v in expected(number).items() if k != "seen"} for number in range(100)]
    assert rows == ours


def test_delta_rs_appends_and_sql_reads(written: dl.Table) -> None:
    rows = written.to_arrow(version=0)
    deltalake.write_deltalake(written.uri, rows, mode="append")
    assert written.version == 2 and written.count() == 160
    assert written.history()[0].engine_info != written.history()[1].engine_info


def test_a_table_of_delta_rs_is_read_by_name(lakehouse: dl.Lakehouse) -> None:
    place = Path(str(lakehouse.config["storage.data_root"])) / "bronze" / "theirs"
    rows = pa.table(
        {
            "id": pa.array(range(100), pa.int64()),
            "part": pa.array(["a b", "c/d"] * 50),
            "seen": pa.array([datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)] * 100),
        }
    )
    deltalake.write_deltalake(str(place), rows, partition_by=["part"])
    theirs = lakehouse.catalog.register_table("bronze.theirs", place)
    assert theirs.count() == 100 and theirs.partition_columns == ["part"]
    half = lakehouse.sql("SELECT * FROM bronze.theirs WHERE part = 'c/d' ORDER BY id")
    assert half.count() == 50
    assert half.first() == (1, "c/d", datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC))
    lakehouse.sql("INSERT INTO bronze.theirs VALUES (100, 'new', NULL)")
    again = deltalake.DeltaTable(str(place)).to_pyarrow_table(filters=[("part", "=", "new")])
    assert again.column("id").to_pylist() == [100]


def test_a_table_of_delta_rs_is_read_by_place(lakehouse: dl.Lakehouse) -> None:
    place = Path(str(lakehouse.config["storage.data_root"])) / "loose"
    deltalake.write_deltalake(str(place), pa.table({"id": pa.array(range(100), pa.int64())}))
    spark = dl.SparkSession.builder.config(
        "lakehouse.storage.data_root", lakehouse.config["storage.data_root"]
    ).getOrCreate()
    with spark:
        assert spark.read.format("delta").load(place).count() == 100
        deltalake.write_deltalake(str(place), pa.table({"id": [100]}), mode="append")
        old = spark.read.format("delta").option("versionAsOf", 0).load(place)
        assert (old.count(), spark.read.load(place).count()) == (100, 101)
