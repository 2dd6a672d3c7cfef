"""The code of docs/python.md runs as it stands, from top to bottom."""

from conftest import ROOT, Script
from documents import python_blocks

GUIDE = ROOT / "docs" / "python.md"
SERVICES = ("Data ingestion", "Query execution")  # these need a server: test_seed_examples.py


def test_the_guide_runs_from_top_to_bottom(run_python: Script) -> None:
    later = [block for heading in SERVICES for block in python_blocks(GUIDE, heading)]
    blocks = [block for block in python_blocks(GUIDE) if block not in later]
    assert len(blocks) >= 6 and len(later) == 2
    done = run_python("\n".join(blocks))
    assert done.returncode == 0, done.stderr
    assert "| 2024-05-02 | 20.00  |" in done.stdout
