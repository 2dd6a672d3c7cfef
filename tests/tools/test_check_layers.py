"""The checks of the tree find what they are for."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import check_layers  # noqa: E402


def test_an_unknown_top_folder_is_refused() -> None:
    assert check_layers.check_places(["README.md", "src/base/error.cc"]) == []
    found = check_layers.check_places(["lake2/bronze/part-0.parquet"])
    assert len(found) == 1 and found[0].startswith("lake2/:")


def test_a_committed_data_root_is_refused_wherever_it_lies() -> None:
    for path in (
        "examples/lake/_lakehouse/metadata.db",
        "tests/unit/bronze/flights/_delta_log/00000000000000000000.json",
    ):
        assert check_layers.check_places([path]) == [f"{path}: is part of a data root"]
    golden = "tests/golden/basic/_delta_log/00000000000000000000.json"
    assert check_layers.check_places([golden]) == []


def test_every_folder_has_a_readme() -> None:
    paths = ["src/io/path.cc", "tests/README.md", "tests/cli/test_cli.py", "docs/errors/LK-1.md"]
    assert check_layers.check_readmes(paths) == [
        "docs: has no README.md",
        "docs/errors: has no README.md",
        "src/io: has no README.md",
        "tests/cli: has no README.md",
    ]
    assert check_layers.check_readmes(["README.md", "examples/flights/jobs/flights.json"]) == []


def test_includes_go_to_lower_tiers_and_third_parties_stay_home() -> None:
    up = check_layers.check_includes("src/io/a.cc", '#include "storage/table.h"\n')
    assert len(up) == 1 and "not of a lower tier" in up[0]
    away = check_layers.check_includes("src/catalog/a.cc", "#include <sqlite3.h>\n")
    assert len(away) == 1 and "catalog/metadata" in away[0]
