"""Checks that every LK code that is raised has a page in docs/errors and is named by a test."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = re.compile(r"LK-\d{4}")


def codes(folder: str, *suffixes: str) -> set[str]:
    """Return every code that stands in a file of ``folder`` with one of ``suffixes``."""
    found: set[str] = set()
    for path in (ROOT / folder).rglob("*"):
        if path.suffix in suffixes:
            found |= set(CODE.findall(path.read_text(encoding="utf-8")))
    return found


def main() -> int:
    """Print every finding; the exit code says whether there was one."""
    used = {
        code
        for folder in ("src", "data_lakehouse")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".cc", ".py")
        for code in re.findall(r'"(LK-\d{4})"', path.read_text(encoding="utf-8"))
    }
    tested = codes("tests", ".cc", ".py", ".test")
    pages = {path.stem for path in (ROOT / "docs/errors").glob("LK-*.md")}
    found = [f"{code}: has no page docs/errors/{code}.md" for code in sorted(used - pages)]
    found += [f"{code}: no test names it" for code in sorted(used - tested)]
    found += [f"{code}: has a page, but nothing raises it" for code in sorted(pages - used)]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
