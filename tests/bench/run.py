"""Benchmarks beside the peers, as ``./dev bench`` runs them."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
import time
from pathlib import Path

from measure import BenchError, Row

#: Name -> module.
MODULES = {
    "tpch": "tpch",
    "append": "append",
    "ingest": "ingest",
    "snapshot": "snapshot",
    "startup": "startup",
    "s3": "s3",
    "delta": "delta_log",
    "merge": "changes",
    "optimize": "optimize",
}
NAMES = tuple(MODULES)
#: Those with rows that take long to prepare, measured by ``--large`` alone.
LARGE = ("merge",)


def text_of(value: float | None, digits: int = 1) -> str:
    """Return a number with a sensible count of digits, or a dash."""
    if value is None:
        return "-"
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{3 if value < 10 else digits}f}"


def print_table(rows: list[Row]) -> None:
    """Print the rows for people."""
    header = ("name", "ours", "peer", "unit", "ratio", "better", "ours MB", "peer MB", "goal")
    table = [header]
    for row in rows:
        figures = (text_of(row.ours), text_of(row.peer), row.unit)
        ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
        memory = (text_of(row.ours_rss_mb), text_of(row.peer_rss_mb))
        table.append((row.name, *figures, ratio, row.better, *memory, row.goal))
    widths = [max(len(line[column]) for line in table) for column in range(len(header))]
    right = {1, 2, 4, 6, 7}
    for line in table:
        cells = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())


def main() -> int:
    """Run the benchmarks named, or all."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--list", action="store_true", help="only say which there are")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows as JSON")
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument(
        "--quick", action="store_true", help="tiny sizes: that it runs, not how fast"
    )
    sizes.add_argument(
        "--large", action="store_true", help=f"the rows that take long: {', '.join(LARGE)}"
    )
    given = parser.parse_args()
    unknown = set(given.names) - set(NAMES)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}: {', '.join(NAMES)}")
    if given.large and set(given.names) - set(LARGE):
        parser.error(f"--large is for {', '.join(LARGE)}")
    if given.list:
        for name in NAMES:
            print(f"{name:<10}{importlib.import_module(MODULES[name]).SUMMARY}")
        return 0
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.platform(terse=True)}")
    print("ratio = ours / peer; 'better' says whether a lower or a higher figure is better")
    rows: list[Row] = []
    for name in given.names or (LARGE if given.large else NAMES):
        module = importlib.import_module(MODULES[name])
        print(f"\n{name}: {module.SUMMARY}", flush=True)
        begin = time.monotonic()
        try:
            found = module.run_large() if given.large else module.run(given.quick)
        except BenchError as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1
        print_table(found)
        print(f"({time.monotonic() - begin:.0f} s)", flush=True)
        rows += found
    if given.json:
        given.json.write_text(json.dumps([row.record() for row in rows], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
