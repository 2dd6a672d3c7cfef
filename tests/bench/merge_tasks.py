"""Tasks of the workers that measure changes: one side of one measurement in its own process."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Work = Callable[[], dict[str, Any]]
KEY = "t.wr_order_number = s.wr_order_number AND t.wr_item_sk = s.wr_item_sk"
RETURNS = "SELECT count(*), sum(wr_fee), sum(wr_order_number) FROM t"
LINES = "SELECT count(*), sum(l_tax), sum(l_orderkey) FROM t"
MANY = "SELECT count(*), sum(id), count(*) FILTER (WHERE v = 'new') FROM t"


class Ours:
    """The table of the measurement in our hands."""

    def __init__(self, folder: str) -> None:
        import data_lakehouse as dl

        self.lake = dl.connect(folder)
        self.lake.sql("SELECT count(*) FROM bench.t").collect()

    def run(self, sql: str, **sources: Any) -> None:
        """Run a statement, which may read rows of this process as ``lake_source.NAME``."""
        self.lake.sql(sql, sources=sources)

    def answer(self, sql: str) -> str:
        """Return what is left, as text."""
        row = self.lake.sql(sql.replace("FROM t", "FROM bench.t")).first()
        assert row is not None
        return str([str(value) for value in row])


class Theirs:
    """The same for deltalake."""

    def __init__(self, folder: str) -> None:
        from deltalake import DeltaTable

        self.table = DeltaTable(f"{folder}/bench/t")

    def answer(self, sql: str) -> str:
        """Return what is left, as text, read by DuckDB from the files of the latest version."""
        import duckdb
        from deltalake import DeltaTable

        rows = DeltaTable(self.table.table_uri).to_pyarrow_dataset()
        connection = duckdb.connect()
        connection.register("t", rows)
        row = connection.execute(sql).fetchone()
        assert row is not None
        return str([str(value) for value in row])


def resident_mb() -> float:
    """Return the resident memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / (1 << 20)


def worked(change: Callable[[], object], answer: Callable[[], str]) -> Work:
    """Return the work of one change; memory is that of the change, not of the answer.

    ``cpu_seconds`` is what all threads used, for machines that others use too. ``grown_mb`` is by
    how much the process grew for the change: what it had before is the interpreter, the libraries
    and the rows that are merged, which both sides have.
    """
    from worker import peak_mb

    def work() -> dict[str, Any]:
        before = resident_mb()
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        begin, used = time.monotonic(), time.process_time()
        change()
        seconds, cpu = time.monotonic() - begin, time.process_time() - used
        peak = peak_mb()
        return {
            "seconds": seconds,
            "cpu_seconds": cpu,
            "peak_mb": peak,
            "grown_mb": max(peak - before, 1.0),
            "answer": answer(),
        }

    return work


def merge(side: str, folder: str, source: str, matched: str, inserts: bool, number: int) -> Work:
    """MERGE the rows of a file; ``matched`` is UPDATE, DELETE or nothing."""
    import pyarrow.parquet as pq

    rows = pq.read_table(source)
    if side == "ours":
        ours = Ours(folder)
        updates = ", ".join(f"{name} = s.{name}" for name in rows.column_names)
        sql = f"MERGE INTO bench.t t USING lake_source.s s ON {KEY}"
        if matched:
            sql += (
                f" WHEN MATCHED THEN {'DELETE' if matched == 'DELETE' else 'UPDATE SET ' + updates}"
            )
        if inserts:
            values = ", ".join(f"s.{name}" for name in rows.column_names)
            sql += (
                f" WHEN NOT MATCHED THEN INSERT ({', '.join(rows.column_names)}) VALUES ({values})"
            )
        return worked(lambda: ours.run(sql, s=rows), lambda: ours.answer(RETURNS))
    theirs = Theirs(folder)

    def change() -> None:
        merger = theirs.table.merge(rows, predicate=KEY, source_alias="s", target_alias="t")
        if matched == "DELETE":
            merger = merger.when_matched_delete()
        elif matched:
            merger = merger.when_matched_update_all()
        if inserts:
            merger = merger.when_not_matched_insert_all()
        merger.execute()

    return worked(change, lambda: theirs.answer(RETURNS))


def merge_one(side: str, folder: str, number: int) -> Work:
    """MERGE one row that is there into a large table."""
    if side == "ours":
        ours = Ours(folder)
        sql = (
            "MERGE INTO bench.t t USING (SELECT 12345::BIGINT AS id, 'new' AS v) s ON t.id = s.id"
            " WHEN MATCHED THEN UPDATE SET v = s.v"
            " WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, s.v)"
        )
        return worked(lambda: ours.run(sql), lambda: ours.answer(MANY))
    import pyarrow as pa

    theirs = Theirs(folder)
    rows = pa.table({"id": pa.array([12345], pa.int64()), "v": ["new"]})

    def change() -> None:
        merger = theirs.table.merge(
            rows, predicate="t.id = s.id", source_alias="s", target_alias="t"
        )
        merger = merger.when_matched_update({"v": "s.v"})
        merger.when_not_matched_insert({"id": "s.id", "v": "s.v"}).execute()

    return worked(change, lambda: theirs.answer(MANY))


def update(side: str, folder: str, number: int) -> Work:
    """UPDATE one row in a hundred, in every file."""
    where = "l_orderkey % 100 = 7"
    if side == "ours":
        ours = Ours(folder)
        sql = f"UPDATE bench.t SET l_tax = 0.5 WHERE {where}"
        return worked(lambda: ours.run(sql), lambda: ours.answer(LINES))
    theirs = Theirs(folder)
    return worked(
        lambda: theirs.table.update(updates={"l_tax": "0.5"}, predicate=where),
        lambda: theirs.answer(LINES),
    )


def delete(side: str, folder: str, number: int) -> Work:
    """DELETE one partition."""
    if side == "ours":
        ours = Ours(folder)
        sql = "DELETE FROM bench.t WHERE l_year = 1995"
        return worked(lambda: ours.run(sql), lambda: ours.answer(LINES))
    theirs = Theirs(folder)
    return worked(lambda: theirs.table.delete("l_year = 1995"), lambda: theirs.answer(LINES))


def z_order(side: str, folder: str, number: int) -> Work:
    """Arrange the rows by two columns."""
    if side == "ours":
        ours = Ours(folder)
        sql = "OPTIMIZE bench.t ZORDER BY (l_partkey, l_suppkey)"
        return worked(lambda: ours.run(sql), lambda: ours.answer(LINES))
    theirs = Theirs(folder)
    return worked(
        lambda: theirs.table.optimize.z_order(["l_partkey", "l_suppkey"]),
        lambda: theirs.answer(LINES),
    )


def scan(side: str, folder: str, deletes: bool, number: int) -> Work:
    """Read a column of every row, after one row in a hundred was deleted or not."""
    ours = Ours(folder)
    if deletes:
        ours.run("DELETE FROM bench.t WHERE l_orderkey % 100 = 7")
    query = "SELECT sum(l_extendedprice), max(l_comment) FROM t"
    ours.answer(query)
    return worked(lambda: [ours.answer(query) for _ in range(3)], lambda: "")


TASKS: dict[str, Callable[..., Work]] = {
    "merge": merge,
    "merge_one": merge_one,
    "update": update,
    "delete": delete,
    "z_order": z_order,
    "scan": scan,
}
