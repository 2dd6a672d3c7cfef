"""Our Arrow and DuckDB live beside other copies of them in one process, whoever comes first."""

import itertools
import os
import subprocess
from pathlib import Path

import pytest
from conftest import PYTHON, Script

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "lakehouse"
NEIGHBOURS = Path(os.environ.get("LAKEHOUSE_DEPS_DIR", CACHE)) / "python-neighbours-1"

SCRIPT = """
import importlib, os, sys
for name in sys.argv[1].split(","):
    importlib.import_module(name)
import data_lakehouse, duckdb, pyarrow, pyarrow.compute, pyarrow.parquet

with data_lakehouse.connect("lake") as lakehouse:
    lakehouse.sql("CREATE TABLE t AS SELECT range AS n, 'x' || range AS s FROM range(100000)")
    table = pyarrow.table(lakehouse.sql("SELECT * FROM t"))
    assert pyarrow.compute.sum(table["n"]).as_py() == 4999950000
    pyarrow.parquet.write_table(table, "t.parquet", compression="zstd")
    assert pyarrow.parquet.read_table("t.parquet").num_rows == 100000
    assert duckdb.sql("SELECT sum(n) FROM 't.parquet'").fetchall()[0][0] == 4999950000
    frame = lakehouse.sql("SELECT n FROM t WHERE n < 10")
    assert duckdb.sql("SELECT count(*) FROM frame").fetchall()[0][0] == 10
    assert lakehouse.table("t").count() == 100000
maps = {line.split()[-1] for line in open("/proc/self/maps") if ".so" in line}
ours = [os.path.basename(m) for m in maps if "liblakehouse_arrow.so" in m]
theirs = [os.path.basename(m) for m in maps if os.path.basename(m).startswith("libarrow.so")]
assert len(ours) == len(theirs) == 1, (ours, theirs)
print(pyarrow.__version__, duckdb.__version__)
"""
ORDERS = [
    ",".join(order) for order in itertools.permutations(["data_lakehouse", "duckdb", "pyarrow"])
]


@pytest.mark.parametrize("order", ORDERS)
def test_the_same_versions(order: str, run_python: Script) -> None:
    done = run_python(SCRIPT, order)
    assert (done.returncode, done.stdout) == (0, "26.0.1 1.5.5\n"), done.stderr


@pytest.mark.parametrize("order", ORDERS)
def test_other_versions(order: str, run_python: Script) -> None:
    done = run_python(SCRIPT, order, PYTHONPATH=str(NEIGHBOURS))
    assert (done.returncode, done.stdout) == (0, "23.0.1 2.0.0\n"), done.stderr


def test_the_module_needs_no_library_that_others_bring() -> None:
    found = [PYTHON, "-c", "import data_lakehouse._core as core; print(core.__file__)"]
    module = subprocess.run(found, check=True, capture_output=True, text=True).stdout.strip()
    needed = subprocess.run(["readelf", "-d", module], check=True, capture_output=True, text=True)
    names = {
        line.split("[")[1].rstrip("]") for line in needed.stdout.splitlines() if "[lib" in line
    }
    assert "liblakehouse_arrow.so.2600" in names and "liblakehouse_duckdb.so" in names
    assert not {name for name in names if name.startswith(("libarrow", "libparquet", "libduckdb"))}


def test_importing_loads_no_other_library(run_python: Script) -> None:
    heavy = ("numpy", "pandas", "polars", "pyarrow", "duckdb")
    script = f"import data_lakehouse, sys; print([m for m in {heavy} if m in sys.modules])"
    assert run_python(script).stdout == "[]\n"
