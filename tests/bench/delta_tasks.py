"""Tasks of the workers that measure logs: one side of one measurement in its own process."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Work = Callable[[], dict[str, Any]]
#: Half of the files may have such an id, nearly all such a day, all such a name and price, and none
#: such an amount, which is looked at last.
PREDICATE = (
    "id > 500000000 AND day >= DATE '2024-02-01' AND name < 'm' AND price > 100 AND amount > 99"
)


def timed(load: Callable[[], int]) -> Work:
    """Return the work of one call that finds a number of files."""

    def work() -> dict[str, Any]:
        begin = time.monotonic()
        files = load()
        return {"seconds": time.monotonic() - begin, "files": files}

    return work


def skip(side: str, folder: str, number: int) -> Work:
    """Load the snapshot and find that no file can have rows, by conditions on five columns."""
    if side == "ours":
        import data_lakehouse as dl

        lake = dl.connect(folder)
        lake.sql("SELECT 1").collect()

        def load() -> int:
            found = lake.sql(f"SELECT count(*) FROM bench.log WHERE {PREDICATE}").first()
            assert found is not None
            return int(found[0])

    else:
        from deltalake import DeltaTable, QueryBuilder

        def load() -> int:
            engine = QueryBuilder().register("t", DeltaTable(f"{folder}/bench/log"))
            batches = engine.execute(f"SELECT count(*) AS n FROM t WHERE {PREDICATE}").read_all()
            return int(batches.column("n")[0].as_py())

    return timed(load)


def metadata(side: str, folder: str, number: int) -> Work:
    """Find the columns of the table; no file is of interest."""
    if side == "ours":
        import data_lakehouse as dl

        lake = dl.connect(folder)
        lake.sql("SELECT 1").collect()

        def load() -> int:
            return len(lake.sql("DESCRIBE bench.log").collect())

    else:
        from deltalake import DeltaTable

        def load() -> int:
            table = DeltaTable(f"{folder}/bench/log", without_files=True)
            return len(table.schema().fields)

    return timed(load)


def refresh(side: str, folder: str, number: int) -> Work:
    """See one commit that another writer made after the snapshot was loaded."""
    log = Path(folder) / "bench" / "log" / "_delta_log"
    if side == "ours":
        import data_lakehouse as dl

        lake = dl.connect(folder)

        def files() -> int:
            return int(lake.core.describe_table("bench.log", None, None, "", "")["num_files"])

    else:
        from deltalake import DeltaTable

        table = DeltaTable(f"{folder}/bench/log")

        def files() -> int:
            # The version is all that is asked for: a list of its files would be most of the time.
            table.update_incremental()
            return int(table.version())

    files()
    latest = max(int(path.stem) for path in log.glob("*.json"))
    line = (log / f"{latest:020}.json").read_text(encoding="ascii").splitlines()[-1]
    action = json.loads(line)
    action["add"]["path"] = "another.parquet"
    info = json.dumps({"commitInfo": {"timestamp": 1_800_000_000_000, "operation": "WRITE"}})

    def work() -> dict[str, Any]:
        (log / "next").write_text(f"{info}\n{json.dumps(action)}\n", encoding="ascii")
        (log / "next").rename(log / f"{latest + 1:020}.json")
        begin = time.monotonic()
        found = files()
        return {"seconds": time.monotonic() - begin, "files": found}

    return work


def write_checkpoint(side: str, folder: str, number: int) -> Work:
    """Write a checkpoint of a loaded snapshot: ours with the commit that makes it due."""
    path = f"{folder}/bench/log"
    if side == "ours":
        import data_lakehouse as dl

        lake = dl.connect(folder)
        lake.core.describe_table("bench.log", None, None, "", "")

        def write() -> None:
            lake.sql("INSERT INTO bench.log (id) VALUES (1)")
            while not (Path(path) / "_delta_log" / "_last_checkpoint").exists():
                time.sleep(0.005)

    else:
        from deltalake import DeltaTable

        table = DeltaTable(path)
        table.file_uris()

        def write() -> None:
            table.create_checkpoint()

    def work() -> dict[str, Any]:
        begin = time.monotonic()
        write()
        return {"seconds": time.monotonic() - begin}

    return work


TASKS: dict[str, Callable[..., Work]] = {
    "skip": skip,
    "metadata": metadata,
    "refresh": refresh,
    "write_checkpoint": write_checkpoint,
}
