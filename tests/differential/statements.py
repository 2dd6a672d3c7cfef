"""Random statements for one table, each with what it means for a plain DuckDB table."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from columns import KEYS, NESTED, PARTITIONS, SCALARS, WIDER, Column, condition, literal, value
from merge_reference import BY_SOURCE, MATCHED, NOT_MATCHED, Clause, Merge
from table_kinds import TableKind

TABLE = "d.t"
#: A table that grew beyond this is thinned out, so that brute force stays fast.
MANY_ROWS = 120


@dataclass(frozen=True)
class Statement:
    """A statement for the lakehouse, and the same for the plain database.

    ``plain`` are the statements of one transaction; ``merge`` is a MERGE by brute force; ``back``
    puts the rows of so many versions ago in the place of those of now. ``query`` only compares.
    ``parts`` are the statements of a transaction, which is kept if it ``commits``.
    """

    ours: str
    plain: tuple[str, ...] = ()
    merge: Merge | None = None
    back: int = 0
    query: bool = False
    reopens: bool = False
    parts: tuple[Statement, ...] = ()
    commits: bool = True


def same(sql: str) -> Statement:
    """Return a statement that both sides understand."""
    return Statement(sql, (sql,))


@dataclass
class Sequence:
    """Makes the statements of one random table; the same seed makes the same ones."""

    choose: random.Random
    kind: TableKind
    abilities: frozenset[str]
    columns: list[Column] = field(default_factory=list)
    partitions: tuple[str, ...] = ()
    next_column: int = 0
    #: How many rows there may be; a guess, since conditions are random.
    rows: int = 0

    def make(self, length: int) -> list[Statement]:
        """Return a table's creation and ``length`` - 1 statements after it."""
        made = [self.create()]
        while len(made) < length:
            made.append(self.statement())
        return made

    # Tables ---------------------------------------------------------------------------------------

    def create(self) -> Statement:
        """Create the table, with or without rows."""
        choose = self.choose
        self.columns = [Column("k", "INT" if self.kind.check else choose.choice(KEYS), few=True)]
        if self.kind.partitioned:
            for number in range(choose.choice((1, 1, 2))):
                self.columns.append(Column(f"p{number}", choose.choice(PARTITIONS), few=True))
            self.partitions = tuple(column.name for column in self.columns[1:])
        for _ in range(choose.randrange(1, 5)):
            self.columns.append(self.new_column(choose.random() < 0.15))
        choose.shuffle(self.columns)
        definition = ", ".join(self._definition(column, column.kind) for column in self.columns)
        plain = ", ".join(self._definition(column, column.plain) for column in self.columns)
        plain += f", CHECK ({self.kind.check})" if self.kind.check else ""
        parts = f" PARTITIONED BY ({', '.join(self.partitions)})" if self.partitions else ""
        properties = self.kind.properties_clause
        return Statement(
            f"CREATE TABLE {TABLE} ({definition}) USING DELTA{parts}{properties}",
            (f"CREATE TABLE {TABLE} ({plain})",),
        )

    @staticmethod
    def _definition(column: Column, kind: str) -> str:
        return f"{column.name} {kind}{' NOT NULL' if column.not_null else ''}"

    def new_column(self, not_null: bool) -> Column:
        """Return a column of any type that the table does not have yet."""
        kinds = SCALARS if self.choose.random() < 0.85 else NESTED
        name = f"c{self.next_column}"
        self.next_column += 1
        return Column(name, self.choose.choice(kinds), not_null)

    # Statements -----------------------------------------------------------------------------------

    def statement(self) -> Statement:
        """Return any statement."""
        if self.rows > MANY_ROWS:
            return self.delete()
        kinds: list[tuple[int, Callable[[], Statement]]] = [
            (7, self.insert),
            (2, self.insert_from_itself),
            (1, self.overwrite),
            (5, self.update),
            (4, self.delete),
            (8, self.merge),
            (1, self.update_from),
            (3, self.query),
            (1, self.reopen),
        ]
        if "optimize" in self.abilities:
            kinds.append((2, self.optimize))
        if "restore" in self.abilities:
            kinds.append((1, lambda: Statement("", back=self.choose.randrange(1, 4))))
        if "replace" in self.abilities and self.kind.check == "":
            kinds.append((1, self.replace))
        if "replace_where" in self.abilities:
            kinds.append((1, self.replace_where))
        if "transaction" in self.abilities:
            kinds.append((2, self.transaction))
        if "alter" in self.abilities:
            kinds.append((1, self.add_column))
            if self.kind.is_widened:
                kinds.append((3, self.widen_column))
            if self.kind.is_mapped:
                kinds += [(1, self.rename_column), (1, self.drop_column)]
        return self.choose.choices([k for _, k in kinds], [weight for weight, _ in kinds])[0]()

    def insert(self) -> Statement:
        """Append rows, of some or all columns, in any order."""
        columns = self._some_columns()
        rows = self._values(columns, self.choose.randrange(1, 14))
        return same(f"INSERT INTO {TABLE} ({self._names(columns)}) VALUES {rows}")

    def insert_from_itself(self) -> Statement:
        """Append rows of the table to itself, changed."""
        values = ", ".join(value(self.choose, self.columns, column) for column in self.columns)
        self.rows += self.rows // 2
        test = condition(self.choose, self.columns)
        return same(f"INSERT INTO {TABLE} SELECT {values} FROM {TABLE} WHERE {test}")

    def overwrite(self) -> Statement:
        """Put other rows in the place of all."""
        if self.choose.random() < 0.4:
            test = condition(self.choose, self.columns)
            rest = f"DELETE FROM {TABLE} WHERE ({test}) IS NOT TRUE"
            return Statement(
                f"INSERT OVERWRITE {TABLE} SELECT * FROM {TABLE} WHERE {test}", (rest,)
            )
        self.rows = 0
        rows = self._values(self.columns, self.choose.randrange(1, 10))
        return Statement(
            f"INSERT OVERWRITE {TABLE} VALUES {rows}",
            (f"DELETE FROM {TABLE}", f"INSERT INTO {TABLE} VALUES {rows}"),
        )

    def replace(self) -> Statement:
        """Make the table anew from its own rows, with the columns in another order."""
        self.choose.shuffle(self.columns)
        self.columns = [replace(column, not_null=False) for column in self.columns]
        query = f"SELECT {self._names(self.columns)} FROM {TABLE}"
        test = condition(self.choose, self.columns)
        parts = f" PARTITIONED BY ({', '.join(self.partitions)})" if self.partitions else ""
        create = f"CREATE OR REPLACE TABLE {TABLE}"
        return Statement(
            f"{create} USING DELTA{parts}{self.kind.properties_clause} AS {query} WHERE {test}",
            (f"{create} AS {query} WHERE {test}",),
        )

    def replace_where(self) -> Statement:
        """Put new rows in the place of those with one key, which all new ones have."""
        key = literal(self.choose, next(c for c in self.columns if c.name == "k"), nulls=0)
        others = [column for column in self.columns if column.name != "k"]
        names = self._names(others)
        rows = self._values(others, self.choose.randrange(1, 4))
        source = f"SELECT {key} AS k, * FROM (VALUES {rows}) v({names})"
        test = f"k = {key}"
        return Statement(
            f"INSERT INTO {TABLE} (k, {names}) REPLACE WHERE {test} {source}",
            (f"DELETE FROM {TABLE} WHERE {test}", f"INSERT INTO {TABLE} (k, {names}) {source}"),
        )

    def transaction(self) -> Statement:
        """Return several statements in one commit, or none of them."""
        kinds = (self.insert, self.insert_from_itself, self.update, self.delete, self.merge)
        kinds += (self.query,)
        parts = tuple(self.choose.choice(kinds)() for _ in range(self.choose.randrange(1, 5)))
        return Statement("", parts=parts, commits=self.choose.random() < 0.75)

    def update(self) -> Statement:
        """Change some columns of some rows."""
        chosen = self.choose.sample(self.columns, self.choose.choice((1, 1, 2)))
        sets = ", ".join(f"{c.name} = {value(self.choose, self.columns, c)}" for c in chosen)
        return same(f"UPDATE {TABLE} SET {sets}{self._where()}")

    def delete(self) -> Statement:
        """Delete some rows."""
        self.rows = self.rows * 2 // 3
        return same(f"DELETE FROM {TABLE}{self._where()}")

    def update_from(self) -> Statement:
        """Change rows by those of another table, which may have several for one."""
        keys, source, columns = self._source()
        column = self.choose.choice(self.columns)
        new = value(self.choose, columns, column, "s.")
        on = self._on(keys)
        clause = Clause(MATCHED, "", "UPDATE", ((column.name, new),))
        merge = Merge(TABLE, source, on, (clause,))
        sql = f"UPDATE {TABLE} t SET {column.name} = {new} FROM ({source}) s WHERE {on}"
        return Statement(sql, merge=merge)

    def query(self) -> Statement:
        """Compare the answer of a query with conditions, which may leave out files."""
        test = condition(self.choose, self.columns)
        column = self.choose.choice(self.columns).name
        return Statement(
            self.choose.choice(
                (
                    f"SELECT * FROM {TABLE} WHERE {test}",
                    f"SELECT {column} FROM {TABLE} WHERE {test}",
                    f"SELECT count(*) FROM {TABLE} WHERE {test}",
                    f"SELECT {column}, count(*) FROM {TABLE} GROUP BY {column}",
                    f"SELECT min(k), max(k), count(k), count(*) FROM {TABLE} WHERE {test}",
                )
            ),
            query=True,
        )

    def reopen(self) -> Statement:
        """Forget everything that the process holds about the table."""
        return Statement("", reopens=True)

    def optimize(self) -> Statement:
        """Arrange the rows of files anew, which changes no row."""
        names = [c.name for c in self.columns if c.kind in KEYS and c.name not in self.partitions]
        order = f" ZORDER BY ({self.choose.choice(names)})" if names else ""
        return Statement(f"OPTIMIZE {TABLE}{self.choose.choice(('', order))}")

    # Columns --------------------------------------------------------------------------------------

    def add_column(self) -> Statement:
        """Add a column, which is null in the rows that are there."""
        column = self.new_column(not_null=False)
        self.columns.append(column)
        return Statement(
            f"ALTER TABLE {TABLE} ADD COLUMN {column.name} {column.kind}",
            (f"ALTER TABLE {TABLE} ADD COLUMN {column.name} {column.plain}",),
        )

    def _free_columns(self) -> list[Column]:
        return [c for c in self.columns if c.name != "k" and c.name not in self.partitions]

    def rename_column(self) -> Statement:
        """Give a column another name."""
        free = self._free_columns()
        if not free:
            return self.insert()
        old = self.choose.choice(free)
        new = f"c{self.next_column}"
        self.next_column += 1
        self.columns[self.columns.index(old)] = replace(old, name=new)
        return same(f"ALTER TABLE {TABLE} RENAME COLUMN {old.name} TO {new}")

    def widen_column(self) -> Statement:
        """Give a column a wider type."""
        narrow = [c for c in self.columns if c.kind in WIDER and c.name not in self.partitions]
        if not narrow:
            return self.insert()
        old = self.choose.choice(narrow)
        new = replace(old, kind=self.choose.choice(WIDER[old.kind]))
        self.columns[self.columns.index(old)] = new
        change = f"ALTER TABLE {TABLE} ALTER COLUMN {old.name} TYPE"
        return Statement(f"{change} {new.kind}", (f"{change} {new.plain}",))

    def drop_column(self) -> Statement:
        """Drop a column."""
        free = self._free_columns()
        if len(free) < 2:
            return self.insert()
        old = self.choose.choice(free)
        self.columns.remove(old)
        return same(f"ALTER TABLE {TABLE} DROP COLUMN {old.name}")

    # MERGE ----------------------------------------------------------------------------------------

    def merge(self) -> Statement:
        """Return a MERGE with any clauses."""
        keys, source, columns = self._source()
        clauses: list[Clause] = []
        for when, chance in ((MATCHED, 0.8), (NOT_MATCHED, 0.6), (BY_SOURCE, 0.3)):
            if self.choose.random() < chance:
                for last in (False, True)[self.choose.random() < 0.6 :]:
                    clauses.append(self._clause(when, columns, last))
        if not clauses:
            clauses.append(self._clause(MATCHED, columns, last=True))
        self.rows += 3
        merge = Merge(TABLE, source, self._on(keys), tuple(clauses))
        return Statement(merge.sql, merge=merge)

    def _source(self) -> tuple[list[Column], str, list[Column]]:
        """Return the key columns, the source's query, and its columns."""
        choose = self.choose
        keys = [column for column in self.columns if column.few]
        columns = [*self.columns] if choose.random() < 0.5 else self._some_columns(needed=keys)
        if choose.random() < 0.15:
            test = condition(choose, self.columns)
            return keys, f"SELECT {self._names(columns)} FROM {TABLE} WHERE {test}", columns
        # Rows of the source may be there twice, and their keys may be null.
        rows = self._values(columns, choose.choice((0, 1, 1, 2, 3, 5, 9)) or 1, counts=False)
        names = self._names(columns)
        query = f"SELECT * FROM (VALUES {rows}) v({names})"
        if choose.random() < 0.55:
            key = ", ".join(column.name for column in keys)
            query += f" QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY ALL) = 1"
            query = query.replace("ORDER BY ALL", f"ORDER BY {names}")
        return keys, query, columns

    def _on(self, keys: list[Column]) -> str:
        choose = self.choose
        tests = [f"t.{key.name} = s.{key.name}" for key in keys]
        if len(tests) > 1 and choose.random() < 0.3:
            tests = [choose.choice(tests)]
        chance = choose.random()
        if chance < 0.1:
            tests[0] = tests[0].replace(" = ", " IS NOT DISTINCT FROM ")
        elif chance < 0.15:
            tests[0] = tests[0].replace(" = ", " < ")
        elif chance < 0.35:
            tests.append(condition(choose, self.columns, "t.", depth=1))
        elif chance < 0.4:
            return f"({' OR '.join(tests)})"
        return " AND ".join(tests)

    def _clause(self, when: str, source: list[Column], last: bool) -> Clause:
        choose = self.choose
        prefix = (
            "s." if when == NOT_MATCHED or (when == MATCHED and choose.random() < 0.5) else "t."
        )
        over = source if prefix == "s." else self.columns
        test = "" if last and choose.random() < 0.7 else condition(choose, over, prefix, depth=1)
        whole = len(source) == len(self.columns)
        if "star_by_name" not in self.abilities:
            whole = source == self.columns
        if when == NOT_MATCHED:
            if choose.random() < 0.1:
                return Clause(when, test, "NOTHING", text="DO NOTHING")
            if whole and choose.random() < 0.3:
                values = tuple((column.name, f"s.{column.name}") for column in self.columns)
                return Clause(when, test, "INSERT", values, "INSERT *")
            columns = self._some_columns()
            values = tuple((c.name, value(choose, source, c, "s.")) for c in columns)
            text = ", ".join(new for _, new in values)
            return Clause(
                when, test, "INSERT", values, f"INSERT ({self._names(columns)}) VALUES ({text})"
            )
        chance = choose.random()
        if chance < 0.3:
            return Clause(when, test, "DELETE", text="DELETE")
        if chance < 0.4:
            return Clause(when, test, "NOTHING", text="DO NOTHING")
        if when == MATCHED and whole and chance < 0.55:
            values = tuple((column.name, f"s.{column.name}") for column in self.columns)
            return Clause(when, test, "UPDATE", values, "UPDATE SET *")
        chosen = choose.sample(self.columns, choose.choice((1, 1, 2)))
        over, prefix = (
            (source, "s.")
            if when == MATCHED and choose.random() < 0.6
            else (
                self.columns,
                "t.",
            )
        )
        values = tuple((c.name, value(choose, over, c, prefix)) for c in chosen)
        text = ", ".join(f"{name} = {new}" for name, new in values)
        return Clause(when, test, "UPDATE", values, f"UPDATE SET {text}")

    # Parts ----------------------------------------------------------------------------------------

    def _some_columns(self, needed: list[Column] | None = None) -> list[Column]:
        """Return columns in any order, always with those that may not be null."""
        kept = [
            column
            for column in self.columns
            if column.not_null or column in (needed or []) or self.choose.random() < 0.9
        ] or [self.columns[0]]
        self.choose.shuffle(kept)
        return kept

    @staticmethod
    def _names(columns: list[Column]) -> str:
        return ", ".join(column.name for column in columns)

    def _values(self, columns: list[Column], count: int, counts: bool = True) -> str:
        if counts:
            self.rows += count
        rows = []
        for _ in range(count):
            # A null that is not allowed is an error now and then, not always.
            cells = [literal(self.choose, c, 0.02 if c.not_null else 0.12) for c in columns]
            rows.append(f"({', '.join(cells)})")
        return ", ".join(rows)

    def _where(self) -> str:
        chance = self.choose.random()
        if chance < 0.06:
            return ""
        if chance < 0.16:
            inner = condition(self.choose, self.columns)
            return f" WHERE k IN (SELECT k FROM {TABLE} WHERE {inner})"
        return f" WHERE {condition(self.choose, self.columns)}"
