"""Every layout of a log x every feature x partitioned, clustered or neither x every version.

The tables are written by our SQL; their logs are laid anew by ``layouts.py``, which shares no code
with the engine. What is read is compared with a plain list and with another reader.
"""

from __future__ import annotations

import itertools
import json
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import deltalake
import duckdb
import pyarrow as pa
import pytest
from layout_tables import FEATURES, PLACEMENTS, Rows, script
from layouts import LAYOUTS, LaidTable
from test_delta_readers import EXTENSION

import data_lakehouse as dl
from data_lakehouse.config import LakehouseConfig

#: Features of tables that delta-rs does not read: DuckDB reads them.
NOT_FOR_DELTALAKE = {"typeWidening", "vacuumProtocolCheck"}
#: By feature, what the log must say for the table to have it.
SIGNS = {
    "none": "",
    "columnMapping name": '"delta.columnMapping.mode":"name"',
    "columnMapping id": '"delta.columnMapping.mode":"id"',
    "deletionVectors inline": '"storageType":"i"',
    "deletionVectors file": '"storageType":"u"',
    "changeDataFeed": '"cdc":',
    "generatedColumns": "delta.generationExpression",
    "identityColumns": "delta.identity.highWaterMark",
    "checkConstraints": "delta.constraints.small",
    "allowColumnDefaults": "CURRENT_DEFAULT",
    "timestampNtz": "timestamp_ntz",
    "domainMetadata": '"domain":"app.kept"',
    "rowTracking": '"baseRowId":',
    "clustering": "delta.clustering",
    "inCommitTimestamp": '"inCommitTimestamp":',
    "typeWidening": "delta.typeChanges",
    "vacuumProtocolCheck": '"vacuumProtocolCheck"',
    "v2Checkpoint": '"v2Checkpoint"',
    "appendOnly": '"delta.appendOnly":"true"',
}
#: Tables that cannot be: a partitioned one has no clustering columns.
IMPOSSIBLE = {("clustering", "partitioned")}
COMBINATIONS = [
    (feature, placement)
    for feature, placement in itertools.product(FEATURES, PLACEMENTS)
    if (feature, placement) not in IMPOSSIBLE
]
#: What the tests below found to be equal, for the line at the end.
EQUAL = {"tables": 0, "versions": 0, "compared": 0}


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    """Give the folder of all tables, in memory where there is some: they are 20,000 small files."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="layouts-", dir=memory) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def lake(root: Path) -> Iterator[dl.Lakehouse]:
    """Open a lakehouse that makes the tables and reads them in other places."""
    settings = {"storage.data_root": root / "lake", "storage.allowed_locations": root}
    with dl.connect(LakehouseConfig(settings=settings)) as opened:
        opened.sql("CREATE SCHEMA d")
        yield opened


@pytest.fixture(scope="module")
def peer() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open DuckDB with its extension for Delta tables."""
    with duckdb.connect() as connection:
        connection.execute(f"LOAD '{EXTENSION}'")
        yield connection


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    """Read two tables at once."""
    with ThreadPoolExecutor(2) as executor:
        yield executor


def plain(table: pa.Table) -> list[Any]:
    """Return columns and rows that can be compared, whatever their order."""
    columns = []
    for name in sorted(table.column_names):
        column = table.column(name)
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("us"))
        columns.append(column.to_pylist())
    return [sorted(table.column_names), *sorted(zip(*columns, strict=True), key=repr)]


def expected(rows: Rows, columns: list[str]) -> list[Any]:
    """Return the plain list in the same form; a table without rows has columns all the same."""
    names = sorted(rows[0]) if rows else sorted(columns)
    return [names, *sorted((tuple(row[name] for name in names) for row in rows), key=repr)]


def read_elsewhere(peer: duckdb.DuckDBPyConnection, feature: str, place: Path, version: int) -> Any:
    """Read a version with delta-rs, or with DuckDB what delta-rs does not know."""
    if feature not in NOT_FOR_DELTALAKE:
        opened = deltalake.DeltaTable(str(place), version=version)
        engine = deltalake.QueryBuilder().register("t", opened)
        return pa.table(engine.execute("SELECT * FROM t").read_all())
    with peer.cursor() as connection:
        name = f'"{place.name} {version}"'
        connection.execute(f"ATTACH '{place}' AS {name} (TYPE delta, VERSION {version})")
        return connection.execute(f"SELECT * FROM {name}").to_arrow_table()


def prepare(feature: str, made: LaidTable) -> None:
    """Give a table what our SQL does not write."""
    if feature == "deletionVectors inline":
        made.inline_vectors()
    if feature == "domainMetadata":
        made.set_domain(1, "app.kept", '{"a": 1}', False)
        made.set_domain(1, "app.removed", "{}", False)
        made.set_domain(4, "app.removed", "{}", True)


def has_feature(feature: str, made: LaidTable) -> bool:
    """Say whether the log shows the feature."""
    text = json.dumps(made.commits, separators=(",", ":"))
    return SIGNS[feature] in text.replace('\\"', '"')


def check_here(lake: dl.Lakehouse, place: Path, versions: list[int], rows: list[Rows]) -> list[str]:
    """Return what we read wrong of the latest and the older versions of one table."""
    wrong = []
    assert versions[-1] == len(rows) - 1
    for version in versions:
        found = lake.sql(f"SELECT * FROM delta.`{place}` VERSION AS OF {version}").to_arrow()
        if plain(found) != expected(rows[version], found.column_names):
            wrong.append(f"{place.name} version {version}: {plain(found)[:3]}")
    found = lake.sql(f"SELECT * FROM delta.`{place}` WHERE id BETWEEN 18 AND 31").to_arrow()
    some = [row for row in rows[-1] if row["id"] is not None and 18 <= row["id"] <= 31]
    if plain(found) != expected(some, []):
        wrong.append(f"{place.name} with a condition: {plain(found)[:3]}")
    return wrong


def check_elsewhere(
    peer: duckdb.DuckDBPyConnection,
    feature: str,
    place: Path,
    versions: list[int],
    rows: list[Rows],
) -> list[str]:
    """Return what another reader reads otherwise: then the table is not what it should be."""
    wrong = []
    for version in versions:
        found = read_elsewhere(peer, feature, place, version)
        if plain(found) != expected(rows[version], found.column_names):
            wrong.append(f"{place.name} version {version} elsewhere: {plain(found)[:3]}")
    return wrong


@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("feature", FEATURES)
def test_every_layout_of_a_table(
    lake: dl.Lakehouse,
    peer: duckdb.DuckDBPyConnection,
    root: Path,
    pool: ThreadPoolExecutor,
    feature: str,
    placement: str,
) -> None:
    wanted = script(feature, placement)
    if wanted is None:
        assert (feature, placement) in IMPOSSIBLE
        return
    name = f"{feature} {placement}".replace(" ", "_")
    for statement in wanted.statements:
        lake.sql(statement.replace("{t}", f"d.{name}"))
    made = LaidTable(Path(lake.table(f"d.{name}").uri.removeprefix("file://")))
    assert len(made.commits) == len(wanted.rows)
    prepare(feature, made)
    assert has_feature(feature, made)
    checks = []
    read = {"versions": 0, "compared": 0}
    for layout, checksums in itertools.product(LAYOUTS, (True, False)):
        place = root / f"{name}-{layout}{'-crc' if checksums else ''}"
        versions = made.lay(place, layout, checksums=checksums)
        checks.append(pool.submit(check_here, lake, place, versions, wanted.rows))
        read["versions"] += len(versions)
        if not checksums:  # which nobody else reads
            other = pool.submit(check_elsewhere, peer, feature, place, versions, wanted.rows)
            checks.append(other)
            read["compared"] += len(versions)
    assert not [*itertools.chain(*(check.result() for check in checks))]
    EQUAL["tables"] += len(LAYOUTS) * 2
    for kind, count in read.items():
        EQUAL[kind] += count


def test_scoreboard(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> None:
    """Print how many were read, of how many of the tests that run."""
    names = {f"{feature}-{placement}" for feature, placement in COMBINATIONS}
    chosen = [item for item in request.session.items if item.name.split("[")[-1][:-1] in names]
    tables = len(chosen) * len(LAYOUTS) * 2
    with capsys.disabled():
        print(
            f"\nlayouts: {EQUAL['tables']} of {tables} tables equal, at all of their "
            f"{EQUAL['versions']} versions; {EQUAL['compared']} compared with another reader"
        )
    assert EQUAL["tables"] == tables
