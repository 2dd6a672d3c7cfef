"""TPC-H from a local S3 server through our catalog, against DuckDB's httpfs on the same files."""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

import tpch
from measure import ROOT, BenchError, Row, run_workers, workspace

SUMMARY = "TPC-H SF1 from a local S3 server, cold and cached, against httpfs on the same files"


def run(quick: bool) -> list[Row]:
    """Measure every query in a new process of each side, and again in the same process."""
    sys.path.insert(0, str(ROOT / "tests" / "python"))
    from s3_server import S3Server

    from data_lakehouse.config import LakehouseConfig

    scale, rounds = (0.01, 1) if quick else (1, 3)
    source = tpch.generated(scale)
    queries = json.loads((source / "queries.json").read_text(encoding="utf-8"))
    with workspace() as folder, S3Server(folder / "server") as server:
        settings = {
            "storage.data_root": "s3://lake/bench",
            "storage.state_directory": str(folder / "state"),
            "storage.s3_endpoint": server.endpoint,
            "storage.s3_access_key_id": server.access_key,
            "storage.s3_secret_access_key": server.secret_key,
        }
        tpch.load(source, LakehouseConfig(settings=settings))
        files = _files(server.data / "lake" / "bench")
        arguments: dict[str, Any] = {"queries": queries, "settings": settings, "files": files}
        found: dict[str, list[dict[str, Any]]] = {"ours": [], "peer": []}
        for number in range(rounds):
            for side in ("ours", "peer") if number % 2 == 0 else ("peer", "ours"):
                found[side] += run_workers("s3_queries", side, 1, **arguments)
    return _rows(queries, found, scale)


def _files(root: Path) -> dict[str, list[str]]:
    """Return the data files of each table as the peer names them."""
    return {
        table: [
            "s3://lake/bench/" + str(file.relative_to(root))
            for file in sorted((root / "tpch" / table).rglob("*.parquet"))
            if "_delta_log" not in file.parts
        ]
        for table in tpch.TABLES
    }


def _rows(
    queries: dict[str, str], found: dict[str, list[dict[str, Any]]], scale: float
) -> list[Row]:
    for name in queries:
        answers = {side: {run["rows"][name] for run in runs} for side, runs in found.items()}
        if answers["ours"] != answers["peer"] or len(answers["ours"]) != 1:
            raise BenchError(f"s3: {name} gave {answers['ours']} rows, the peer {answers['peer']}")
    peaks = {f"{side}_rss_mb": max(r["peak_mb"] for r in runs) for side, runs in found.items()}
    rows = []
    for state, goal in (("cold", "ratio <= 1.2"), ("cached", "ratio < 1")):
        means = []
        for name in queries:
            ours, peer = (
                statistics.median(run[state][name] for run in found[side])
                for side in ("ours", "peer")
            )
            means.append((ours, peer))
            rows.append(Row(f"s3.sf{scale}.{state}.{name}", ours, peer, "ms"))
        both = (statistics.geometric_mean(side) for side in zip(*means, strict=True))
        rows.append(Row(f"s3.sf{scale}.{state}.geomean", *both, "ms", goal=goal, **peaks))
        cpu = (statistics.median(run["cpu"][state] for run in found[s]) for s in ("ours", "peer"))
        rows.append(Row(f"s3.sf{scale}.{state}.cpu", *cpu, "CPU ms"))
    return rows
