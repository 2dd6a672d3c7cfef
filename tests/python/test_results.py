"""Rows reach other libraries without a copy, as a stream or at once."""

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import data_lakehouse as dl
from data_lakehouse import _core
from data_lakehouse.dataframe import Query

SQL = "SELECT range AS n, 'text ' || range AS s, range % 2 = 0 AS b FROM range(50000)"


def run(lakehouse: dl.Lakehouse, sql: str = SQL) -> _core.Result:
    """Start a statement."""
    return lakehouse.core.execute(Query(sql).request())


def addresses(data: pa.Table | pa.RecordBatch) -> list[int]:
    """Return where the values of every column lie."""
    arrays = [
        chunk
        for column in data.columns
        for chunk in (column.chunks if isinstance(column, pa.ChunkedArray) else [column])
    ]
    return [buffer.address for array in arrays for buffer in array.buffers() if buffer]


def test_a_table_lies_in_the_engines_memory(lakehouse: dl.Lakehouse) -> None:
    rows = run(lakehouse).read_all()
    first, second = pa.table(rows), pa.table(rows)
    assert first.num_rows == rows.num_rows == 50000
    assert addresses(first) == addresses(second)


def test_a_batch_lies_in_the_engines_memory(lakehouse: dl.Lakehouse) -> None:
    batch = run(lakehouse).read_batch()
    assert batch is not None
    first, second = pa.record_batch(batch), pa.record_batch(batch)
    assert addresses(first) == addresses(second)


def test_polars_reads_the_engines_memory(lakehouse: dl.Lakehouse) -> None:
    rows = run(lakehouse).read_all()
    numbers = pl.DataFrame(rows).to_arrow().select(["n"])  # polars exports what it holds
    assert set(addresses(numbers)) <= set(addresses(pa.table(rows)))


def test_rows_outlive_the_lakehouse(lakehouse: dl.Lakehouse) -> None:
    table = lakehouse.sql(SQL).to_arrow()
    lakehouse.close()
    assert table["s"][49999].as_py() == "text 49999"


def test_a_stream_is_read_once(lakehouse: dl.Lakehouse) -> None:
    result = run(lakehouse)
    assert pa.table(result).num_rows == 50000
    for read in (result.read_all, result.read_batch, result.__arrow_c_stream__):
        with pytest.raises(dl.LakehouseError) as raised:
            read()
        assert raised.value.code == "LK-7002"


def test_a_stream_that_nobody_reads_ends_the_statement(lakehouse: dl.Lakehouse) -> None:
    for _ in range(10):  # more than may run at a time
        capsule = lakehouse.sql("SELECT * FROM range(100000000)").__arrow_c_stream__()
        del capsule
    for _ in range(10):
        result = run(lakehouse, "SELECT * FROM range(100000000)")
        result.read_batch()
        result.close()
    assert lakehouse.sql("SELECT 1").count() == 1


def test_batches_come_one_by_one(lakehouse: dl.Lakehouse) -> None:
    batches = lakehouse.sql("SELECT * FROM range(1000000000000)").to_batches()
    assert next(batches).num_rows > 0
    batches.close()
    assert sum(b.num_rows for b in lakehouse.sql(SQL).to_batches()) == 50000


def test_every_type_reaches_every_library(lakehouse: dl.Lakehouse) -> None:
    frame = lakehouse.sql(
        "SELECT true AS a, 1::TINYINT AS b, 1.5::FLOAT AS c, 12.50::DECIMAL(10, 2) AS d, 'x' AS e,"
        " '\\x01'::BLOB AS f, DATE '2024-01-31' AS g, TIMESTAMP '2024-01-31 10:00' AS h,"
        " TIMESTAMPTZ '2024-01-31 10:00:00+00' AS i, [1, 2] AS j, {'k': 1} AS k, MAP {'a': 1} AS l,"
        " NULL AS m"
    )
    row = frame.to_arrow().to_pylist()[0]
    assert list(row) == list("abcdefghijklm")
    assert str(row["d"]) == "12.50" and row["j"] == [1, 2] and row["k"] == {"k": 1}
    assert pl.DataFrame(frame)["k"].to_list() == [{"k": 1}]
    assert isinstance(frame.to_pandas(), pd.DataFrame)
    frame.show()


def test_an_empty_result_has_its_columns(lakehouse: dl.Lakehouse) -> None:
    frame = lakehouse.sql("SELECT 1 AS a WHERE false")
    assert frame.to_arrow().column_names == ["a"] and frame.collect() == []
    assert lakehouse.sql("CREATE SCHEMA empty").to_arrow().num_rows == 0


def test_a_failure_between_two_batches_is_ours(lakehouse: dl.Lakehouse) -> None:
    sql = "SELECT CASE WHEN range = 900000 THEN error('boom') ELSE range END FROM range(1000000)"
    for read in (lambda f: list(f.to_batches()), lambda f: f.to_arrow(), lambda f: f.count()):
        with pytest.raises(dl.LakehouseError) as raised:
            read(lakehouse.sql(sql))
        assert raised.value.code == "LK-4005" and "boom" in raised.value.message
    with pytest.raises((dl.LakehouseError, pa.ArrowException)) as foreign:
        pa.table(lakehouse.sql(sql))
    assert "LK-4005" in str(foreign.value) and "boom" in str(foreign.value)
    assert lakehouse.sql("SELECT 1").count() == 1
