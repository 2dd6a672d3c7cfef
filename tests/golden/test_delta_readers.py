"""Tables of the kernel's tests: our rows are those that other readers read, where they can."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import deltalake
import duckdb
import pyarrow as pa
import pytest
from test_delta_golden import SHARED, equal, multiset

import data_lakehouse as dl
from data_lakehouse.config import LakehouseConfig
from data_lakehouse.errors import LakehouseError

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "lakehouse"
DEPS = Path(os.environ.get("LAKEHOUSE_DEPS_DIR", CACHE))
EXTENSION = DEPS / "duckdb-extensions-1.5.5" / "delta.duckdb_extension"

#: Tables that we refuse, by code and a word of the message; three have lost their data files.
REFUSED = {
    "app-txn-with-last-updated": ("LK-8001", "part-00001"),
    "catalog-owned-preview": ("LK-3002", "catalogManaged"),
    "spark-shredded-variant-preview-delta": ("LK-3002", "variantShredding"),
    "spark-variant-stable-feature-checkpoint": ("LK-8001", "test%file%prefix"),
    "with_checkpoint_no_last_checkpoint": ("LK-8001", "part-00000"),
}
#: Folders with files, but without a Delta log.
NO_TABLE = {
    "json-files",
    "json-files-all-empty",
    "json-files-with-empty",
    "parquet",
    "parquet-basic-row-indexes",
}
#: Tables that neither of the other readers can read.
UNCOMPARED: set[str] = set()


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Link and unpack all tables of the kernel's tests into one folder."""
    folder = tmp_path_factory.mktemp("kernel")
    for group in ("kernel", "kernel-defaults"):
        for entry in sorted((SHARED / "delta" / group).iterdir()):
            if entry.name.endswith(".tar.zst"):
                command = ["tar", "--zstd", "-xf", entry, "-C", folder]
                subprocess.run(command, check=True, timeout=60)
            elif entry.is_dir():
                command = ["cp", "-r", entry, folder / entry.name]
                subprocess.run(command, check=True, timeout=60)
    return folder


def table_in(folder: Path) -> Path:
    """Return the directory of the table, which some archives have one level deeper."""
    logs = sorted(folder.rglob("_delta_log"), key=lambda path: len(path.parts))
    return logs[0].parent if logs else folder


def by_deltalake(table: Path) -> pa.Table:
    """Read with delta-rs."""
    engine = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(str(table)))
    rows = pa.table(engine.execute("SELECT * FROM t").read_all())
    if "value: binary" in str(rows.schema):
        raise ValueError("it has the bytes of variants, not what they are")
    return rows


def by_duckdb(table: Path) -> pa.Table:
    """Read with DuckDB's extension."""
    connection = duckdb.connect()
    connection.execute(f"LOAD '{EXTENSION}'")
    connection.execute("SET TimeZone = 'UTC'")
    source = f"delta_scan('{table}')"
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    # Variants have no Arrow form there; JSON is what we show of them.
    columns = ", ".join(
        (
            f'CAST("{name}" AS {kind.replace("VARIANT", "JSON")}) AS "{name}"'
            if "VARIANT" in kind
            else f'"{name}"'
        )
        for name, kind, *_ in described
    )
    return connection.execute(f"SELECT {columns} FROM {source}").to_arrow_table()


def same_rows(ours: pa.Table, theirs: pa.Table) -> bool:
    """Compare rows; other readers have types of their own (views, unsigned and large ones)."""
    if sorted(ours.column_names) != sorted(theirs.column_names):
        return False
    theirs = theirs.select(ours.column_names)
    adapted = pa.table(
        [theirs.column(i).cast(field.type) for i, field in enumerate(ours.schema)],
        schema=ours.schema,
    )
    if "variant" in " ".join(ours.column_names):
        # DuckDB does not tell NULL from the null that variants have.
        told = [
            Counter(repr(row).replace("'null'", "None") for row in table.to_pylist())
            for table in (ours, adapted)
        ]
        return told[0] == told[1]
    return equal(ours, adapted) if ours.num_rows > 10_000 else multiset(ours) == multiset(adapted)


def test_rows_are_those_of_other_readers(
    kernel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    readers: dict[str, Callable[[Path], pa.Table]] = {
        "deltalake": by_deltalake,
        "duckdb": by_duckdb,
    }
    agreed: dict[str, list[str]] = {}
    refused: dict[str, tuple[str, str]] = {}
    wrong: list[str] = []
    settings = {"storage.data_root": tmp_path / "lake", "storage.allowed_locations": kernel}
    with dl.connect(LakehouseConfig(settings=settings)) as lake:
        for folder in sorted(kernel.iterdir()):
            table = table_in(folder)
            try:
                ours = lake.sql(f"SELECT * FROM delta.`{table}`").to_arrow()
            except LakehouseError as error:
                refused[folder.name] = (error.code, error.message)
                continue
            agreed[folder.name] = []
            for name, read in readers.items():
                try:
                    theirs = read(table)
                except (
                    BaseException
                ):  # noqa: B902 - they also panic; what they cannot read is theirs
                    continue
                if same_rows(ours, theirs):
                    agreed[folder.name].append(name)
                else:
                    wrong.append(f"{folder.name}: {name}")
    alone = {name for name, who in agreed.items() if not who}
    with capsys.disabled():
        both = sum(1 for who in agreed.values() if len(who) == len(readers))
        print(
            f"\nkernel: {len(agreed)} tables read, {both} equal to two other readers, "
            f"{len(agreed) - both - len(alone)} to one, {len(refused)} refused"
        )
        for name, (code, message) in sorted(refused.items()):
            print(f"  {code} -> {name}: {message}")
        for name, who in sorted(agreed.items()):
            if len(who) < len(readers):
                print(f"  {name}: {who}")
    assert not wrong
    assert alone == UNCOMPARED
    assert set(refused) == {*REFUSED, *NO_TABLE}
    for name, (code, word) in REFUSED.items():
        assert refused[name][0] == code
        assert word in refused[name][1]
    assert {refused[name][0] for name in NO_TABLE} == {"LK-3001"}
