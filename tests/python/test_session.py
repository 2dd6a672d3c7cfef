"""Statements, frames, tables, the catalog and the embedded SparkSession."""

import datetime
import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import data_lakehouse as dl
from data_lakehouse.config import LakehouseConfig
from data_lakehouse.errors import (
    InvalidArgumentError,
    NotFoundError,
    UnsupportedError,
)
from data_lakehouse.query import QueryEngine, QueryEngineManager


@pytest.fixture
def flights(lakehouse: dl.Lakehouse) -> dl.Lakehouse:
    """Fill bronze.flights in two commits."""
    lakehouse.sql("CREATE SCHEMA IF NOT EXISTS bronze")
    lakehouse.sql("CREATE TABLE bronze.flights (id BIGINT, carrier VARCHAR, day DATE)")
    values = "(1, 'UA', DATE '2013-01-01'), (2, 'AA', NULL)"
    assert lakehouse.sql(f"INSERT INTO bronze.flights VALUES {values}").affected_rows == 2
    lakehouse.sql("INSERT INTO bronze.flights VALUES (3, 'UA', DATE '2013-01-02')")
    return lakehouse


def test_a_query_runs_with_every_action(flights: dl.Lakehouse) -> None:
    frame = flights.sql("SELECT count(*) AS n FROM bronze.flights")
    assert frame.first() == (3,)
    flights.sql("INSERT INTO bronze.flights VALUES (4, 'B6', NULL)")
    assert frame.collect()[0].n == 4 and frame.count() == 1


def test_a_change_runs_once(flights: dl.Lakehouse) -> None:
    frame = flights.sql("INSERT INTO bronze.flights VALUES (5, 'DL', NULL)")
    assert frame.collect() == frame.collect() == [(1,)]
    assert flights.table("bronze.flights").count() == 4


def test_rows_have_names_and_places(flights: dl.Lakehouse) -> None:
    row = flights.sql("SELECT id, carrier FROM bronze.flights ORDER BY id").head(1)[0]
    assert (row.carrier, row["carrier"], row[1]) == ("UA", "UA", "UA")
    assert row.asDict() == {"id": 1, "carrier": "UA"}
    assert repr(row) == "Row(id=1, carrier='UA')"
    assert pickle.loads(pickle.dumps(row)).carrier == "UA"
    with pytest.raises(KeyError):
        row["nothing"]
    with pytest.raises(AttributeError):
        _ = row.nothing


def test_equal_column_names_are_all_there(lakehouse: dl.Lakehouse) -> None:
    assert lakehouse.sql("SELECT 1 AS a, 2 AS a").collect() == [(1, 2)]


def test_more_frames_than_running_statements(lakehouse: dl.Lakehouse) -> None:
    frames = [lakehouse.sql(f"SELECT {number} AS n") for number in range(20)]
    assert [frame.collect()[0].n for frame in frames] == list(range(20))


def test_limits(flights: dl.Lakehouse, capsys: pytest.CaptureFixture[str]) -> None:
    frame = flights.sql("SELECT id FROM bronze.flights ORDER BY id")
    assert frame.limit(2).count() == 2 and frame.limit(2).limit(5).count() == 2
    assert frame.limit(0).collect() == [] and frame.limit(0).first() is None
    assert [row.id for row in frame.limit(2)] == [1, 2]
    frame.show(1)
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["+----+", "| id |", "+----+", "| 1  |", "+----+", "only the first 1 rows"]


def test_a_limit_reads_only_what_it_needs(lakehouse: dl.Lakehouse) -> None:
    endless = lakehouse.sql("SELECT range AS n FROM range(1000000000000)")
    assert [row.n for row in endless.head(3)] == [0, 1, 2]


def test_columns_are_known_before_the_query_runs(flights: dl.Lakehouse) -> None:
    frame = flights.sql("SELECT id, day FROM bronze.flights WHERE error('not run') IS NULL")
    assert frame.limit(1).columns == frame.columns == ["id", "day"]
    assert frame.dtypes == [("id", "int64"), ("day", "date32[day]")]
    assert flights.sql("SELECT ? AS x", ["text"]).dtypes == [("x", "string")]


def test_wrong_statements_fail_at_once(flights: dl.Lakehouse) -> None:
    for sql, code in [("SELEC 1", "LK-4001"), ("SELECT ida FROM bronze.flights", "LK-4002")]:
        with pytest.raises(InvalidArgumentError) as raised:
            flights.sql(sql)
        assert raised.value.code == code


def test_parameters_keep_their_type(lakehouse: dl.Lakehouse) -> None:
    utc = datetime.UTC
    given = [
        None,
        True,
        2**62,
        2**70,
        0.5,
        "it's",
        b"\x00\xff",
        datetime.date(1969, 12, 31),
        datetime.datetime(2024, 1, 31, 10, 0, 0, 5),
        datetime.datetime(2024, 1, 31, 10, tzinfo=utc),
        Decimal("-12.50"),
    ]
    marks = ", ".join(f"? AS c{number}" for number in range(len(given)))
    row = lakehouse.sql(f"SELECT {marks}", given).first()
    assert row is not None
    assert list(row) == given
    types = lakehouse.sql("SELECT typeof(?), typeof(?)", [np.int32(1), np.float32(1)]).first()
    assert types == ("BIGINT", "DOUBLE")
    later = lakehouse.sql("SELECT DATE '2024-01-01' < ?", [datetime.date(2024, 5, 1)])
    assert later.first() == (True,)
    wrongs: list[Any] = [[object()], [[1]], "text", {"a": 1}, [Decimal("NaN")]]
    for wrong in wrongs:
        with pytest.raises(InvalidArgumentError) as raised:
            lakehouse.sql("SELECT ?", wrong)
        assert raised.value.code == "LK-7003"


def test_use_sets_the_schema_of_later_statements(flights: dl.Lakehouse) -> None:
    before = flights.sql("SELECT current_schema() AS s")
    flights.sql("USE bronze")
    assert flights.sql("SELECT count(*) FROM flights").first() == (3,)
    assert flights.table("flights").name == "lake.bronze.flights"
    assert before.first() == ("main",)


def test_the_time_zone_is_that_of_later_statements(lakehouse: dl.Lakehouse) -> None:
    hour = "SELECT hour(TIMESTAMPTZ '2020-07-01 12:00:00+00') AS h"
    before = lakehouse.sql(hour)
    lakehouse.sql("SET TimeZone = 'Asia/Tokyo'")
    assert lakehouse.sql(hour).first() == (21,)
    assert before.first() == (12,)
    lakehouse.sql("RESET TimeZone")
    assert lakehouse.sql(hour).first() == (12,)


def test_a_table_tells_its_state_and_history(flights: dl.Lakehouse) -> None:
    table = flights.table("bronze.flights")
    assert (table.kind, table.version, table.num_files) == ("table", 2, 2)
    assert table.columns == ["id", "carrier", "day"] and table.size_bytes > 0
    history = table.history()
    assert [entry.version for entry in history] == [2, 1, 0]
    assert history[0].timestamp.tzinfo is datetime.UTC and history[0].user_name == "local"
    assert len(table.history(limit=1)) == 1
    assert Path(table.uri.removeprefix("file://")).joinpath("_delta_log").is_dir()


def test_a_table_is_read_at_older_versions(flights: dl.Lakehouse) -> None:
    table = flights.table("bronze.flights")
    assert [table.to_df(version=v).count() for v in (0, 1, 2)] == [0, 2, 3]
    second = table.history()[1].timestamp
    assert table.to_arrow(timestamp=second).num_rows == 2
    assert table.to_arrow(timestamp=second.isoformat(), columns=["id"]).num_columns == 1
    with pytest.raises(NotFoundError) as raised:
        table.to_arrow(version=7)
    assert raised.value.code == "LK-3004"


def test_names_are_quoted(lakehouse: dl.Lakehouse) -> None:
    lakehouse.sql('CREATE TABLE "a.b ""c" AS SELECT 1 AS "x""y", 2 AS z')
    table = lakehouse.table('main."a.b ""c"')
    assert table.to_arrow(columns=['x"y']).column_names == ['x"y']
    assert lakehouse.table('`a.b "c`').count() == 1


def test_a_view_is_read_as_a_table(flights: dl.Lakehouse) -> None:
    flights.sql("CREATE VIEW bronze.united AS SELECT id FROM bronze.flights WHERE carrier = 'UA'")
    view = flights.table("bronze.united")
    assert view.kind == "view" and view.columns == ["id"] and view.count() == 2


def test_the_catalog_lists_what_is_there(flights: dl.Lakehouse) -> None:
    catalog = flights.catalog
    assert catalog.list_catalogs() == ["lake"]
    assert {"bronze", "main"} <= {schema.name for schema in catalog.list_schemas()}
    assert [table.full_name for table in catalog.list_tables()] == ["lake.bronze.flights"]
    assert catalog.table("bronze.flights").count() == 3
    with pytest.raises(NotFoundError) as raised:
        catalog.list_tables("bronz")
    assert raised.value.code == "LK-2011" and "bronze" in raised.value.hint


def test_connect_returns_what_is_open(tmp_path: Path) -> None:
    first = dl.connect(tmp_path / "a")
    assert dl.connect(str(tmp_path / "a")) is first
    assert dl.connect(tmp_path / "b") is not first
    first.close()
    first.close()
    with pytest.raises(UnsupportedError) as raised:
        first.sql("SELECT 1")
    assert raised.value.code == "LK-7001"
    assert dl.connect(tmp_path / "a") is not first


def test_a_lakehouse_goes_to_another_process_by_its_configuration(tmp_path: Path) -> None:
    config = LakehouseConfig(settings={"storage.data_root": tmp_path, "query.threads": 1})
    assert dict(pickle.loads(pickle.dumps(config))) == dict(config)
    with dl.connect(config) as lakehouse:
        assert pickle.loads(pickle.dumps(lakehouse)) is lakehouse  # here it is open already


def test_an_embedded_spark_session(flights: dl.Lakehouse) -> None:
    root = flights.config["storage.data_root"]
    builder = dl.SparkSession.builder.appName("test").master("local[*]")
    with builder.config("lakehouse.storage.data_root", root).getOrCreate() as spark:
        assert dl.SparkSession.builder.getOrCreate() is spark
        assert spark.sql("SELECT 1 AS one").toPandas()["one"].tolist() == [1]
        assert spark.table("bronze.flights").count() == 3
        assert [found.name for found in spark.catalog.list_tables("bronze")] == ["flights"]
        assert spark.read.option("versionAsOf", 1).table("bronze.flights").count() == 2
        with pytest.raises(UnsupportedError) as raised:
            spark.read.format("orc")
        assert raised.value.code == "LK-7005"
        with pytest.raises(UnsupportedError):
            spark.read.option("mergeSchema", True)
    assert dl.SparkSession.getActiveSession() is None


def test_services_follow_the_configuration(tmp_path: Path) -> None:
    config = LakehouseConfig(settings={"storage.data_root": tmp_path / "own"})
    other_session = object()  # a session of PySpark says nothing about the lakehouse
    manager = QueryEngineManager(other_session, config.get_service_config("query"))
    manager.execute_query("CREATE TABLE t AS SELECT 1 AS a")
    assert dl.connect(config).table("t").count() == 1
    spark = dl.SparkSession.builder.config("lakehouse.storage.data_root", tmp_path).getOrCreate()
    with spark, pytest.raises(InvalidArgumentError) as raised:
        QueryEngineManager(spark, config.get_service_config("query"))
    assert raised.value.code == "LK-7006"
    dl.connect(config).close()


def test_a_query_result_tells_how_it_came_about(flights: dl.Lakehouse) -> None:
    manager = QueryEngineManager(lakehouse=flights)
    result = manager.execute_query(
        "SELECT carrier FROM bronze.flights WHERE id = ?", user="analyst", parameters=[3]
    )
    assert result.data.to_pylist() == [{"carrier": "UA"}] and result.row_count == 1
    assert (result.engine_used, result.files_total, result.files_read) == ("duckdb", 2, 1)
    assert result.execution_time_ms > 0 and result.to_polars().height == 1
    with pytest.raises(InvalidArgumentError) as raised:
        manager.execute_query("SELECT 1", engine="duckdb")  # type: ignore[arg-type]
    assert raised.value.code == "LK-7007"
    assert manager.execute_query("SELECT 1", engine=QueryEngine.DUCKDB).row_count == 1


def test_statements_in_the_spelling_of_spark(flights: dl.Lakehouse, tmp_path: Path) -> None:
    flights.sql(
        "CREATE TABLE bronze.typed (id BIGINT, day DATE) USING DELTA PARTITIONED BY (day)"
        " TBLPROPERTIES ('owner' = 'us') COMMENT 'as in Spark'"
    )
    typed = flights.table("bronze.typed")
    assert typed.partition_columns == ["day"] and typed.comment == "as in Spark"
    assert typed.properties["owner"] == "us"
    frame = flights.sql("SELECT * FROM `bronze`.`flights` VERSION AS OF 1")
    assert frame.count() == 2
    history = flights.sql("DESCRIBE HISTORY bronze.flights")
    assert history.columns[0] == "version" and [row.version for row in history] == [2, 1, 0]
    assert flights.sql("SHOW TABLES IN bronze").count() == 2
    assert flights.sql("DESCRIBE DETAIL bronze.flights").count() == 1
    result = QueryEngineManager(lakehouse=flights).execute_query("DESCRIBE bronze.flights")
    assert result.row_count >= 3
    place = tmp_path / "lake" / "placed"
    flights.sql(f"CREATE TABLE bronze.placed (id BIGINT) USING DELTA LOCATION '{place}'")
    assert flights.table("bronze.placed").uri.endswith("/placed")
    flights.sql("DROP TABLE bronze.placed")
    with pytest.raises(NotFoundError):
        flights.table("bronze.placed")
