"""Checks the rules of the house: includes go downwards, third parties stay home, sizes hold."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TIERS = ["base", "io", "security", "storage", "catalog", "query", "processing"]
RANK = {name: rank for rank, name in enumerate(TIERS)}
RANK |= {"ingestion": 7, "ml": 7, "app": 8, "server": 9, "cli": 10}
# A third party's headers and the folders that may see them.
OWNERS = [
    (r"duckdb(/|\.hpp)", ["query/engines/duckdb"]),
    (r"parquet/", ["storage/parquet"]),
    (r"boost/(beast|asio)", ["server/http"]),
    (r"(curl/|expat)", ["io"]),
    (r"(openssl/|sodium|ldap|gssapi)", ["security"]),
    (r"sqlite3", ["catalog/metadata"]),
    (r"(libpq-fe|libpq/)", ["catalog/metadata", "ingestion/connectors/postgresql"]),
    (r"(yaml-cpp/|spdlog/|prometheus/)", ["base"]),
    (r"simdjson", ["storage/delta"]),
    (r"archive(_entry)?\.h", ["ingestion/connectors/files"]),
    (r"(CLI/|histedit)", ["cli"]),
]
# Folders at the root of the tree. Anything else, such as a data root, got there by accident.
TOP_FOLDERS = {".ci", "cmake", "data_lakehouse", "deploy", "docker", "docs", "examples", "k8s"}
TOP_FOLDERS |= {"src", "tests", "tools", "web"}
# Parts of a path that belong to a lakehouse on disk; test data says so by its place.
LAKE_PARTS = {"_delta_log", "_lakehouse", "lakehouse-data"}
LAKE_HOMES = ("tests/golden/",)
# Every folder up to this depth has a README.md; deeper ones hold what that README describes.
README_DEPTH = {"tests": 2, "tools": 2, "docs": 2}
MAX_SOURCE, MAX_HEADER, MAX_FUNCTION = 600, 250, 70
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.M)


def check_includes(path: str, text: str) -> list[str]:
    """Return what is wrong with the includes of one file below src/."""
    folder = "/".join(path.split("/")[1:-1])
    top = folder.split("/")[0]
    found = []
    for bracket, name in INCLUDE.findall(text):
        target = name.split("/")[0]
        if bracket == '"' and target in RANK:
            if target != top and RANK[target] >= RANK[top]:
                found.append(f"{path}: includes {name}, which is not of a lower tier")
            continue
        for pattern, homes in OWNERS:
            inside = any(folder == home or folder.startswith(home + "/") for home in homes)
            if bracket == "<" and re.match(pattern, name) and not inside:
                found.append(f"{path}: includes <{name}>, which belongs to {' or '.join(homes)}")
    return found


def check_sizes(path: str, text: str) -> list[str]:
    """Return the file and the functions that are longer than a reader can take in."""
    lines = text.split("\n")
    limit = MAX_HEADER if path.endswith(".h") else MAX_SOURCE
    found = []
    if len(lines) > limit:
        found.append(f"{path}: {len(lines)} lines, more than {limit}: it has two ideas in it")
    begin = None
    for number, line in enumerate(lines, 1):
        # After clang-format a function's body opens at the end of an unindented line.
        if line.endswith("{") and not re.match(
            r"(\s|namespace|struct|class|enum|extern|union)", line
        ):
            begin = number
        elif line.startswith("}") and begin is not None:
            if number - begin > MAX_FUNCTION and "= {" not in lines[begin - 1]:
                found.append(f"{path}:{begin}: function of {number - begin} lines")
            begin = None
    return found


def check_places(paths: list[str]) -> list[str]:
    """Return the files that lie where no file of the project lies."""
    found = []
    for top in sorted({path.split("/")[0] for path in paths if "/" in path} - TOP_FOLDERS):
        found.append(f"{top}/: is no folder of the project (TOP_FOLDERS of check_layers.py)")
    for path in paths:
        if LAKE_PARTS & set(path.split("/")[:-1]) and not path.startswith(LAKE_HOMES):
            found.append(f"{path}: is part of a data root")
    return found


def check_readmes(paths: list[str]) -> list[str]:
    """Return the folders that have no README.md."""
    wanted = set()
    for path in paths:
        parts = path.split("/")[:-1]
        if parts and parts[0] == "src" and path.endswith((".cc", ".h")):
            wanted.add("/".join(parts))
        for depth in range(1, min(len(parts), README_DEPTH.get(parts[0], 0) if parts else 0) + 1):
            wanted.add("/".join(parts[:depth]))
    there = {path.removesuffix("/README.md") for path in paths if path.endswith("/README.md")}
    return [f"{folder}: has no README.md" for folder in sorted(wanted - there)]


def main() -> int:
    """Print every finding; the exit code says whether there was one."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = [path for path in listed.stdout.split("\n") if path and (ROOT / path).exists()]
    found = check_places(paths) + check_readmes(paths)
    for path in paths:
        if path.startswith("src/") and path.endswith((".cc", ".h")):
            text = (ROOT / path).read_text(encoding="utf-8")
            found += check_includes(path, text) + check_sizes(path, text)
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
