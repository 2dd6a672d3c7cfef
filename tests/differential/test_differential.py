"""Random statement sequences give the rows that a plain DuckDB table has."""

from __future__ import annotations

import os

import differential
import duckdb
import pytest
from merge_reference import BY_SOURCE, MATCHED, NOT_MATCHED, ChangedTwice, Clause, Merge, run_merge
from statements import Statement
from table_kinds import KINDS, NEEDED

#: Statements of a run; LAKEHOUSE_DIFFERENTIAL_STATEMENTS asks for more.
STATEMENTS = int(os.environ.get("LAKEHOUSE_DIFFERENTIAL_STATEMENTS", "10000"))
SEED = int(os.environ.get("LAKEHOUSE_DIFFERENTIAL_SEED", "1"))


@pytest.mark.timeout(1800)
def test_rows_are_those_of_a_plain_database(capsys: pytest.CaptureFixture[str]) -> None:
    abilities = differential.what_there_is()
    assert abilities >= NEEDED
    failures, counts = differential.run_side_by_side(
        SEED, STATEMENTS, list(KINDS), abilities, os.cpu_count() or 1
    )
    with capsys.disabled():
        print(f"\ndifferential: {len(KINDS)} kinds of tables, {sorted(abilities)}: {dict(counts)}")
    assert not failures, "\n\n".join(failures)
    assert counts["done"] > STATEMENTS * 0.5
    assert counts["failed"] > 0


# The reference and the shrinker have tests of their own: what they let pass, nobody sees. ---


def merged(rows: str, source: str, *clauses: Clause) -> list[tuple[object, ...]]:
    plain = duckdb.connect()
    plain.execute("CREATE TABLE t (k INT, v INT)")
    plain.execute(f"INSERT INTO t VALUES {rows}")
    run_merge(plain, Merge("t", f"SELECT * FROM (VALUES {source}) s(k, v)", "t.k = s.k", clauses))
    return plain.execute("SELECT * FROM t ORDER BY ALL").fetchall()


UPDATE = Clause(MATCHED, "", "UPDATE", (("v", "s.v"),))
INSERT = Clause(NOT_MATCHED, "", "INSERT", (("k", "s.k"), ("v", "s.v")))


def test_reference_updates_and_inserts() -> None:
    rows = merged("(1, 1), (2, 2), (NULL, 3)", "(2, 20), (NULL, 30)", UPDATE, INSERT)
    assert rows == [(1, 1), (2, 20), (None, 3), (None, 30)]


def test_reference_takes_the_first_clause_that_holds() -> None:
    first = Clause(MATCHED, "s.v > 5", "DELETE")
    last = Clause(BY_SOURCE, "t.v = 1", "DELETE")
    assert merged("(1, 1), (2, 2), (3, 3)", "(2, 20), (3, 4)", first, UPDATE, last) == [(3, 4)]


def test_reference_refuses_two_new_values() -> None:
    with pytest.raises(ChangedTwice):
        merged("(1, 1)", "(1, 2), (1, 3)", UPDATE)
    # One of the two does nothing.
    assert merged("(1, 1)", "(1, 2), (1, 3)", Clause(MATCHED, "s.v = 3", "DELETE")) == []


def test_shrinking_leaves_what_is_needed() -> None:
    script = [Statement(str(number)) for number in range(30)]

    def fails(candidate: list[Statement]) -> str:
        names = [statement.ours for statement in candidate]
        return "wrong" if {"7", "22"} <= set(names) else ""

    short, message = differential.shrink(script, fails)
    assert [s.ours for s in short] == ["0", "7", "22"]
    assert message == "wrong"
