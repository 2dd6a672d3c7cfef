"""Tables from Python: merge, update, delete, versions, files, in the shape of deltalake."""

from __future__ import annotations

import datetime
import signal
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import deltalake
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import data_lakehouse as dl
from data_lakehouse.errors import (
    InvalidArgumentError,
    LakehouseError,
    NotFoundError,
    PermissionDeniedError,
)


@pytest.fixture
def table(lakehouse: dl.Lakehouse) -> dl.Table:
    """Make a table of three rows."""
    lakehouse.write(
        pa.table({"id": [1, 2, 3], "v": ["a", "b", "c"], "n": pa.array([1, 2, 3], pa.int32())}),
        "t",
    )
    return lakehouse.table("t")


def rows(table: dl.Table) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in table.to_df().collect())


def streams(data: dict[str, Any]) -> list[Any]:
    """Return the same rows as every kind of source."""
    arrow = pa.table(data)
    return [
        arrow,
        arrow.to_reader(),
        arrow.to_pandas(),
        pl.DataFrame(data),
        arrow.to_pylist(),
    ]


def test_a_merge_has_every_clause(table: dl.Table) -> None:
    done = (
        table.merge(
            pa.table({"id": [1, 2, 4, 5], "v": ["A", "B", "D", "E"], "n": [10, 20, 40, 50]}),
            "target.id = source.id",
        )
        .when_matched_delete("source.id = 1")
        .when_matched_update({"v": "source.v || target.v", "target.n": "target.n + 1"})
        .when_not_matched_insert({"id": "source.id", "v": "'new'"}, "source.id = 4")
        .when_not_matched_insert_all()
        .when_not_matched_by_source_update({"v": "'left'"}, "target.id = 3")
        .execute()
    )
    assert rows(table) == [(2, "Bb", 3), (3, "left", 3), (4, "new", None), (5, "E", 50)]
    assert done["num_target_rows_updated"] == 2
    assert done["num_target_rows_inserted"] == 2
    assert done["num_target_rows_deleted"] == 1
    assert done["version"] == table.version() == 2
    assert done["execution_time_ms"] >= 0
    assert table.history(1)[0].operation == "MERGE"


def test_every_kind_of_source_is_merged(table: dl.Table) -> None:
    for number, source in enumerate(streams({"id": [3, 4], "v": ["x", "y"], "n": [7, 8]})):
        done = (
            table.merge(source, "t.id = s.id AND s.n > 0", source_alias="s", target_alias="t")
            .when_matched_update_all()
            .when_not_matched_insert_all()
            .execute()
        )
        assert done["num_target_rows_updated"] == (1 if number == 0 else 2), type(source)
    assert rows(table) == [(1, "a", 1), (2, "b", 2), (3, "x", 7), (4, "y", 8)]


def test_columns_are_left_out_of_a_merge(table: dl.Table) -> None:
    source = pa.table({"id": [1, 9], "v": ["x", "y"], "n": [100, 900]})
    table.merge(source, "target.id = source.id").when_matched_update_all(
        except_cols=["n"]
    ).when_not_matched_insert_all(except_cols=["V"]).when_not_matched_by_source_delete().execute()
    assert rows(table) == [(1, "x", 1), (9, None, 900)]


def test_a_merge_that_finds_nothing_makes_no_version(table: dl.Table) -> None:
    source = pa.table({"id": [7]})
    done = table.merge(source, "target.id = source.id").when_matched_delete().execute()
    assert done["version"] == -1 and done["num_target_rows_deleted"] == 0
    assert table.version == 1


def test_a_merge_with_two_rows_for_one_changes_nothing(table: dl.Table) -> None:
    source = pa.table({"id": [1, 1], "v": ["x", "y"]})
    merge = table.merge(source, "target.id = source.id").when_matched_update({"v": "source.v"})
    with pytest.raises(InvalidArgumentError, match="LK-4040"):
        merge.execute()
    with pytest.raises(InvalidArgumentError, match="LK-4002"):
        table.merge(source, "target.id = source.nothing").when_matched_delete().execute()
    assert table.version == 1


def test_names_are_quoted(lakehouse: dl.Lakehouse) -> None:
    name = 'odd"name--DROP'
    lakehouse.write(pa.table({"a-b": [1], name: ["x"], "select": [1.5]}), '"my table"')
    table = lakehouse.table('"my table"')
    source = pa.table({"a-b": [1, 2], name: ["y", "z"], "select": [2.5, 3.5]})
    table.merge(source, 'target."a-b" = source."a-b"', "source", "target").when_matched_update_all(
        except_cols=["a-b"]
    ).when_not_matched_insert_all().execute()
    assert rows(table) == [(1, "y", 2.5), (2, "z", 3.5)]
    table.update(new_values={name: "it's", "select": None}, predicate='"a-b" = 1')
    assert rows(table)[0] == (1, "it's", None)


def test_types_of_a_source_are_cast_or_refused(lakehouse: dl.Lakehouse) -> None:
    lakehouse.sql("CREATE TABLE k (id BIGINT, at TIMESTAMP, d DECIMAL(10, 2), l ARRAY<INT>)")
    table = lakehouse.table("k")
    moment = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.UTC)
    source = pd.DataFrame({"id": [1], "at": [pd.Timestamp(moment)], "d": [Decimal("1.50")]})
    source["l"] = [[1, 2]]
    table.merge(source, "target.id = source.id").when_not_matched_insert_all().execute()
    assert rows(table) == [(1, moment, Decimal("1.50"), [1, 2])]
    wrong = pa.table({"id": ["x"], "at": [moment], "d": [1], "l": [[1]]})
    with pytest.raises(LakehouseError):
        table.merge(wrong, "false").when_not_matched_insert_all().execute()


def test_sources_are_read_by_name(lakehouse: dl.Lakehouse, table: dl.Table) -> None:
    frame = lakehouse.sql(
        "SELECT t.v, s.w FROM t JOIN lake_source.Extra s USING (id) ORDER BY id",
        sources={"Extra": pl.DataFrame({"id": [2, 3], "w": ["x", "y"]})},
    )
    assert frame.collect() == [("b", "x"), ("c", "y")]
    assert frame.count() == 2
    sources = {"extra": pa.table({"id": [9], "v": ["new"]})}
    made = lakehouse.sql("INSERT INTO t (id, v) SELECT * FROM lake_source.extra", sources=sources)
    assert made.affected_rows == 1
    with pytest.raises(LakehouseError, match="LK-4010"):
        lakehouse.sql("INSERT INTO lake_source.extra VALUES (1, 'x')", sources=sources)
    with pytest.raises(LakehouseError, match="LK-4004"):
        lakehouse.sql("DELETE FROM lake_source.extra", sources=sources)
    with pytest.raises(NotFoundError):
        lakehouse.sql("SELECT * FROM lake_source.extra")
    with pytest.raises(InvalidArgumentError, match="LK-7012"):
        lakehouse.sql("SELECT 1", sources={"x": 7})
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "A"])
    with pytest.raises(InvalidArgumentError, match="LK-4092"):
        lakehouse.sql("SELECT * FROM lake_source.x", sources={"x": twice})


def test_an_empty_source_is_one_too(table: dl.Table) -> None:
    empty = pa.table({"id": pa.array([], pa.int64())})
    done = table.merge(empty, "target.id = source.id").when_not_matched_by_source_delete("id > 1")
    assert done.execute()["num_target_rows_deleted"] == 2
    assert rows(table) == [(1, "a", 1)]


def test_update_and_delete(table: dl.Table) -> None:
    done = table.update({"n": "n * 10"}, predicate="id >= 2")
    assert (done["num_updated_rows"], done["num_copied_rows"], done["version"]) == (2, 1, 2)
    done = table.update(new_values={"v": "?'", "n": None}, predicate="id = 1")
    assert done["num_updated_rows"] == 1
    assert rows(table) == [(1, "?'", None), (2, "b", 20), (3, "c", 30)]
    assert table.delete("id = 7") | {"execution_time_ms": 0} == {
        "num_deleted_rows": 0,
        "num_copied_rows": 0,
        "num_added_files": 0,
        "num_removed_files": 0,
        "version": -1,
        "execution_time_ms": 0,
    }
    assert table.delete("id = 2")["num_deleted_rows"] == 1
    assert table.delete()["num_deleted_rows"] == 2
    assert rows(table) == []
    with pytest.raises(InvalidArgumentError, match="LK-4093"):
        table.update()
    with pytest.raises(InvalidArgumentError, match="LK-4001"):
        table.delete("id = 1; DROP TABLE t")


def test_update_and_merge_set_fields_of_structs(lakehouse: dl.Lakehouse) -> None:
    lakehouse.sql("CREATE TABLE people AS SELECT 1 AS id, {'name': 'a', 'home': {'zip': 1}} AS who")
    table = lakehouse.table("people")
    assert table.update({"who.home.zip": "id + 6"})["num_updated_rows"] == 1
    assert table.update(new_values={"who.name": "b"}, predicate="id = 1")["version"] == 2
    source = pa.table({"id": [1], "zip": [9]})
    merge = table.merge(source, "target.id = source.id")
    merge.when_matched_update({"target.who.home.zip": "source.zip"}).execute()
    assert table.to_arrow().to_pylist() == [{"id": 1, "who": {"name": "b", "home": {"zip": 9}}}]
    with pytest.raises(InvalidArgumentError, match="LK-4002"):
        table.update({"who.nothing": "1"})


def test_what_a_table_says_of_itself(lakehouse: dl.Lakehouse, table: dl.Table) -> None:
    theirs = deltalake.DeltaTable(table.uri)
    assert table.version == table.version() == theirs.version() == 1
    assert table.schema.names == ["id", "v", "n"] and len(table.schema()) == 3
    assert table.schema().to_arrow() == table.schema == table.to_arrow().schema
    assert pa.schema(table.schema).field("n").type == pa.int32()
    assert [field.name for field in table.schema] == ["id", "v", "n"]
    assert table.metadata().id == str(theirs.metadata().id)
    assert table.metadata().name == "t"
    assert table.metadata().partition_columns == []
    assert abs(table.metadata().created_time.timestamp() - time.time()) < 300
    assert table.protocol().min_writer_version == theirs.protocol().min_writer_version
    assert table.protocol().min_reader_version == theirs.protocol().min_reader_version
    assert [uri.split("/")[-1] for uri in table.file_uris()] == table.files()
    assert len(table.files()) == len(theirs.file_uris()) == 1
    lakehouse.sql("CREATE VIEW w AS SELECT 1 AS a")
    with pytest.raises(InvalidArgumentError, match="LK-2025"):
        lakehouse.table("w").files()


def test_a_version_is_loaded(table: dl.Table) -> None:
    table.delete("id = 1")
    table.load_as_version(1)
    assert table.version() == 1 and len(rows(table)) == 3 and len(table.files()) == 1
    with pytest.raises(NotFoundError, match="LK-3004"):
        table.load_as_version(9)
    assert table.version() == 1
    table.load_as_version(table.history(1)[0].timestamp)
    assert table.version() == 2 and len(rows(table)) == 2
    with pytest.raises(NotFoundError, match="LK-3005"):
        table.load_as_version("2001-01-01")


def test_types_become_sql(lakehouse: dl.Lakehouse) -> None:
    from data_lakehouse.storage.delta.statements import sql_type

    kind = pa.struct([("a b", pa.list_(pa.decimal128(5, 2))), ("m", pa.map_(pa.utf8(), pa.int8()))])
    assert sql_type(kind) == 'STRUCT<"a b": ARRAY<DECIMAL(5, 2)>, "m": MAP<STRING, TINYINT>>'
    assert sql_type(pa.timestamp("us")) == "TIMESTAMP_NTZ"
    assert sql_type(pa.timestamp("us", "UTC")) == "TIMESTAMP"
    with pytest.raises(InvalidArgumentError, match="LK-4094"):
        sql_type(pa.uint64())


def test_other_threads_go_on_while_a_merge_runs(table: dl.Table) -> None:
    ticks = 0
    done = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not done.is_set():
            ticks += 1
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        source = pa.table({"id": list(range(200_000)), "n": [1] * 200_000})
        table.merge(source, "target.id = source.id").when_not_matched_insert(
            {"id": "source.id", "n": "source.n"}
        ).execute()
    finally:
        done.set()
        thread.join()
    assert ticks > 5 and table.count() == 200_000


def test_ctrl_c_ends_a_merge(table: dl.Table) -> None:
    source = pa.table({"id": list(range(30_000))})
    merge = table.merge(source, "target.id + source.id < 0 AND length(target.v || source.id) > 0")
    slow = "(SELECT max(a.range) FROM range(20000000) a, range(1000) b) > 0"
    merge.when_not_matched_insert({"id": "source.id"}, slow)
    timer = threading.Timer(0.5, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        merge.execute()
    timer.join()
    assert table.version == 1 and len(rows(table)) == 3


def test_who_may_only_read_sees_no_files(lakehouse: dl.Lakehouse, table: dl.Table) -> None:
    assert PermissionDeniedError.kind == "PermissionDenied"
    assert all("/" not in path for path in table.files())


def test_a_table_is_restored(table: dl.Table) -> None:
    table.delete("id > 1")
    done = table.restore(1)
    assert done["num_restored_files"] == 1 and len(rows(table)) == 3
    assert table.version == 3 and table.history(1)[0].operation == "RESTORE"
    with pytest.raises(LakehouseError, match="LK-3004"):
        table.restore(99)


def test_files_are_vacuumed(table: dl.Table) -> None:
    table.alter.set_table_properties({"delta.deletedFileRetentionDuration": "interval 0 hours"})
    table.delete()
    found = table.vacuum(0)
    assert len(found) == 1 and Path(found[0].removeprefix("file://")).name in str(found)
    assert len(table.vacuum(0, dry_run=False)) == 1
    assert table.vacuum(0) == []


def test_columns_constraints_and_properties_are_altered(table: dl.Table) -> None:
    table.alter.add_columns([pa.field("price", pa.decimal128(10, 2)), pa.field("a-b", pa.utf8())])
    assert table.columns == ["id", "v", "n", "price", "a-b"]
    table.alter.add_columns(pa.field("at", pa.timestamp("us", "UTC")))
    assert table.schema.field("at").type == pa.timestamp("us", "UTC")
    table.alter.add_constraint({"positive": "n > 0"})
    with pytest.raises(LakehouseError):
        table.update({"n": "-1"})
    table.alter.drop_constraint("positive")
    assert table.update({"n": "-1"}, predicate="id = 1")["num_updated_rows"] == 1
    table.alter.set_table_properties({"team": "it's"})
    assert table.metadata().configuration["team"] == "it's"
    table.alter.unset_table_properties(["team"])
    assert "team" not in table.properties
    table.alter.set_table_description("what it is")
    assert table.comment == "what it is"


def test_a_change_runs_once(lakehouse: dl.Lakehouse, table: dl.Table) -> None:
    table.delete("id > 1")
    frame = lakehouse.sql("RESTORE TABLE t TO VERSION AS OF 1")
    assert table.version == 3
    assert frame.count() == 1 and frame.collect() and table.version == 3


def test_a_merge_adds_columns_when_it_may(table: dl.Table) -> None:
    source = pa.table({"id": [1, 9], "v": ["x", "y"], "n": [1, 2], "extra": [1.5, 2.5]})
    merge = table.merge(source, "target.id = source.id", merge_schema=True)
    merge.when_matched_update_all().when_not_matched_insert_all().execute()
    assert table.columns == ["id", "v", "n", "extra"]
    assert rows(table)[0] == (1, "x", 1, 1.5) and rows(table)[-1] == (9, "y", 2, 2.5)


def test_files_are_compacted_and_ordered(lakehouse: dl.Lakehouse, table: dl.Table) -> None:
    for number in range(4, 8):
        lakehouse.write(pa.table({"id": [number], "v": ["x"]}), "t")
    done = table.optimize.compact()
    assert done["num_files_added"] == 1 and done["num_files_removed"] == 5
    assert len(table.files()) == 1 and table.count() == 7
    done = table.optimize.z_order(["id", "v"])
    assert done["num_files_added"] == 1 and table.count() == 7
    assert table.history(1)[0].operation == "OPTIMIZE"
    with pytest.raises(LakehouseError, match="LK-40"):
        table.optimize.z_order(["nothing"])


def test_changes_partitions_and_streams_are_read(lakehouse: dl.Lakehouse) -> None:
    lakehouse.sql(
        "CREATE TABLE fed (id BIGINT, p STRING) PARTITIONED BY (p) "
        "TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')"
    )
    fed = lakehouse.table("fed")
    lakehouse.write([{"id": 1, "p": "a"}, {"id": 2, "p": "b"}], "fed")
    fed.delete("id = 2")
    columns = ["id", "_change_type", "_commit_version"]
    changes = fed.load_cdf(columns=columns, predicate="id = 2").read_all().to_pylist()
    assert sorted(tuple(change.values()) for change in changes) == [
        (2, "delete", 2),
        (2, "insert", 1),
    ]
    assert fed.load_cdf(starting_version=2, ending_version=2).read_all().num_rows == 1
    start = fed.history(1)[0].timestamp
    assert fed.load_cdf(starting_timestamp=start).read_all()["id"].to_pylist() == [2]
    assert fed.partitions() == [{"p": "a"}]
    assert fed.scan(columns=["p"], predicate="id = 1").read_all().to_pylist() == [{"p": "a"}]
    assert fed.to_pyarrow_table().num_rows == 1
    assert fed.table_uri == fed.uri


def test_rules_of_columns_are_loosened(lakehouse: dl.Lakehouse) -> None:
    lakehouse.sql("CREATE TABLE strict (id BIGINT NOT NULL)")
    strict = lakehouse.table("strict")
    strict.alter.drop_column_not_null("id")
    lakehouse.write([{"id": None}], "strict")
    strict.alter.drop_constraint("none", raise_if_not_exists=False)
    with pytest.raises(LakehouseError):
        strict.alter.drop_constraint("none")
    strict.alter.add_feature("deletionVectors")
    assert "deletionVectors" in strict.protocol().writer_features
