"""Tables written here are read equal by other readers, and theirs by us."""

import datetime
import os
import subprocess
from decimal import Decimal
from pathlib import Path

import deltalake
import duckdb
import pyarrow as pa
import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "build" / "bin" / "table_tool"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "lakehouse"
DEPS = Path(os.environ.get("LAKEHOUSE_DEPS_DIR", CACHE))
COMMITS = 13


def tool(*arguments: object) -> str:
    """Run the test program and return what it printed."""
    done = subprocess.run(
        [TOOL, *map(str, arguments)], check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout


def expected_row(number: int) -> dict[str, object]:
    """Return the row that the test program writes for an id."""
    start = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    micros = 1_357_000_000_123_456 + number * 1_000_000
    return {
        "id": number,
        "part": ["a b/c", "x=1%", "z"][number % 3],
        "price": Decimal(number * 100 + 5) / 100,
        "ratio": number / 4,
        "day": datetime.date(1970, 1, 1) + datetime.timedelta(days=15706 + number),
        "at": start + datetime.timedelta(microseconds=micros),
        "ok": number % 2 == 0,
    }


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a table with every reader's pitfalls: types, escaped partitions, a checkpoint."""
    path = tmp_path_factory.mktemp("lake") / "events"
    tool("write", path)
    assert (path / "_delta_log" / "00000000000000000010.checkpoint.parquet").exists()
    return path


def test_deltalake_reads_our_table(table: Path) -> None:
    rows = deltalake.DeltaTable(str(table)).to_pyarrow_table().sort_by("id").to_pylist()
    assert rows == [expected_row(number) for number in range(COMMITS)]


def test_deltalake_reads_our_older_versions(table: Path) -> None:
    for version in (0, 1, 9, 10, 11):
        rows = deltalake.DeltaTable(str(table), version=version).to_pyarrow_table()
        assert rows.num_rows == version


def test_deltalake_prunes_by_our_statistics(table: Path) -> None:
    found = deltalake.DeltaTable(str(table)).to_pyarrow_table(filters=[("id", "=", 5)])
    assert found.column("id").to_pylist() == [5]


def test_duckdb_delta_reads_our_table(table: Path) -> None:
    extension = DEPS / "duckdb-extensions-1.5.5" / "delta.duckdb_extension"
    connection = duckdb.connect()
    connection.execute(f"LOAD '{extension}'")
    connection.execute("SET TimeZone = 'UTC'")
    query = f"SELECT id, part, price, ratio, day, ok FROM delta_scan('{table}') ORDER BY id"
    rows = connection.execute(query).fetchall()
    names = ("id", "part", "price", "ratio", "day", "ok")
    assert rows == [tuple(expected_row(n)[name] for name in names) for n in range(COMMITS)]


FEATURES = {
    "deletion vectors": ["delta.enableDeletionVectors=true"],
    "row ids": ["delta.enableDeletionVectors=true", "delta.enableRowTracking=true"],
    "in-commit timestamps": [
        "delta.enableDeletionVectors=true",
        "delta.enableInCommitTimestamps=true",
        "delta.feature.clustering=supported",
    ],
}


@pytest.mark.parametrize("properties", FEATURES.values(), ids=FEATURES.keys())
def test_others_see_the_rows_that_vectors_leave(tmp_path: Path, properties: list[str]) -> None:
    path = tmp_path / "deleted"
    tool("many", path, *properties)
    tool("delete", path, 7)
    tool("delete", path, 5)
    left = [n for n in range(600) if n % 7 and n % 5]
    assert tool("ids", path).split() == [str(number) for number in left]
    assert len(list(path.glob("deletion_vector_*.bin"))) == 2
    connection = duckdb.connect()
    extension = DEPS / "duckdb-extensions-1.5.5" / "delta.duckdb_extension"
    connection.execute(f"LOAD '{extension}'")
    query = f"SELECT id, part, price FROM delta_scan('{path}') ORDER BY id"
    names = ("id", "part", "price")
    ours = [tuple(expected_row(n)[name] for name in names) for n in left]
    assert connection.execute(query).fetchall() == ours
    reader = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(str(path)))
    theirs = pa.table(reader.execute("SELECT id FROM t ORDER BY id").read_all())
    assert theirs.column("id").to_pylist() == left
    older = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(str(path), version=3))
    found = pa.table(older.execute("SELECT id FROM t").read_all())
    assert found.num_rows == len([n for n in range(600) if n % 7])


def test_we_read_deltalakes_tables(tmp_path: Path) -> None:
    path = tmp_path / "theirs"
    for start in range(0, 60, 5):
        deltalake.write_deltalake(
            str(path), pa.table({"id": pa.array(range(start, start + 5))}), mode="append"
        )
    deltalake.DeltaTable(str(path)).create_checkpoint()
    assert tool("ids", path).split() == [str(number) for number in range(60)]
    assert tool("ids", path, 1).split() == [str(number) for number in range(10)]
    deltalake.write_deltalake(str(path), pa.table({"id": pa.array([7])}), mode="overwrite")
    assert tool("ids", path).split() == ["7"]


def test_writers_alternate_on_one_table(tmp_path: Path) -> None:
    path = tmp_path / "shared"
    tool("write", path)
    theirs = deltalake.DeltaTable(str(path)).to_pyarrow_table().slice(0, 1)
    theirs = theirs.set_column(0, "id", pa.array([500]))
    deltalake.write_deltalake(str(path), theirs, mode="append")
    tool("append", path)
    assert deltalake.DeltaTable(str(path)).version() == COMMITS + 2
    expected = sorted([*range(COMMITS), 500, 1000])
    assert [int(line) for line in tool("ids", path).split()] == expected
    ids = deltalake.DeltaTable(str(path)).to_pyarrow_table().column("id").to_pylist()
    assert sorted(ids) == expected


def test_a_directory_without_a_log_is_a_typed_error(tmp_path: Path) -> None:
    done = subprocess.run(
        [TOOL, "ids", tmp_path / "nothing"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "LK-3001" in done.stderr
