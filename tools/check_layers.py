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
    (r"openssl/(evp|hmac)\.h", ["base", "security"]),
    (r"(openssl/(?!(evp|hmac)\.h)|sodium|ldap|gssapi)", ["security"]),
    (r"sqlite3", ["catalog/metadata"]),
    (r"(libpq-fe|libpq/)", ["catalog/metadata", "ingestion/connectors/postgresql"]),
    (r"(yaml-cpp/|spdlog/|prometheus/)", ["base"]),
    (r"simdjson", ["storage/delta"]),
    (r"archive(_entry)?\.h", ["ingestion/connectors/files"]),
    (r"(CLI/|histedit)", ["cli"]),
]
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


def main() -> int:
    """Print every finding; the exit code says whether there was one."""
    listed = subprocess.run(
        ["git", "ls-files", "src"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = []
    folders = set()
    for path in listed.stdout.split():
        if not path.endswith((".cc", ".h")):
            continue
        text = (ROOT / path).read_text(encoding="utf-8")
        folders.add(Path(path).parent)
        found += check_includes(path, text) + check_sizes(path, text)
    for folder in sorted(folders):
        if not (ROOT / folder / "README.md").exists():
            found.append(f"{folder}: has no README.md")
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
