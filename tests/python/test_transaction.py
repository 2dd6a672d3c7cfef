"""Transactions from Python."""

from __future__ import annotations

import threading
from pathlib import Path

import deltalake
import pyarrow as pa
import pytest

import data_lakehouse as dl
from data_lakehouse.errors import (
    CommitConflictError,
    InvalidArgumentError,
    LakehouseError,
    UnsupportedError,
)


@pytest.fixture
def table(lakehouse: dl.Lakehouse) -> dl.Table:
    """Make a table of two rows."""
    lakehouse.write(pa.table({"id": [1, 2], "n": [10, 20]}), "t")
    return lakehouse.table("t")


def total(lakehouse: dl.Lakehouse) -> int:
    return int(lakehouse.sql("SELECT sum(n) FROM t").collect()[0][0])


def test_a_block_is_one_commit(lakehouse: dl.Lakehouse, table: dl.Table) -> None:
    with lakehouse.transaction() as transaction:
        assert transaction.sql("UPDATE t SET n = n - 5 WHERE id = 1").affected_rows == 1
        transaction.sql("UPDATE t SET n = n + ? WHERE id = 2", [5])
        transaction.sql(
            "INSERT INTO t SELECT * FROM lake_source.more",
            sources={"more": pa.table({"id": [3], "n": [100]})},
        )
        assert transaction.sql("SELECT sum(n) FROM t").collect()[0][0] == 130
        assert total(lakehouse) == 30
    assert total(lakehouse) == 130
    assert table.version == 2
    assert table.history(1)[0].operation == "TRANSACTION"


def test_an_exception_rolls_back(lakehouse: dl.Lakehouse, table: dl.Table) -> None:
    before = sorted(path.name for path in _files(table))
    with pytest.raises(ZeroDivisionError), lakehouse.transaction() as transaction:
        transaction.sql("DELETE FROM t")
        transaction.sql("INSERT INTO t VALUES (7, 7)")
        raise ZeroDivisionError
    assert total(lakehouse) == 30 and table.version == 1
    assert sorted(path.name for path in _files(table)) == before


def _files(table: dl.Table) -> list[Path]:
    return list(Path(table.uri.removeprefix("file://")).glob("*.parquet"))


def test_superseded_files_are_not_left_behind(lakehouse: dl.Lakehouse, table: dl.Table) -> None:
    with lakehouse.transaction() as transaction:
        transaction.sql("INSERT INTO t VALUES (7, 7), (8, 8)")
        transaction.sql("UPDATE t SET n = 0 WHERE id = 7")
        transaction.sql("DELETE FROM t WHERE id = 8")
    assert total(lakehouse) == 30 and table.count() == 3
    known = set(table.files())
    table.load_as_version(1)
    assert {path.name for path in _files(table)} == known | set(table.files())


def test_a_conflict_is_an_error(lakehouse: dl.Lakehouse, table: dl.Table) -> None:
    transaction = lakehouse.transaction()
    transaction.sql("UPDATE t SET n = n + 1 WHERE id = 1")
    lakehouse.sql("UPDATE t SET n = n + 100 WHERE id = 1")
    with pytest.raises(CommitConflictError, match="LK-4013"):
        transaction.commit()
    assert total(lakehouse) == 130
    with pytest.raises(InvalidArgumentError, match="LK-4091"):
        transaction.sql("SELECT 1")


def test_frames_end_with_the_transaction(lakehouse: dl.Lakehouse, table: dl.Table) -> None:
    with lakehouse.transaction(read_only=True) as transaction:
        frame = transaction.sql("SELECT * FROM t")
        assert frame.count() == 2
        batches = transaction.sql("SELECT * FROM range(500000)").to_batches()
        assert next(batches).num_rows > 0
        assert frame.count() == 2  # beside the open stream
        with pytest.raises(UnsupportedError, match="LK-4086"):
            transaction.sql("DELETE FROM t")
        batches.close()
    with pytest.raises(InvalidArgumentError, match="LK-4091"):
        frame.count()


def test_a_failed_statement_ends_it(lakehouse: dl.Lakehouse, table: dl.Table) -> None:
    transaction = lakehouse.transaction()
    transaction.sql("INSERT INTO t VALUES (3, 3)")
    with pytest.raises(LakehouseError, match="LK-2012"):
        transaction.sql("SELECT * FROM nothing")
    with pytest.raises(LakehouseError, match="LK-4005"):
        transaction.sql("INSERT INTO t SELECT id, CAST('x' || id AS INT) FROM t")
    with pytest.raises(InvalidArgumentError, match="LK-4089"):
        transaction.sql("INSERT INTO t VALUES (4, 4)")
    transaction.rollback()
    assert total(lakehouse) == 30


def test_a_change_feed_is_that_of_the_commit(lakehouse: dl.Lakehouse, tmp_path: Path) -> None:
    place = str(tmp_path / "lake" / "main" / "feed")
    deltalake.write_deltalake(
        place, pa.table({"id": [1]}), configuration={"delta.enableChangeDataFeed": "true"}
    )
    transaction = lakehouse.transaction()
    transaction.sql(f"INSERT INTO delta.`{place}` VALUES (2)")
    transaction.sql(f"INSERT INTO delta.`{place}` VALUES (3)")
    transaction.sql(f"DELETE FROM delta.`{place}` WHERE id < 3")
    transaction.commit()
    changes = deltalake.DeltaTable(place).load_cdf(starting_version=1).read_all()
    rows = zip(changes["_change_type"].to_pylist(), changes["id"].to_pylist(), strict=True)
    assert sorted(rows) == [("delete", 1), ("insert", 3)]


def test_begin_is_for_transactions(lakehouse: dl.Lakehouse) -> None:
    with pytest.raises(UnsupportedError, match="LK-4088"):
        lakehouse.sql("BEGIN")
    with pytest.raises(InvalidArgumentError, match="LK-4087"):
        lakehouse.sql("COMMIT")


def test_many_writers_of_one_file_all_get_in(lakehouse: dl.Lakehouse) -> None:
    lakehouse.write(pa.table({"id": list(range(8)), "n": [0] * 8}), "t")
    failures: list[BaseException] = []

    def work(row: int) -> None:
        try:
            for _ in range(4):
                lakehouse.sql(f"UPDATE t SET n = n + 1 WHERE id = {row}")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(row,)) for row in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert [row[1] for row in lakehouse.sql("SELECT * FROM t ORDER BY id").collect()] == [4] * 8
