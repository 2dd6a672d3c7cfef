"""Checks that no tracked file names a path of one machine or the host of a registry."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORDS = [
    r"/(?:work|root)/",
    r"/home/[a-z]+/",
    r"registry\.npmjs" + r"\.org",
    r"pypi\." + r"org",
    r"files\.pythonhosted" + r"\.org",
    r"repo1?\.maven" + r"\.org",
    r"deb\.debian" + r"\.org",
]
BAD = re.compile("|".join(WORDS))


def main() -> int:
    """Print every finding; the exit code says whether there was one."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = []
    for name in listed.stdout.split("\n"):
        path = ROOT / name
        if not name or name == "tools/check_text.py" or not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if BAD.search(line):
                found.append(f"{name}:{number}: {line.strip()[:100]}")
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
