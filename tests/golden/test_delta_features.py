"""Features of Delta tables, each on a table made for it."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from handmade import Table, deletion_vector, field, record

import data_lakehouse as dl
from data_lakehouse import program
from data_lakehouse.errors import LakehouseError

INT = "integer"


def rows(lake: dl.Lakehouse, table: Table, where: str = "") -> list[tuple[Any, ...]]:
    """Return all rows, in order."""
    query = f"SELECT * FROM delta.`{table.path}` {where}"
    found = lake.sql(query).to_arrow()
    columns = [found.column(i).to_pylist() for i in range(found.num_columns)]
    return sorted(zip(*columns, strict=True), key=repr)


def add(entry: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an ``add`` action."""
    return {"add": {**entry, **more}}


def ids(table: Table, name: str, values: list[int]) -> dict[str, Any]:
    """Write a file with one column of integers."""
    return table.data(name, pa.table({"id": pa.array(values, pa.int32())}))


def test_deleted_rows_are_left_out(lake: dl.Lakehouse, tmp_path: Path) -> None:
    table = Table(tmp_path / "t", record(field("id", INT)), features=["deletionVectors"])
    first = ids(table, "a.parquet", [0, 1, 2, 3, 4])
    table.create(add(first, deletionVector=deletion_vector([1, 3])))
    assert rows(lake, table) == [(0,), (2,), (4,)]
    count = lake.sql(f"SELECT count(*) FROM delta.`{table.path}`").collect()
    assert count == [(3,)]
    # The rows that are left, after more of them went, and after some came back.
    table.commit(
        {"remove": {**first, "deletionVector": deletion_vector([1, 3])}},
        add(first, deletionVector=deletion_vector([0, 1, 3])),
    )
    assert rows(lake, table) == [(2,), (4,)]
    table.commit({"remove": {**first, "deletionVector": deletion_vector([0, 1, 3])}}, add(first))
    assert len(rows(lake, table)) == 5


def test_a_vector_of_a_wrong_size_is_an_error(lake: dl.Lakehouse, tmp_path: Path) -> None:
    table = Table(tmp_path / "t", record(field("id", INT)), features=["deletionVectors"])
    wrong = {**deletion_vector([1]), "cardinality": 2}
    table.create(add(ids(table, "a.parquet", [0, 1]), deletionVector=wrong))
    with pytest.raises(LakehouseError) as refused:
        rows(lake, table)
    assert refused.value.code == "LK-3008"


MAPPED = record(
    field("renamed", INT, 1, "col-1"),
    field("point", record(field("x", INT, 3, "col-3"), field("new y", INT, 4, "col-4")), 2, "c2"),
    field(
        "list of",
        {
            "type": "array",
            "containsNull": True,
            "elementType": record(field("deep", "string", 6, "col-6"), field("er", INT, 7, "c7")),
        },
        5,
        "col-5",
    ),
    field(
        "by key",
        {
            "type": "map",
            "keyType": "string",
            "valueType": record(field("v", INT, 9, "col-9"), field("w", INT, 10, "col-10")),
            "valueContainsNull": True,
        },
        8,
        "col-8",
    ),
    field("part", "string", 11, "col-11"),
    field("added", INT, 12, "col-12"),
)


def with_ids(kind: pa.DataType, name: str, identifier: int = 0) -> pa.Field:
    """Return a field that carries its id into Parquet."""
    metadata = {"PARQUET:field_id": str(identifier)} if identifier else None
    return pa.field(name, kind, metadata=metadata)


@pytest.mark.parametrize("mode", ["name", "id"])
def test_columns_are_mapped_at_every_depth(lake: dl.Lakehouse, tmp_path: Path, mode: str) -> None:
    table = Table(
        tmp_path / "t",
        MAPPED,
        features=["columnMapping"],
        properties={"delta.columnMapping.mode": mode},
        partitions=["part"],
    )
    # In the mode "id" only the ids count, so the file may call its columns as it likes.
    n = (lambda name: name) if mode == "name" else (lambda name: "file-" + name)
    point = pa.struct([with_ids(pa.int32(), n("col-3"), 3)])
    inner = pa.struct([with_ids(pa.int32(), n("c7"), 7), with_ids(pa.string(), n("col-6"), 6)])
    value = pa.struct([with_ids(pa.int32(), n("col-10"), 10), with_ids(pa.int32(), n("col-9"), 9)])
    schema = pa.schema(
        [
            with_ids(pa.map_(pa.string(), value), n("col-8"), 8),
            with_ids(pa.list_(inner), n("col-5"), 5),
            with_ids(point, n("c2"), 2),
            with_ids(pa.int32(), n("col-1"), 1),
        ]
    )
    data = pa.table(
        [
            pa.array([[("k", {n("col-10"): 10, n("col-9"): 9})], None], schema.field(0).type),
            pa.array([[{n("c7"): 7, n("col-6"): "six"}], []], schema.field(1).type),
            pa.array([{n("col-3"): 3}, None], point),
            pa.array([1, 2], pa.int32()),
        ],
        schema=schema,
    )
    table.create(add(table.data("a.parquet", data), partitionValues={"col-11": "p"}))
    first, second = rows(lake, table)
    assert first == (
        1,
        {"x": 3, "new y": None},
        [{"deep": "six", "er": 7}],
        [("k", {"v": 9, "w": 10})],
        "p",
        None,
    )
    assert second == (2, None, [], None, "p", None)
    assert [row[0] for row in rows(lake, table, "WHERE point.x = 3")] == [1]
    assert [row[0] for row in rows(lake, table, "WHERE renamed > 1 AND part = 'p'")] == [2]


def test_statistics_go_by_the_physical_name(lake: dl.Lakehouse, tmp_path: Path) -> None:
    table = Table(
        tmp_path / "t",
        record(field("id", INT, 1, "col-1")),
        features=["columnMapping"],
        properties={"delta.columnMapping.mode": "name"},
    )
    entries = []
    for n in range(3):
        data = pa.table({"col-1": pa.array([n], pa.int32())})
        stats = {"numRecords": 1, "minValues": {"col-1": n}, "maxValues": {"col-1": n}}
        entries.append(add(table.data(f"{n}.parquet", data), stats=json.dumps(stats)))
    table.create(*entries)
    plan = lake.sql(f"EXPLAIN SELECT * FROM delta.`{table.path}` WHERE id = 2").collect()
    assert "files read 1 of 3" in str(plan)


def test_an_unknown_mapping_mode_is_refused(lake: dl.Lakehouse, tmp_path: Path) -> None:
    table = Table(
        tmp_path / "t",
        record(field("id", INT)),
        features=["columnMapping"],
        properties={"delta.columnMapping.mode": "magic"},
    )
    table.create()
    with pytest.raises(LakehouseError) as refused:
        rows(lake, table)
    assert refused.value.code == "LK-3002"


WIDENED = [
    ("byte", INT, pa.int8(), 7, 7),
    ("short", "long", pa.int16(), -7, -7),
    (INT, "double", pa.int32(), 7, 7.0),
    ("float", "double", pa.float32(), 1.5, 1.5),
    (INT, "decimal(12,2)", pa.int32(), 7, Decimal("7.00")),
    ("long", "decimal(22,1)", pa.int64(), 2**60, Decimal(2**60)),
    ("decimal(5,2)", "decimal(9,3)", pa.decimal128(5, 2), Decimal("1.25"), Decimal("1.250")),
    (
        "date",
        "timestamp_ntz",
        pa.date32(),
        datetime.date(2020, 2, 29),
        datetime.datetime(2020, 2, 29),
    ),
]


@pytest.mark.parametrize(("old", "new", "stored", "before", "after"), WIDENED)
def test_files_with_narrower_types_are_converted(
    lake: dl.Lakehouse,
    tmp_path: Path,
    old: str,
    new: str,
    stored: pa.DataType,
    before: Any,
    after: Any,
) -> None:
    change = [{"fromType": old, "toType": new}]
    inside = [{**change[0], "fieldPath": "element"}]
    table = Table(
        tmp_path / "t",
        record(
            field("v", new, **{"delta.typeChanges": change}),
            field(
                "l",
                {"type": "array", "elementType": new, "containsNull": True},
                **{"delta.typeChanges": inside},
            ),
        ),
        features=["typeWidening", "timestampNtz"],
    )
    data = pa.table({"v": pa.array([before, None], stored), "l": pa.array([[before], None])})
    data = data.set_column(1, "l", data.column(1).cast(pa.list_(stored)))
    table.create(add(table.data("a.parquet", data)))
    assert rows(lake, table) == sorted([(after, [after]), (None, None)], key=repr)
    types = {"integer": "INT", "long": "BIGINT", "timestamp_ntz": "TIMESTAMP"}
    literal = f"CAST('{after}' AS {types.get(new, new)})"
    assert len(rows(lake, table, f"WHERE v = {literal}")) == 1
    assert rows(lake, table, f"WHERE v > {literal}") == []


def test_a_filter_between_two_days_is_kept_after_widening(
    lake: dl.Lakehouse, tmp_path: Path
) -> None:
    change = [{"fromType": "date", "toType": "timestamp_ntz"}]
    table = Table(
        tmp_path / "t",
        record(field("moment", "timestamp_ntz", **{"delta.typeChanges": change})),
        features=["typeWidening", "timestampNtz"],
    )
    data = pa.table({"moment": pa.array([datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)])})
    stats = {
        "numRecords": 2,
        "minValues": {"moment": "2020-01-01"},
        "maxValues": {"moment": "2020-01-02"},
        "nullCount": {"moment": 0},
    }
    table.create(add(table.data("a.parquet", data), stats=json.dumps(stats)))
    assert len(rows(lake, table, "WHERE moment > TIMESTAMP '2020-01-01 12:00:00'")) == 1
    assert rows(lake, table, "WHERE moment = TIMESTAMP '2020-01-01 12:00:00'") == []


def test_constants_between_values_of_a_narrower_type_find_nothing(
    lake: dl.Lakehouse, tmp_path: Path
) -> None:
    change = [{"fromType": INT, "toType": "double"}]
    table = Table(
        tmp_path / "t",
        record(field("v", "double", **{"delta.typeChanges": change})),
        features=["typeWidening"],
    )
    table.create(add(table.data("a.parquet", pa.table({"v": pa.array([7, 8], pa.int32())}))))
    assert rows(lake, table, "WHERE v = 7.25") == []
    assert rows(lake, table, "WHERE v > 7.25") == [(8.0,)]


@pytest.mark.parametrize("form", ["int96", "micros", "millis"])
def test_instants_do_not_depend_on_the_sessions_zone(
    lake: dl.Lakehouse, tmp_path: Path, form: str
) -> None:
    inner = record(field("t", "timestamp"))
    table = Table(
        tmp_path / "t",
        record(
            field("t", "timestamp"),
            field("s", inner),
            field("l", {"type": "array", "elementType": "timestamp", "containsNull": True}),
        ),
    )
    moment = datetime.datetime(2020, 7, 1, 12, tzinfo=datetime.UTC)
    instant = pa.timestamp("us", tz="UTC") if form == "int96" else pa.timestamp("us")
    value = moment if form == "int96" else moment.replace(tzinfo=None)
    data = pa.table(
        {
            "t": pa.array([value], instant),
            "s": pa.array([{"t": value}], pa.struct([("t", instant)])),
            "l": pa.array([[value]], pa.list_(instant)),
        }
    )
    entry = table.data("a.parquet", data)
    if form == "int96":
        pq.write_table(data, table.path / "a.parquet", use_deprecated_int96_timestamps=True)
    else:
        unit = {"micros": "us", "millis": "ms"}[form]
        pq.write_table(data, table.path / "a.parquet", coerce_timestamps=unit)
    entry["size"] = (table.path / "a.parquet").stat().st_size
    table.create(add(entry))
    place = f"delta.`{table.path}`"
    second = moment.timestamp()
    assert lake.sql(f"SELECT epoch(t) FROM {place}").collect() == [(second,)]
    # A session keeps its zone for the statements of one call of the program.
    script = f"""SET TimeZone = 'Asia/Tokyo';
        SELECT epoch(t) = {second} AND epoch(s.t) = {second} AND epoch(l[1]) = {second}
        FROM {place} WHERE hour(t) = 21 AND t = TIMESTAMP WITH TIME ZONE '2020-07-01 12:00:00+00'"""
    command = [program.find(), "sql", "-o", "jsonl", "-c", script]
    settings = {
        "LAKEHOUSE_STORAGE_DATA_ROOT": str(tmp_path / "lake2"),
        "LAKEHOUSE_STORAGE_ALLOWED_LOCATIONS": str(tmp_path),
    }
    done = subprocess.run(
        command, env=os.environ | settings, capture_output=True, text=True, timeout=60, check=True
    )
    assert list(json.loads(done.stdout).values()) == [True]


def test_an_unknown_type_change_is_refused(lake: dl.Lakehouse, tmp_path: Path) -> None:
    change = [{"fromType": "string", "toType": INT}]
    table = Table(
        tmp_path / "t",
        record(field("v", INT, **{"delta.typeChanges": change})),
        features=["typeWidening"],
    )
    table.create()
    with pytest.raises(LakehouseError) as refused:
        rows(lake, table)
    assert refused.value.code == "LK-3002"
    assert "typeWidening" in refused.value.message


def test_void_columns_are_null(lake: dl.Lakehouse, tmp_path: Path) -> None:
    table = Table(tmp_path / "t", record(field("id", INT), field("nothing", "void")))
    table.create(add(ids(table, "a.parquet", [1, 2])))
    assert rows(lake, table) == [(1, None), (2, None)]


@pytest.mark.parametrize(
    "feature",
    ["variantShredding", "variantShredding-preview", "catalogManaged", "someFutureFeature"],
)
def test_unknown_reader_features_are_refused_by_name(
    lake: dl.Lakehouse, tmp_path: Path, feature: str
) -> None:
    table = Table(tmp_path / "t", record(field("id", INT)), features=[feature])
    table.create()
    with pytest.raises(LakehouseError) as refused:
        rows(lake, table)
    assert refused.value.code == "LK-3002"
    assert feature in refused.value.message


def test_unknown_writer_features_do_not_hinder_readers(lake: dl.Lakehouse, tmp_path: Path) -> None:
    table = Table(
        tmp_path / "t",
        record(field("id", INT)),
        features=["vacuumProtocolCheck"],
        writer_features=["someFutureWriterFeature", "rowTracking", "domainMetadata", "clustering"],
    )
    table.create(
        add(ids(table, "a.parquet", [1]), baseRowId=0, defaultRowCommitVersion=0, future={"a": 1}),
        {"domainMetadata": {"domain": "future", "configuration": "{}", "removed": False}},
        {"futureAction": {"x": 1}},
    )
    assert rows(lake, table) == [(1,)]


def test_statistics_in_a_struct_prune_as_those_in_text(lake: dl.Lakehouse, tmp_path: Path) -> None:
    schema = record(
        field("id", INT),
        field("moment", "timestamp"),
        field("d", "date"),
        field("p", "decimal(5,2)"),
    )
    table = Table(tmp_path / "t", schema)
    table.create()
    instants = [datetime.datetime(2020 + n, 1, 1, tzinfo=datetime.UTC) for n in range(3)]
    adds = []
    for n in range(3):
        values = {
            "id": n,
            "moment": instants[n],
            "d": datetime.date(2020 + n, 1, 1),
            "p": Decimal(n) / 4,
        }
        entry = table.data(
            f"{n}.parquet",
            pa.table(
                {
                    "id": pa.array([n], pa.int32()),
                    "moment": pa.array([instants[n]], pa.timestamp("us", tz="UTC")),
                    "d": pa.array([values["d"]]),
                    "p": pa.array([values["p"]], pa.decimal128(5, 2)),
                }
            ),
        )
        counts = dict.fromkeys(values, 0)
        parsed = {"numRecords": 1, "minValues": values, "maxValues": values, "nullCount": counts}
        adds.append({**entry, "stats": None, "stats_parsed": parsed, "partitionValues": []})
    leaf = pa.struct(
        [
            ("id", pa.int32()),
            ("moment", pa.timestamp("us", tz="UTC")),
            ("d", pa.date32()),
            ("p", pa.decimal128(5, 2)),
        ]
    )
    counts_type = pa.struct([(name, pa.int64()) for name in ("id", "moment", "d", "p")])
    parsed_type = pa.struct(
        [
            ("numRecords", pa.int64()),
            ("minValues", leaf),
            ("maxValues", leaf),
            ("nullCount", counts_type),
        ]
    )
    text_map = pa.map_(pa.string(), pa.string())
    add_type = pa.struct(
        [
            ("path", pa.string()),
            ("partitionValues", text_map),
            ("size", pa.int64()),
            ("modificationTime", pa.int64()),
            ("dataChange", pa.bool_()),
            ("stats", pa.string()),
            ("stats_parsed", parsed_type),
        ]
    )
    meta = {**table.metadata, "configuration": []}
    meta["format"] = {"provider": "parquet", "options": []}
    meta_type = pa.struct(
        [
            ("id", pa.string()),
            ("format", pa.struct([("provider", pa.string()), ("options", text_map)])),
            ("schemaString", pa.string()),
            ("partitionColumns", pa.list_(pa.string())),
            ("configuration", text_map),
            ("createdTime", pa.int64()),
        ]
    )
    protocol_type = pa.struct([("minReaderVersion", pa.int32()), ("minWriterVersion", pa.int32())])
    checkpoint = pa.table(
        {
            "protocol": pa.array([table.protocol, *[None] * 4], protocol_type),
            "metaData": pa.array([None, meta, None, None, None], meta_type),
            "add": pa.array([None, None, *adds], add_type),
        }
    )
    pq.write_table(checkpoint, table.file(0, "checkpoint.parquet"))
    assert len(rows(lake, table)) == 3
    for condition in (
        "id = 1",
        "moment = TIMESTAMPTZ '2021-01-01 00:00:00+00'",
        "d = DATE '2021-01-01'",
        "p = 0.25",
    ):
        query = f"EXPLAIN SELECT * FROM delta.`{table.path}` WHERE {condition}"
        assert "files read 1 of 3" in str(lake.sql(query).collect()), condition
        assert len(rows(lake, table, f"WHERE {condition}")) == 1


def test_bounds_that_writers_cut_lose_no_row(lake: dl.Lakehouse, tmp_path: Path) -> None:
    table = Table(tmp_path / "t", record(field("s", "string"), field("moment", "timestamp")))
    long = "x" * 40
    at = datetime.datetime(2020, 1, 1, 0, 0, 0, 123_456, tzinfo=datetime.UTC)
    data = pa.table({"s": pa.array([long]), "moment": pa.array([at], pa.timestamp("us", tz="UTC"))})
    stats = {
        "numRecords": 1,
        "minValues": {"s": "x" * 32, "moment": "2020-01-01T00:00:00.123Z"},
        "maxValues": {"s": "x" * 32 + "\x7f", "moment": "2020-01-01T00:00:00.123Z"},
        "nullCount": {"s": 0, "moment": 0},
    }
    table.create(add(table.data("a.parquet", data), stats=json.dumps(stats)))
    assert len(rows(lake, table, f"WHERE s = '{long}'")) == 1
    moment = "TIMESTAMPTZ '2020-01-01 00:00:00.123456+00'"
    assert len(rows(lake, table, f"WHERE moment = {moment}")) == 1
    assert len(rows(lake, table, f"WHERE moment >= {moment}")) == 1


def test_wide_bounds_and_null_counts_lose_no_row(lake: dl.Lakehouse, tmp_path: Path) -> None:
    table = Table(tmp_path / "t", record(field("id", INT)), features=["deletionVectors"])
    data = table.data("a.parquet", pa.table({"id": pa.array([1, None, 9], pa.int32())}))
    stats = {
        "numRecords": 3,
        "tightBounds": False,
        "minValues": {"id": 1},
        "maxValues": {"id": 9},
        "nullCount": {"id": 1},
    }
    table.create(add(data, stats=json.dumps(stats), deletionVector=deletion_vector([2])))
    assert len(rows(lake, table, "WHERE id IS NULL")) == 1
    assert len(rows(lake, table, "WHERE id IS NOT NULL")) == 1
    assert rows(lake, table, "WHERE id > 5") == []


PARTITIONS = [
    ("boolean", "true", True),
    ("byte", "-7", -7),
    ("short", "300", 300),
    (INT, "70000", 70000),
    ("long", "5000000000", 5_000_000_000),
    ("float", "1.5", 1.5),
    ("double", "-1.0E-5", -1e-5),
    ("decimal(10,3)", "12.5", Decimal("12.500")),
    ("string", "a b/c=%", "a b/c=%"),
    ("binary", "ab", b"ab"),
    ("date", "2020-02-29", datetime.date(2020, 2, 29)),
    (
        "timestamp",
        "2020-02-29 01:02:03",
        datetime.datetime(2020, 2, 29, 1, 2, 3, tzinfo=datetime.UTC),
    ),
    (
        "timestamp",
        "2020-02-29T01:02:03.456789Z",
        datetime.datetime(2020, 2, 29, 1, 2, 3, 456_789, tzinfo=datetime.UTC),
    ),
    ("timestamp_ntz", "2020-02-29 01:02:03.5", datetime.datetime(2020, 2, 29, 1, 2, 3, 500_000)),
]


@pytest.mark.parametrize(("kind", "text", "value"), PARTITIONS)
def test_partition_values_of_every_type(
    lake: dl.Lakehouse, tmp_path: Path, kind: str, text: str, value: Any
) -> None:
    table = Table(
        tmp_path / "t",
        record(field("id", INT), field("part", kind)),
        partitions=["part"],
        features=["timestampNtz"],
    )
    data = ids(table, "a.parquet", [1])
    nothing = ids(table, "b.parquet", [2])
    empty = ids(table, "c.parquet", [3])
    table.create(
        add(data, partitionValues={"part": text}),
        add(nothing, partitionValues={"part": None}),
        add(empty, partitionValues={"part": ""}),
    )
    assert rows(lake, table) == sorted([(1, value), (2, None), (3, None)], key=repr)
    assert len(rows(lake, table, "WHERE part IS NULL")) == 2


def test_a_partition_value_of_no_sense_is_an_error(lake: dl.Lakehouse, tmp_path: Path) -> None:
    table = Table(
        tmp_path / "t", record(field("id", INT), field("part", "date")), partitions=["part"]
    )
    table.create(add(ids(table, "a.parquet", [1]), partitionValues={"part": "no day"}))
    with pytest.raises(LakehouseError) as refused:
        rows(lake, table)
    assert refused.value.code == "LK-3503"


def test_escaped_and_absolute_paths_are_found(lake: dl.Lakehouse, tmp_path: Path) -> None:
    table = Table(tmp_path / "t", record(field("id", INT)))
    odd = ids(table, "a b=%41/x y.parquet", [1])
    inside = ids(table, "inside.parquet", [2])
    outside = tmp_path / "elsewhere.parquet"
    pq.write_table(pa.table({"id": pa.array([3], pa.int32())}), outside)
    table.create(
        add(odd, path="a%20b=%2541/x%20y.parquet"),
        add(inside, path=f"file:{table.path}/inside.parquet"),
        add(inside, path=str(outside), size=outside.stat().st_size),
    )
    assert rows(lake, table) == [(1,), (2,), (3,)]


def test_structs_in_lists_take_new_fields(lake: dl.Lakehouse, tmp_path: Path) -> None:
    element = record(field("a", INT), field("b", "string"))
    kind = {"type": "array", "elementType": element, "containsNull": True}
    table = Table(tmp_path / "t", record(field("l", kind)))
    old = pa.array([[{"a": 1}, None]], pa.list_(pa.struct([("a", pa.int32())])))
    new_type = pa.list_(pa.struct([("b", pa.string()), ("a", pa.int32())]))
    new = pa.array([[{"a": 2, "b": "x"}]], new_type)
    table.create(
        add(table.data("old.parquet", pa.table({"l": old}))),
        add(table.data("new.parquet", pa.table({"l": new}))),
    )
    assert rows(lake, table) == sorted(
        [([{"a": 1, "b": None}, None],), ([{"a": 2, "b": "x"}],)], key=repr
    )


def test_times_in_commits_are_those_of_time_travel(lake: dl.Lakehouse, tmp_path: Path) -> None:
    table = Table(
        tmp_path / "t",
        record(field("id", INT)),
        properties={
            "delta.enableInCommitTimestamps": "true",
            "delta.inCommitTimestampEnablementVersion": "0",
            "delta.inCommitTimestampEnablementTimestamp": "1000000000000",
        },
        writer_features=["inCommitTimestamp"],
        reader=1,
    )
    hour = 3_600_000
    start = 1_000_000_000_000
    table.create(add(ids(table, "0.parquet", [0])), inCommitTimestamp=start)
    for n in (1, 2):
        table.commit(add(ids(table, f"{n}.parquet", [n])), inCommitTimestamp=start + n * hour)

    def at(unix_ms: int) -> int:
        moment = datetime.datetime.fromtimestamp(unix_ms / 1000, datetime.UTC)
        text = moment.strftime("%Y-%m-%d %H:%M:%S+00")
        query = f"SELECT count(*) FROM delta.`{table.path}` AT (TIMESTAMP => TIMESTAMPTZ '{text}')"
        return int(lake.sql(query).collect()[0][0])

    assert [at(start), at(start + hour - 1000), at(start + hour), at(start + 2 * hour)] == [
        1,
        1,
        2,
        3,
    ]
    for outside in (start - 1000, start + 3 * hour):
        with pytest.raises(LakehouseError) as refused:
            at(outside)
        assert refused.value.code == "LK-3005"
    table.commit(add(ids(table, "3.parquet", [3])))
    with pytest.raises(LakehouseError) as refused:
        rows(lake, table)
    assert refused.value.code == "LK-3003"
