"""Scoreboard: every golden table of others, read through SQL, is equal to its expected rows.

The lists below are exact: a table that gets worse, or better unnoticed, fails a test.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import data_lakehouse as dl
from data_lakehouse.config import LakehouseConfig
from data_lakehouse.errors import LakehouseError

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("LAKEHOUSE_CONFORMANCE", ROOT.parent / "shared" / "conformance"))
GOLDEN = SHARED / "delta" / "golden"

#: Tables with expected rows that are refused, by the feature that refuses them.
REFUSED: dict[str, list[str]] = {}

#: Tables whose partition values have timestamps without a zone, by the zone of their writer.
ZONES = {"data-reader-partition-values": "America/Los_Angeles"}

#: Tables without expected rows, by the code that refuses them. No file of the log, no schema, and
#: files that are not there, are errors; never fewer rows.
NEGATIVE: dict[str, str] = {
    "canonicalized-paths-normal-a": "no rows",
    "canonicalized-paths-normal-b": "no rows",
    "canonicalized-paths-special-a": "no rows",
    "canonicalized-paths-special-b": "no rows",
    "checkpoint": "LK-8001",
    "data-reader-absolute-paths-escaped-chars": "LK-3003",
    "delete-re-add-same-file-different-transactions": "LK-8001",
    "deltalog-commit-info": "LK-3003",
    "deltalog-invalid-protocol-version": "LK-3002",
    "deltalog-state-reconstruction-from-checkpoint-missing-metadata": "LK-3003",
    "deltalog-state-reconstruction-from-checkpoint-missing-protocol": "LK-3003",
    "deltalog-state-reconstruction-without-metadata": "LK-3003",
    "deltalog-state-reconstruction-without-protocol": "LK-3003",
    "hive": "LK-3001",
    "log-replay-special-characters-b": "LK-8001",
    "no-delta-log-folder": "LK-3001",
    "update-deleted-directory": "LK-4004",
    "versions-not-contiguous": "LK-3003",
}

PRIMITIVES = {
    "boolean": pa.bool_(),
    "byte": pa.int8(),
    "short": pa.int16(),
    "integer": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "string": pa.string(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "timestamp_ntz": pa.timestamp("us"),
}


def arrow_type(spark: Any) -> pa.DataType:
    """Return the type that a Spark type of a schema in JSON must be read as."""
    if isinstance(spark, str) and spark.startswith("decimal"):
        precision, scale = spark[len("decimal(") : -1].split(",")
        return pa.decimal128(int(precision), int(scale))
    if isinstance(spark, str):
        return PRIMITIVES[spark]
    if spark["type"] == "array":
        return pa.list_(arrow_type(spark["elementType"]))
    if spark["type"] == "map":
        return pa.map_(arrow_type(spark["keyType"]), arrow_type(spark["valueType"]))
    return pa.struct([(field["name"], arrow_type(field["type"])) for field in spark["fields"]])


def plain(kind: pa.DataType) -> pa.DataType:
    """Return a type without names of list items, nullability and the name of the UTC zone."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(plain(kind.value_type))
    if pa.types.is_map(kind):
        return pa.map_(plain(kind.key_type), plain(kind.item_type))
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, plain(field.type)) for field in kind])
    if pa.types.is_timestamp(kind):
        return pa.timestamp(kind.unit, tz="UTC" if kind.tz else None)
    return {pa.large_string(): pa.string(), pa.large_binary(): pa.binary()}.get(kind, kind)


def expected_rows(folder: Path) -> pa.Table:
    """Return the expected rows, with the types that Spark wrote them with."""
    files = sorted(folder.rglob("*.parquet"))
    meta = pq.read_schema(files[0]).metadata[b"org.apache.spark.sql.parquet.row.metadata"]
    schema = pa.schema(
        [(field["name"], arrow_type(field["type"])) for field in json.loads(meta)["fields"]]
    )
    # ParquetFile takes no partition values from the names of directories.
    parts = [pq.ParquetFile(file, coerce_int96_timestamp_unit="us").read() for file in files]
    return pa.concat_tables(adapt(part, schema) for part in parts)


def adapt(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return ``table`` with the types of ``schema``; instants are read as UTC."""
    assert table.column_names == schema.names
    arrays = [table.column(i).cast(field.type) for i, field in enumerate(schema)]
    return pa.table(arrays, schema=schema)


def multiset(table: pa.Table) -> Counter[str]:
    """Count the rows by a text that is equal for equal rows; maps have no order."""

    def canonical(value: Any, kind: pa.DataType) -> Any:
        if value is None:
            return None
        if pa.types.is_list(kind):
            return [canonical(item, kind.value_type) for item in value]
        if pa.types.is_map(kind):
            return sorted(
                (str(canonical(k, kind.key_type)), str(canonical(v, kind.item_type)))
                for k, v in value
            )
        if pa.types.is_struct(kind):
            return [canonical(value[field.name], field.type) for field in kind]
        return value

    columns = [
        [canonical(value, field.type) for value in table.column(i).to_pylist()]
        for i, field in enumerate(table.schema)
    ]
    return Counter(map(repr, zip(*columns, strict=True)))


def equal(ours: pa.Table, theirs: pa.Table) -> bool:
    """Compare as multisets of rows, names and types included."""
    if ours.column_names != theirs.column_names or ours.num_rows != theirs.num_rows:
        return False
    types = [plain(kind) for kind in ours.schema.types]
    if types != [plain(kind) for kind in theirs.schema.types]:
        return False
    if ours.num_rows < 10_000:
        return multiset(ours.cast(theirs.schema)) == multiset(theirs)
    keys = [(name, "ascending") for name in ours.column_names]
    return bool(ours.cast(theirs.schema).sort_by(keys).equals(theirs.sort_by(keys)))


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack all golden tables into one folder."""
    folder = tmp_path_factory.mktemp("golden")
    for archive in sorted(GOLDEN.glob("*.tar.zst")):
        subprocess.run(["tar", "--zstd", "-xf", archive, "-C", folder], check=True, timeout=60)
    return folder


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, golden: Path) -> Iterator[dl.Lakehouse]:
    """Open a lakehouse that may read the golden tables in their places."""
    with open_lake(tmp_path_factory.mktemp("lake"), golden, "UTC") as opened:
        yield opened


def open_lake(root: Path, golden: Path, zone: str) -> dl.Lakehouse:
    """Open a lakehouse for tables whose writers were in a time zone."""
    settings = {
        "storage.data_root": root,
        "storage.allowed_locations": golden,
        "storage.partition_time_zone": zone,
    }
    return dl.connect(LakehouseConfig(settings=settings))


def read(lake: dl.Lakehouse, table: Path) -> pa.Table:
    """Read all rows of the latest version through SQL."""
    return lake.sql(f"SELECT * FROM delta.`{table}`").to_arrow()


def feature_of(error: LakehouseError) -> str:
    """Return the feature that a refusal names, or its code."""
    named = re.search(r"feature (\S+)", error.message)
    return named[1] if error.code == "LK-3002" and named else f"{error.code} {error.message}"


def test_scoreboard(
    lake: dl.Lakehouse, golden: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = [path.parent for path in sorted(golden.glob("*/expected"))]
    refused: dict[str, list[str]] = defaultdict(list)
    wrong: list[str] = []
    for table in tables:
        try:
            if table.name in ZONES:
                with open_lake(tmp_path / table.name, golden, ZONES[table.name]) as zoned:
                    ours = read(zoned, table / "delta")
            else:
                ours = read(lake, table / "delta")
        except LakehouseError as error:
            refused[feature_of(error)].append(table.name)
            continue
        if not equal(ours, expected_rows(table / "expected")):
            wrong.append(table.name)
    count = len(tables) - len(wrong) - sum(map(len, refused.values()))
    with capsys.disabled():
        print(
            f"\ngolden: {count} of {len(tables)} equal, {sum(map(len, refused.values()))} refused"
        )
        for feature, names in sorted(refused.items()):
            print(f"  {feature} -> {', '.join(names)}")
    assert not wrong
    assert dict(refused) == REFUSED
    assert len(tables) == 71


@pytest.mark.parametrize("name", sorted(NEGATIVE))
def test_a_table_without_rows_is_a_typed_error(lake: dl.Lakehouse, golden: Path, name: str) -> None:
    if NEGATIVE[name] == "no rows":
        assert read(lake, golden / name / "delta").num_rows == 0
        return
    with pytest.raises(LakehouseError) as refused:
        read(lake, golden / name / "delta")
    assert refused.value.code == NEGATIVE[name]
    assert refused.value.message


def test_every_archive_is_on_one_list(golden: Path) -> None:
    without = {path.name for path in golden.iterdir() if not (path / "expected").exists()}
    assert without == set(NEGATIVE)
