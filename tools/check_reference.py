"""Checks that the pages of the reference are what the program prints; --update writes them."""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "build" / "release" / "bin" / "lakehouse"
PAGES = {"cli": "docs/cli.md", "configuration": "docs/configuration.md"}
# What the pages are made of; a program that is older than these cannot tell.
SOURCES = ("src/cli", "src/base/settings.cc")


def generated(name: str) -> str:
    """Return a page as the program prints it."""
    done = subprocess.run(
        [str(PROGRAM), "reference", name], capture_output=True, text=True, check=True
    )
    return done.stdout


def stale_pages() -> list[str]:
    """Return the pages that are not what the program prints."""
    return [
        path
        for name, path in PAGES.items()
        if not (ROOT / path).exists()
        or (ROOT / path).read_text(encoding="utf-8") != generated(name)
    ]


def is_program_current() -> bool:
    """Return whether the program was built after the last change of its sources."""
    if not PROGRAM.exists():
        return False
    files = [f for source in SOURCES for f in [ROOT / source, *(ROOT / source).glob("*.cc")]]
    return PROGRAM.stat().st_mtime >= max(file.stat().st_mtime for file in files)


def main() -> int:
    """Print every stale page, or write all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="write the pages")
    if parser.parse_args().update:
        for name, path in PAGES.items():
            (ROOT / path).write_text(generated(name), encoding="utf-8")
        return 0
    if not is_program_current():
        print("not checked: the program is older than its sources (./dev build)")
        return 0
    stale = stale_pages()
    for path in stale:
        print(f"{path}: is not what the program prints; run ./dev reference")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
