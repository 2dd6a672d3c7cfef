"""The change feed: `table_changes` gives the rows that other readers and the log say."""

from __future__ import annotations

import datetime
import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import deltalake
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from handmade import Table, deletion_vector, field, record
from test_delta_golden import SHARED

import data_lakehouse as dl
from data_lakehouse.errors import LakehouseError

FEED = {"delta.enableChangeDataFeed": "true"}


def changes(lake: dl.Lakehouse, table: Path, ends: str, columns: str = "*") -> list[Any]:
    """Read changes, in order."""
    query = f"SELECT {columns} FROM table_changes('delta.`{table}`', {ends})"
    return sorted((tuple(row) for row in lake.sql(query).collect()), key=repr)


def theirs(table: Path, first: int, last: int) -> list[Any]:
    """Read changes with delta-rs, without the time of the commit."""
    reader = deltalake.DeltaTable(str(table)).load_cdf(starting_version=first, ending_version=last)
    rows = pa.table(reader.read_all()).drop_columns(["_commit_timestamp"])
    names = sorted(rows.column_names)
    return sorted(zip(*(rows.column(n).to_pylist() for n in names), strict=True), key=repr)


def ours(lake: dl.Lakehouse, table: Path, first: int, last: int) -> list[Any]:
    """Read changes, columns by name, without the time of the commit."""
    query = f"SELECT * FROM table_changes('delta.`{table}`', {first}, {last})"
    rows = lake.sql(query).to_arrow().drop_columns(["_commit_timestamp"])
    names = sorted(rows.column_names)
    return sorted(zip(*(rows.column(n).to_pylist() for n in names), strict=True), key=repr)


def test_changes_that_delta_rs_wrote(lake: dl.Lakehouse, tmp_path: Path) -> None:
    path = tmp_path / "t"
    rows = pa.table({"id": [1, 2, 3], "part": ["a", "a", "b"]})
    deltalake.write_deltalake(str(path), rows, partition_by=["part"], configuration=FEED)
    table = deltalake.DeltaTable(str(path))
    table.update(predicate="id = 2", updates={"id": "20"})
    table.delete("id = 3")
    deltalake.write_deltalake(str(path), pa.table({"id": [4], "part": ["c"]}), mode="append")
    last = deltalake.DeltaTable(str(path)).version()
    assert last == 3
    for first in range(last + 1):
        for end in range(first, last + 1):
            assert ours(lake, path, first, end) == theirs(path, first, end), (first, end)
    kinds = changes(lake, path, "1", "_change_type, id, _commit_version")
    assert kinds == [
        ("delete", 3, 2),
        ("insert", 4, 3),
        ("update_postimage", 20, 1),
        ("update_preimage", 2, 1),
    ]
    only = f"SELECT id FROM table_changes('delta.`{path}`', 0) WHERE _change_type = 'delete'"
    assert lake.sql(only).collect() == [(3,)]


def by_log(table: Path, version: int) -> list[Any]:
    """Return the changes of a version as its commit and the files that it names say them."""
    text = (table / "_delta_log" / f"{version:020}.json").read_text()
    actions = [json.loads(line) for line in text.splitlines()]
    files = [action["cdc"] for action in actions if "cdc" in action]
    found: list[Any] = []
    for file in files:
        rows = pq.ParquetFile(table / unquote(file["path"])).read()
        found += [tuple(row.values()) for row in rows.select(["_change_type", "id"]).to_pylist()]
    for kind, change in (("add", "insert"), ("remove", "delete")):
        for action in actions if not files else []:
            if kind in action:
                rows = pq.ParquetFile(table / unquote(action[kind]["path"])).read()
                found += [(change, value) for value in rows.column("id").to_pylist()]
    return sorted(found, key=repr)


@pytest.mark.parametrize("name", ["cdf-table-simple", "cdf-table-update-ops"])
def test_changes_of_the_kernels_tables(lake: dl.Lakehouse, tmp_path: Path, name: str) -> None:
    archive = SHARED / "delta" / "kernel" / f"{name}.tar.zst"
    subprocess.run(["tar", "--zstd", "-xf", archive, "-C", tmp_path], check=True, timeout=60)
    table = sorted(tmp_path.rglob("_delta_log"))[0].parent
    for version in range(3):
        ends = f"{version}, {version}"
        found = changes(lake, table, ends, "_change_type, id")
        assert found == by_log(table, version)
        assert found


def test_the_changes_of_a_table_are_not_written(lake: dl.Lakehouse, tmp_path: Path) -> None:
    table = Table(tmp_path / "t", record(field("id", "integer")), properties=FEED)
    table.create()
    with pytest.raises(LakehouseError) as refused:
        lake.sql(f'INSERT INTO lake_changes."0||delta.`{table.path}`" VALUES (1, NULL, 1, NULL)')
    assert refused.value.code == "LK-4012"


def test_deleted_rows_of_one_file_are_its_changes(lake: dl.Lakehouse, tmp_path: Path) -> None:
    table = Table(
        tmp_path / "t",
        record(field("id", "integer")),
        features=["deletionVectors"],
        writer_features=["changeDataFeed"],
        properties=FEED,
    )
    data = table.data("a.parquet", pa.table({"id": pa.array([0, 1, 2, 3], pa.int32())}))
    table.create({"add": data})
    steps: list[list[int]] = [[], [1], [1, 3], [3], []]
    for before, after in zip(steps, steps[1:], strict=False):
        old = {**data, "deletionVector": deletion_vector(before)} if before else data
        new = {**data, "deletionVector": deletion_vector(after)} if after else data
        table.commit({"remove": old}, {"add": new})
    found = changes(lake, table.path, "0, 4", "_commit_version, _change_type, id")
    assert found == [
        *((0, "insert", n) for n in range(4)),
        (1, "delete", 1),
        (2, "delete", 3),
        (3, "insert", 1),
        (4, "insert", 3),
    ]
    count = f"SELECT count(*) FROM table_changes('delta.`{table.path}`', 1, 4)"
    assert lake.sql(count).collect() == [(4,)]


def test_rewritten_files_are_no_changes(lake: dl.Lakehouse, tmp_path: Path) -> None:
    table = Table(tmp_path / "t", record(field("id", "integer")), properties=FEED)
    data = table.data("a.parquet", pa.table({"id": pa.array([0, 1], pa.int32())}))
    table.create({"add": data})
    again = table.data("b.parquet", pa.table({"id": pa.array([0, 1], pa.int32())}))
    table.commit({"remove": {**data, "dataChange": False}}, {"add": {**again, "dataChange": False}})
    # New statistics of a file that is there are no rows.
    table.commit({"add": again})
    assert changes(lake, table.path, "1, 2") == []
    table.commit({"remove": again})
    assert changes(lake, table.path, "3, 3", "_change_type, id") == [("delete", 0), ("delete", 1)]


def test_times_stand_for_versions(lake: dl.Lakehouse, tmp_path: Path) -> None:
    table = Table(
        tmp_path / "t",
        record(field("id", "integer")),
        properties={**FEED, "delta.enableInCommitTimestamps": "true"},
        writer_features=["changeDataFeed", "inCommitTimestamp"],
        reader=1,
    )
    for n in range(3):
        data = table.data(f"{n}.parquet", pa.table({"id": pa.array([n], pa.int32())}))
        write = table.create if n == 0 else table.commit
        write({"add": data}, inCommitTimestamp=1_577_836_800_000 + n * 86_400_000)
    rows = changes(lake, table.path, "'2020-01-01 12:00', '2020-01-03'", "id, _commit_timestamp")
    day = datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC)
    assert rows == [(1, day), (2, day + datetime.timedelta(days=1))]


def refusal(lake: dl.Lakehouse, table: Table, ends: str) -> str:
    """Return the code with which changes are refused."""
    with pytest.raises(LakehouseError) as refused:
        changes(lake, table.path, ends)
    return refused.value.code


def test_versions_without_a_feed_are_refused(lake: dl.Lakehouse, tmp_path: Path) -> None:
    table = Table(tmp_path / "t", record(field("id", "integer")))
    table.create()
    table.commit({"metaData": {**table.metadata, "configuration": FEED}})
    data = table.data("a.parquet", pa.table({"id": pa.array([1], pa.int32())}))
    table.commit({"add": data})
    assert refusal(lake, table, "0, 2") == "LK-3011"
    assert refusal(lake, table, "2, 1") == "LK-3010"
    assert refusal(lake, table, "2, 9") == "LK-3004"
    assert changes(lake, table.path, "1, 2", "id") == [(1,)]


def test_columns_that_changed_their_type_are_refused(lake: dl.Lakehouse, tmp_path: Path) -> None:
    table = Table(tmp_path / "t", record(field("id", "integer")), properties=FEED)
    data = table.data("a.parquet", pa.table({"id": pa.array([1], pa.int32())}))
    table.create({"add": data})
    other = Table(tmp_path / "other", record(field("id", "string")), properties=FEED)
    table.commit({"remove": data}, {"metaData": other.metadata})
    assert refusal(lake, table, "0, 1") == "LK-3011"
    assert changes(lake, table.path, "0, 0", "id") == [(1,)]
