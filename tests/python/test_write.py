"""Rows of other libraries become tables."""

import json
import pathlib
import threading
from collections.abc import Iterator
from decimal import Decimal

import deltalake
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import data_lakehouse as dl
from data_lakehouse import errors
from data_lakehouse.config import LakehouseConfig


def test_every_kind_of_table_is_written(lakehouse: dl.Lakehouse) -> None:
    rows = [{"id": 1, "name": "a"}, {"id": 2, "name": None}]
    sources = [
        rows,
        pa.Table.from_pylist(rows),
        pa.Table.from_pylist(rows).to_reader(),
        pl.DataFrame(rows),
        pd.DataFrame(rows),
        pd.DataFrame(rows, index=["x", "y"]),
        lakehouse.sql("SELECT 1 AS id, 'a' AS name UNION ALL SELECT 2, NULL ORDER BY id"),
    ]
    for number, source in enumerate(sources):
        assert lakehouse.write(source, f"bronze.t{number}") == 1
        assert lakehouse.table(f"bronze.t{number}").to_arrow().to_pylist() == rows
    assert lakehouse.write(rows, "bronze.t0") == 2
    assert deltalake.DeltaTable(lakehouse.table("bronze.t0").uri).to_pyarrow_table().num_rows == 4


def test_modes(lakehouse: dl.Lakehouse) -> None:
    one = [{"a": 1}]
    lakehouse.write(one, "t", mode="error")
    with pytest.raises(errors.AlreadyExistsError) as raised:
        lakehouse.write(one, "t", mode="error")
    assert raised.value.code == "LK-2013"
    assert lakehouse.write(one, "t", mode="ignore") == -1
    lakehouse.write([{"a": 2}, {"a": 3}], "t", mode="append")
    assert lakehouse.table("t").count() == 3
    lakehouse.write([{"a": 9}], "t", mode="overwrite")
    assert lakehouse.table("t").to_arrow()["a"].to_pylist() == [9]
    assert lakehouse.table("t").to_arrow(version=2).num_rows == 3
    with pytest.raises(errors.InvalidArgumentError) as wrong:
        lakehouse.write(one, "t", mode="upsert")
    assert wrong.value.code == "LK-7011"


def test_columns_of_rows_are_added_or_take_over(lakehouse: dl.Lakehouse) -> None:
    lakehouse.write([{"a": 1}], "t")
    assert lakehouse.write([{"a": 2, "b": "x"}], "t", schema_mode="merge") == 2
    assert lakehouse.sql("SELECT * FROM t ORDER BY a").to_arrow().to_pylist() == [
        {"a": 1, "b": None},
        {"a": 2, "b": "x"},
    ]
    assert lakehouse.write([{"c": 3.5}], "t", mode="overwrite", schema_mode="overwrite") == 3
    assert lakehouse.table("t").to_arrow().to_pylist() == [{"c": 3.5}]
    assert lakehouse.table("t").to_arrow(version=2).num_rows == 2
    for mode, schema_mode in (("append", "overwrite"), ("append", "replace")):
        with pytest.raises(errors.InvalidArgumentError) as wrong:
            lakehouse.write([{"c": 1.0}], "t", mode=mode, schema_mode=schema_mode)
        assert wrong.value.code == "LK-7011"


def test_options_of_spark_say_the_same(lakehouse: dl.Lakehouse) -> None:
    lakehouse.write([{"a": 1}], "t")
    more = lakehouse.sql("SELECT 2 AS a, 'x' AS b")
    with pytest.raises(errors.InvalidSchemaError):
        more.write.mode("append").saveAsTable("t")
    more.write.option("mergeSchema", "true").mode("append").saveAsTable("t")
    assert lakehouse.table("t").columns == ["a", "b"]
    other = lakehouse.sql("SELECT 1.5::DOUBLE AS z")
    other.write.option("overwriteSchema", True).mode("overwrite").saveAsTable("t")
    assert lakehouse.table("t").columns == ["z"]
    with pytest.raises(errors.UnsupportedError):
        other.write.option("compression", "zstd")


def test_a_partition_column_does_not_go(lakehouse: dl.Lakehouse) -> None:
    lakehouse.write([{"a": 1, "p": "x"}], "t", partition_by=["p"])
    with pytest.raises(errors.InvalidSchemaError) as raised:
        lakehouse.write([{"a": 1}], "t", mode="overwrite", schema_mode="overwrite")
    assert raised.value.code == "LK-3007"


def test_new_tables_may_be_partitioned(lakehouse: dl.Lakehouse) -> None:
    rows = pa.table({"day": ["a", "b", "a"], "n": [1, 2, 3]})
    lakehouse.write(rows, "t", partition_by=["day"])
    table = lakehouse.table("t")
    assert table.partition_columns == ["day"] and table.num_files == 2
    assert lakehouse.sql("SELECT sum(n) FROM t WHERE day = 'a'").first() == (4,)


def test_what_does_not_fit_leaves_nothing(lakehouse: dl.Lakehouse) -> None:
    lakehouse.sql("CREATE TABLE t (id BIGINT NOT NULL, price DECIMAL(10, 2))")
    lakehouse.write(pa.table({"ID": pa.array([1], pa.int32())}), "t")
    for wrong in (
        [{"id": "x"}],
        [{"id": None}],
        [{"nothing": 1}],
        [{"id": 1, "price": Decimal("1.234")}],
    ):
        with pytest.raises(errors.InvalidSchemaError) as raised:
            lakehouse.write(wrong, "t")
        assert raised.value.code == "LK-3521"
    assert lakehouse.table("t").version == 1
    with pytest.raises(errors.InvalidArgumentError) as raised_type:
        lakehouse.write(3, "t")
    assert raised_type.value.code == "LK-7012"


def test_a_reader_that_fails_leaves_no_table(lakehouse: dl.Lakehouse) -> None:
    schema = pa.schema({"a": pa.int64()})

    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch([pa.array([1])], schema=schema)
        raise ValueError("the source broke")

    with pytest.raises(errors.LakehouseError) as raised:
        lakehouse.write(pa.RecordBatchReader.from_batches(schema, batches()), "t")
    assert "the source broke" in raised.value.message
    assert lakehouse.catalog.list_tables() == []


def test_of_two_overwrites_at_once_one_is_refused(lakehouse: dl.Lakehouse) -> None:
    lakehouse.write([{"a": 1}], "t")
    schema = pa.schema({"a": pa.int64()})

    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch([pa.array([2])], schema=schema)
        lakehouse.write([{"a": 3}], "t", mode="overwrite")

    reader = pa.RecordBatchReader.from_batches(schema, batches())
    with pytest.raises(errors.CommitConflictError) as raised:
        lakehouse.write(reader, "t", mode="overwrite")
    assert raised.value.code == "LK-4013" and raised.value.retryable
    assert lakehouse.table("t").to_arrow()["a"].to_pylist() == [3]


def test_several_threads_append(lakehouse: dl.Lakehouse) -> None:
    lakehouse.sql("CREATE TABLE t (n BIGINT)")

    def work() -> None:
        for n in range(5):
            lakehouse.write([{"n": n}], "t")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lakehouse.table("t").count() == 20


def test_frames_are_written_as_in_spark(lakehouse: dl.Lakehouse) -> None:
    root = lakehouse.config["storage.data_root"]
    builder = dl.SparkSession.builder.config("lakehouse.storage.data_root", root)
    with builder.getOrCreate() as spark:
        frame = spark.createDataFrame([(1, "a"), (2, "b")], ["id", "name"])
        assert frame.columns == ["id", "name"] and frame.limit(1).count() == 1
        frame.write.format("delta").partitionBy("name").saveAsTable("bronze.t")
        frame.write.mode("append").saveAsTable("bronze.t")
        assert spark.table("bronze.t").count() == 4
        with pytest.raises(errors.AlreadyExistsError):
            frame.write.mode("errorifexists").saveAsTable("bronze.t")
        with pytest.raises(errors.UnsupportedError) as raised:
            frame.write.format("csv")
        assert raised.value.code == "LK-7005"


def test_variants_are_made_of_json_and_of_their_bytes(lakehouse: dl.Lakehouse) -> None:
    lakehouse.sql("CREATE TABLE docs (id INT, body VARIANT)")
    lakehouse.write([{"id": 1, "body": '{"a": [1, 2.5]}'}, {"id": 2, "body": None}], "docs")
    lakehouse.write(pd.DataFrame({"id": [3], "body": ['"text"']}), "docs")
    lakehouse.write(pl.DataFrame({"id": [4], "body": ["null"]}), "docs")
    seven = {"metadata": b"\x01\x00\x00", "value": b"\x0c\x07"}
    parts = pa.struct([("metadata", pa.binary()), ("value", pa.binary())])
    rows = pa.table({"id": pa.array([5], pa.int32()), "body": pa.array([seven], parts)})
    lakehouse.write(rows, "docs")
    merged = rows.set_column(0, "id", pa.array([6], pa.int32()))
    lakehouse.table("docs").merge(
        merged, "target.id = source.id"
    ).when_not_matched_insert_all().execute()
    lakehouse.sql("INSERT INTO docs SELECT 7, body FROM lake_source.r", sources={"r": rows})
    found = lakehouse.sql("SELECT id, body, body IS NULL AS missing FROM docs ORDER BY id")
    assert [tuple(row) for row in found.collect()] == [
        (1, '{"a":[1,2.5]}', False),
        (2, None, True),
        (3, '"text"', False),
        (4, "null", False),
        (5, "7", False),
        (6, "7", False),
        (7, "7", False),
    ]
    with pytest.raises(errors.InvalidArgumentError) as no_json:
        lakehouse.write([{"id": 8, "body": "{"}], "docs")
    assert no_json.value.code == "LK-4095"
    marked = pa.field("body", parts, metadata={"ARROW:extension:name": "arrow.parquet.variant"})
    lakehouse.write(pa.table([rows["body"]], schema=pa.schema([marked])), "made")
    assert lakehouse.sql("SELECT body:x IS NULL, body FROM made").collect()[0][1] == "7"


def test_json_columns_of_a_job_become_variants(
    lakehouse: dl.Lakehouse, tmp_path: pathlib.Path
) -> None:
    lakehouse.sql("CREATE TABLE docs (id BIGINT, body VARIANT)")
    folder = tmp_path / "in"
    folder.mkdir()
    lines = ['{"id": 1, "body": {"a": 1}}', '{"id": 2, "body": "text"}', '{"id": 3}']
    (folder / "a.json").write_text("\n".join(lines))
    (folder / "b.csv").write_text('id,body\n4,"[1, 2]"\n')
    lakehouse.sql(f"COPY INTO docs FROM '{folder}' FILEFORMAT = JSON PATTERN = '*.json'")
    options = "FORMAT_OPTIONS ('header' = 'true')"
    lakehouse.sql(f"COPY INTO docs FROM '{folder}' FILEFORMAT = CSV PATTERN = '*.csv' {options}")
    found = lakehouse.sql("SELECT id, body FROM docs ORDER BY id").collect()
    assert [tuple(row) for row in found] == [(1, '{"a":1}'), (2, '"text"'), (3, None), (4, "[1,2]")]


def test_texts_that_are_no_variant_are_rescued(
    lakehouse: dl.Lakehouse, tmp_path: pathlib.Path
) -> None:
    lakehouse.sql("CREATE TABLE docs (id BIGINT, body VARIANT, _rescued_data STRING)")
    (tmp_path / "in.csv").write_text('id,body\n3,"[1, 2]"\n4,{broken\n5,\n')
    job = {
        "source_type": "csv",
        "source_config": {"path": f"{tmp_path}/in.csv"},
        "target": "main.docs",
    }
    lakehouse.ingestion.start_job(lakehouse.ingestion.register_job(job))
    found = lakehouse.sql("SELECT id, body, _rescued_data FROM docs ORDER BY id").collect()
    assert [tuple(row)[:2] for row in found] == [(3, "[1,2]"), (4, None), (5, None)]
    rescued = [json.loads(row["_rescued_data"] or "{}").get("body") for row in found]
    assert rescued == [None, "{broken", None]


def test_small_files_are_compacted_after_writes_of_every_kind(
    lakehouse: dl.Lakehouse, tmp_path: pathlib.Path
) -> None:
    lakehouse.sql(
        "CREATE TABLE small (id BIGINT) "
        "TBLPROPERTIES ('delta.autoOptimize.autoCompact' = 'true')"
    )
    table = lakehouse.table("small")
    for number in range(50):
        lakehouse.write([{"id": number}], "small")
    assert table.num_files == 1
    assert table.count() == 50
    for number in range(48):
        lakehouse.write([{"id": number}], "small")
    assert table.num_files == 49
    (tmp_path / "in.json").write_text('{"id": 1}\n')
    lakehouse.sql(f"COPY INTO small FROM '{tmp_path}/in.json' FILEFORMAT = JSON")
    assert table.num_files == 1
    assert table.history(1)[0].parameters["auto"] == "true"


def test_small_files_are_compacted_after_a_table_is_made_and_after_runs_of_jobs(
    tmp_path: pathlib.Path,
) -> None:
    settings: dict[str, pathlib.Path | int] = {
        "storage.data_root": tmp_path / "lake",
        "query.auto_compact_min_files": 2,
    }
    folder = tmp_path / "in"
    folder.mkdir()
    with dl.connect(LakehouseConfig(settings=settings)) as lakehouse:
        # More partitions than may be open at once: each has several files.
        lakehouse.sql(
            "CREATE TABLE made PARTITIONED BY (p) "
            "TBLPROPERTIES ('delta.autoOptimize.autoCompact' = 'true') AS "
            "SELECT range AS id, range % 65 AS p FROM range(20000)"
        )
        made = lakehouse.table("made")
        assert made.num_files == 65
        operations = [entry.operation for entry in made.history()]
        assert operations == ["OPTIMIZE", "CREATE TABLE AS SELECT"]
        assert made.count() == 20000
        lakehouse.sql(
            "CREATE TABLE loaded (id BIGINT) "
            "TBLPROPERTIES ('delta.autoOptimize.autoCompact' = 'true')"
        )
        source = {"path": f"{folder}/*.csv"}
        job = lakehouse.ingestion.register_job(
            {"name": "load", "source_type": "csv", "source_config": source, "target": "main.loaded"}
        )
        for number in range(2):
            (folder / f"{number}.csv").write_text(f"id\n{number}\n")
            lakehouse.ingestion.start_job(job)
        loaded = lakehouse.table("loaded")
        assert loaded.num_files == 1
        assert loaded.history(1)[0].parameters["auto"] == "true"
        assert loaded.count() == 2
