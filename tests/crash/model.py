"""What a table must hold: the driver's own record of what was done and acknowledged."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

Rows = dict[int, int]
PARTS = 3


@dataclass(frozen=True)
class State:
    """The rows (id to value) of ``crash.rows`` after each of its changes, and other tables.

    OPTIMIZE and VACUUM change nothing here, although they make versions.
    """

    versions: tuple[Rows, ...] = ()
    tables: frozenset[str] = frozenset()

    @property
    def rows(self) -> Rows:
        """Rows of the latest version."""
        return self.versions[-1] if self.versions else {}

    def then(self, rows: Rows) -> State:
        """Return the state after one more commit to ``crash.rows``."""
        return State((*self.versions, rows), self.tables)


@dataclass
class Statement:
    """One SQL statement and the state that it leads to."""

    sql: str
    after: State


@dataclass
class Workload:
    """Makes statements of which each is one commit, or one change of the catalog."""

    choose: random.Random
    partitioned: bool
    vectors: bool
    next_id: int = 1
    next_table: int = 1
    names: list[str] = field(default_factory=list)

    def script(self, state: State, length: int) -> list[Statement]:
        """Return ``length`` statements that follow each other from ``state`` on."""
        statements = []
        for _ in range(length):
            statement = self.statement(state)
            statements.append(statement)
            state = statement.after
        return statements

    def statement(self, state: State) -> Statement:
        """Return any statement that changes something in ``state``."""
        if not state.versions:
            return self.create(state)
        kinds = [self.insert] * 5 + [self.create_other]
        if state.rows:
            kinds += [self.update, self.delete, self.overwrite, self.merge, self.merge]
            kinds += [self.optimize, self.vacuum]
        if state.tables:
            kinds.append(self.drop_other)
        return self.choose.choice(kinds)(state)

    def create(self, state: State) -> Statement:
        """Create the table that most statements are about."""
        partition = "PARTITIONED BY (part) " if self.partitioned else ""
        sql = (
            f"CREATE TABLE crash.rows (id BIGINT, v BIGINT, part BIGINT) USING DELTA {partition}"
            "TBLPROPERTIES ('delta.checkpointInterval' = '3',"
            " 'delta.deletedFileRetentionDuration' = 'interval 0 hours',"
            f" 'delta.enableDeletionVectors' = '{str(self.vectors).lower()}')"
        )
        return Statement(sql, state.then({}))

    def insert(self, state: State) -> Statement:
        """Append new rows."""
        count = self.choose.randint(1, 12)
        ids = range(self.next_id, self.next_id + count)
        self.next_id += count
        values = ", ".join(f"({i}, {i * 10}, {i % PARTS})" for i in ids)
        return Statement(
            f"INSERT INTO crash.rows VALUES {values}",
            state.then({**state.rows, **{i: i * 10 for i in ids}}),
        )

    def update(self, state: State) -> Statement:
        """Change the value of some rows; one at least."""
        rest = self.choose.choice(list(state.rows)) % 4
        rows = {i: v + (i % 4 == rest) for i, v in state.rows.items()}
        return Statement(f"UPDATE crash.rows SET v = v + 1 WHERE id % 4 = {rest}", state.then(rows))

    def delete(self, state: State) -> Statement:
        """Delete some rows; one at least."""
        chosen = self.choose.choice(list(state.rows))
        rows = {i: v for i, v in state.rows.items() if i != chosen}
        return Statement(f"DELETE FROM crash.rows WHERE id = {chosen}", state.then(rows))

    def merge(self, state: State) -> Statement:
        """Change some rows, delete one, and add one that is not there."""
        chosen = self.choose.sample(sorted(state.rows), min(3, len(state.rows)))
        new, self.next_id = self.next_id, self.next_id + 1
        rows = dict(state.rows)
        del rows[chosen[0]]
        rows.update({i: 7 for i in chosen[1:]})
        source = ", ".join(f"({i})" for i in [*chosen, new])
        sql = (
            f"MERGE INTO crash.rows t USING (SELECT * FROM (VALUES {source}) s(id)) s"
            f" ON t.id = s.id WHEN MATCHED AND s.id = {chosen[0]} THEN DELETE"
            " WHEN MATCHED THEN UPDATE SET v = 7"
            f" WHEN NOT MATCHED THEN INSERT VALUES (s.id, 0, s.id % {PARTS})"
        )
        return Statement(sql, state.then({**rows, new: 0}))

    def optimize(self, state: State) -> Statement:
        """Put small files together."""
        return Statement("OPTIMIZE crash.rows", state)

    def vacuum(self, state: State) -> Statement:
        """Delete the files of all older versions."""
        return Statement("VACUUM crash.rows", state)

    def overwrite(self, state: State) -> Statement:
        """Replace all rows by some of them."""
        rows = {i: v for i, v in state.rows.items() if i % 5 != 0}
        sql = "INSERT OVERWRITE crash.rows SELECT id, v, part FROM crash.rows WHERE id % 5 <> 0"
        return Statement(sql, state.then(rows))

    def create_other(self, state: State) -> Statement:
        """Create a table with rows in it."""
        name = f"other_{self.next_table}"
        self.next_table += 1
        sql = f"CREATE TABLE crash.{name} AS SELECT range AS i FROM range({len(name)})"
        return Statement(sql, State(state.versions, state.tables | {name}))

    def drop_other(self, state: State) -> Statement:
        """Drop one of these tables, with its files."""
        name = self.choose.choice(sorted(state.tables))
        sql = f"DROP TABLE crash.{name} PURGE"
        return Statement(sql, State(state.versions, state.tables - {name}))
