"""Write python.lock: every package of requirements-test.txt and below, with its SHA-256."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from fetch import Fetcher, run

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Resolve the requirements with pip and write the lock file."""
    fetcher = Fetcher(Path(os.environ["LAKEHOUSE_DEPS_DIR"]))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        pip = [
            fetcher.tools_python,
            "-m",
            "pip",
            "install",
            "-q",
            "--dry-run",
            "--ignore-installed",
        ]
        requirements = ROOT / "requirements-test.txt"
        run([*pip, "--report", report, "-r", requirements], "resolving requirements")
        items = json.loads(report.read_text(encoding="utf-8"))["install"]
    lines = ["# Made by tools/setup/lock.py from requirements-test.txt; do not edit."]
    for item in sorted(items, key=lambda i: str(i["metadata"]["name"]).lower()):
        digest = item["download_info"]["archive_info"]["hashes"]["sha256"]
        name, version = item["metadata"]["name"], item["metadata"]["version"]
        lines.append(f"{name}=={version} --hash=sha256:{digest}")
    lock = Path(__file__).with_name("python.lock")
    lock.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{lock.relative_to(ROOT)}: {len(items)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
