"""What OPTIMIZE and REORG write is read by delta-rs and DuckDB with equal rows."""

import json
import os
from pathlib import Path

import deltalake
import duckdb
import pyarrow as pa
import pytest

import data_lakehouse as dl

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "lakehouse"
DEPS = Path(os.environ.get("LAKEHOUSE_DEPS_DIR", CACHE))
STATEMENTS = {
    "compaction": "OPTIMIZE t",
    "zorder": "OPTIMIZE t ZORDER BY (a, s)",
    "zorder_one": "OPTIMIZE t WHERE p = 1 ZORDER BY (a)",
    "purge": "REORG TABLE t APPLY (PURGE)",
}


def rows_of(lakehouse: dl.Lakehouse) -> list[tuple[object, ...]]:
    return [tuple(row) for row in lakehouse.sql("SELECT a, p, s FROM t ORDER BY ALL").collect()]


def rows_of_duckdb(place: str) -> list[tuple[object, ...]]:
    connection = duckdb.connect()
    connection.execute(f"LOAD '{DEPS / 'duckdb-extensions-1.5.5' / 'delta.duckdb_extension'}'")
    return connection.execute(f"SELECT a, p, s FROM delta_scan('{place}') ORDER BY ALL").fetchall()


def rows_of_delta_rs(place: str) -> list[tuple[object, ...]]:
    table = deltalake.DeltaTable(place).to_pyarrow_table(columns=["a", "p", "s"])
    order = [("a", "ascending"), ("p", "ascending"), ("s", "ascending")]
    return [tuple(row.values()) for row in table.sort_by(order).to_pylist()]


@pytest.mark.parametrize("name", STATEMENTS)
def test_others_read_equal_rows_after(lakehouse: dl.Lakehouse, name: str) -> None:
    lakehouse.sql("CREATE TABLE t (a BIGINT, p BIGINT, s STRING) PARTITIONED BY (p)")
    for part in range(4):
        lakehouse.sql(
            f"INSERT INTO t SELECT range * 7919 % 1000, range % 2, 's' || range % 13"
            f" FROM range({part * 500}, {part * 500 + 500})"
        )
    lakehouse.sql("DELETE FROM t WHERE a % 10 = 3")
    table = lakehouse.table("t")
    place = table.uri.removeprefix("file://")
    before = rows_of(lakehouse)
    assert rows_of_delta_rs(place) == before
    lakehouse.sql(STATEMENTS[name])
    assert rows_of(lakehouse) == before
    assert rows_of_delta_rs(place) == before
    assert rows_of_duckdb(place) == before
    log = sorted(Path(place, "_delta_log").glob("*.json"))[-1].read_text().splitlines()
    actions = [json.loads(line) for line in log]
    if name != "purge":
        assert actions[0]["commitInfo"]["operation"] == "OPTIMIZE"
        changes = [action[kind] for action in actions for kind in action if kind != "commitInfo"]
        assert changes and not any(change["dataChange"] for change in changes)


def test_a_table_of_delta_rs_is_clustered(lakehouse: dl.Lakehouse) -> None:
    place = Path(str(lakehouse.config["storage.data_root"])) / "main" / "theirs"
    for part in range(3):
        rows = pa.table({"a": pa.array(range(part, 3000, 3)), "b": pa.array(range(1000))})
        deltalake.write_deltalake(str(place), rows, mode="append")
    lakehouse.catalog.register_table("main.theirs", place)
    lakehouse.sql("OPTIMIZE main.theirs ZORDER BY (a, b)")
    table = deltalake.DeltaTable(str(place))
    assert len(table.file_uris()) == 1 and table.to_pyarrow_table().num_rows == 3000
    assert table.history(1)[0]["operation"] == "OPTIMIZE"
