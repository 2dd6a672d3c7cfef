"""What maintenance leaves of a table is read equal by delta-rs and DuckDB."""

import json
import os
from pathlib import Path

import deltalake
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import data_lakehouse as dl

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "lakehouse"
DEPS = Path(os.environ.get("LAKEHOUSE_DEPS_DIR", CACHE))


def place_of(table: dl.Table) -> Path:
    """Return the folder of ``table``."""
    return Path(table.uri.removeprefix("file://"))


def read_by_others(place: Path) -> list[list[int]]:
    """Return the sorted ids that delta-rs and DuckDB's extension see."""
    rust = deltalake.DeltaTable(str(place)).to_pyarrow_table().column("id").to_pylist()
    connection = duckdb.connect()
    connection.execute(f"LOAD '{DEPS / 'duckdb-extensions-1.5.5' / 'delta.duckdb_extension'}'")
    duck = connection.execute(f"SELECT id FROM delta_scan('{place}')").fetchall()
    return [sorted(rust), sorted(row[0] for row in duck)]


def ids(lakehouse: dl.Lakehouse, name: str) -> list[int]:
    """Return the sorted ids that we see."""
    return sorted(row[0] for row in lakehouse.sql(f"SELECT id FROM {name}").collect())


def check(lakehouse: dl.Lakehouse, name: str) -> list[int]:
    """Compare all readers and return the ids."""
    ours = ids(lakehouse, name)
    for theirs in read_by_others(place_of(lakehouse.table(name))):
        assert theirs == ours
    return ours


@pytest.mark.parametrize("as_struct", ["false", "true"])
def test_checkpoints_are_read(lakehouse: dl.Lakehouse, as_struct: str) -> None:
    lakehouse.sql(
        "CREATE TABLE points (id BIGINT, day DATE, part STRING, price DECIMAL(10, 2), at TIMESTAMP)"
        " PARTITIONED BY (part) TBLPROPERTIES ('delta.checkpointInterval' = '2',"
        f" 'delta.checkpoint.writeStatsAsStruct' = '{as_struct}')"
    )
    for number in range(5):
        lakehouse.sql(
            f"INSERT INTO points VALUES ({number}, DATE '2024-01-01', 'a{number % 2}', 1.25, now())"
        )
    lakehouse.sql("DELETE FROM points WHERE id = 1")
    log = place_of(lakehouse.table("points")) / "_delta_log"
    newest = log / f"{6:020}.checkpoint.parquet"
    rows = pq.read_table(newest)
    assert ("stats_parsed" in [f.name for f in rows.schema.field("add").type]) == (
        as_struct == "true"
    )
    for version in range(6):  # the checkpoint alone must do
        (log / f"{version:020}.json").unlink()
    assert check(lakehouse, "points") == [0, 2, 3, 4]


def test_each_commit_has_a_checksum(lakehouse: dl.Lakehouse) -> None:
    lakehouse.sql("CREATE TABLE sums AS SELECT range AS id FROM range(10)")
    lakehouse.sql("INSERT INTO sums VALUES (10)")
    log = place_of(lakehouse.table("sums")) / "_delta_log"
    for version in range(2):
        checksum = json.loads((log / f"{version:020}.crc").read_text(encoding="utf-8"))
        assert checksum["numFiles"] == version + 1
        assert checksum["numMetadata"] == checksum["numProtocol"] == 1
    assert check(lakehouse, "sums") == list(range(11))


def test_restored_and_vacuumed_tables_are_read(lakehouse: dl.Lakehouse) -> None:
    lakehouse.sql(
        "CREATE TABLE restored TBLPROPERTIES"
        " ('delta.deletedFileRetentionDuration' = 'interval 0 hours')"
        " AS SELECT range AS id FROM range(5)"
    )
    lakehouse.sql("INSERT OVERWRITE restored SELECT range AS id FROM range(100, 103)")
    lakehouse.sql("RESTORE restored TO VERSION AS OF 0")
    assert check(lakehouse, "restored") == list(range(5))
    lakehouse.sql("VACUUM restored RETAIN 0 HOURS")
    assert check(lakehouse, "restored") == list(range(5))
    assert len(list(place_of(lakehouse.table("restored")).glob("*.parquet"))) == 1


def test_clones_are_read(lakehouse: dl.Lakehouse) -> None:
    lakehouse.sql("CREATE TABLE origin AS SELECT range AS id FROM range(5)")
    lakehouse.sql("CREATE TABLE copied DEEP CLONE origin")
    lakehouse.sql("CREATE TABLE referring SHALLOW CLONE origin")
    lakehouse.sql("INSERT INTO copied VALUES (50)")
    lakehouse.sql("INSERT INTO referring VALUES (60)")
    assert check(lakehouse, "copied") == [0, 1, 2, 3, 4, 50]
    assert ids(lakehouse, "referring") == [0, 1, 2, 3, 4, 60]
    assert check(lakehouse, "origin") == [0, 1, 2, 3, 4]


def test_converted_files_are_read(lakehouse: dl.Lakehouse) -> None:
    place = Path(str(lakehouse.config["storage.data_root"])) / "bronze" / "plain"
    for part in ("a", "b c"):
        folder = place / f"part={part.replace(' ', '%20')}"
        folder.mkdir(parents=True)
        rows = pa.table({"id": pa.array(range(3), pa.int64()), "name": ["x", None, "z"]})
        pq.write_table(rows, folder / "rows.parquet")
    lakehouse.sql(f"CONVERT TO DELTA parquet.`{place}` PARTITIONED BY (part STRING)")
    converted = lakehouse.catalog.register_table("bronze.plain", place)
    assert converted.count() == 6
    assert lakehouse.sql("SELECT id FROM bronze.plain WHERE part = 'b c' AND id > 1").count() == 1
    for theirs in read_by_others(place):
        assert theirs == [0, 0, 1, 1, 2, 2]
