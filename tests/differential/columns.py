"""Columns of random tables: types, literals, expressions and conditions over them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

LONG_TEXT = "long text " * 9
TEXTS = ("a", "b", "B", "aa", "ä€", "😀 x", "it''s", "50%", "a_b", "\\", "c/d e", LONG_TEXT)
NUMBERS = [
    "INT",
    "SMALLINT",
    "TINYINT",
    "BIGINT",
    "DOUBLE",
    "FLOAT",
    "DECIMAL(9,2)",
    "DECIMAL(20,4)",
    "DECIMAL(38,10)",
]
#: What the plain DuckDB calls a type, where it is not the same word.
PLAIN = {
    "TIMESTAMP": "TIMESTAMPTZ",
    "TIMESTAMP_NTZ": "TIMESTAMP",
    "STRUCT<a: INT, b: STRING>": "STRUCT(a INT, b VARCHAR)",
    "ARRAY<INT>": "INT[]",
    "MAP<STRING, INT>": "MAP(VARCHAR, INT)",
}
NESTED = ("STRUCT<a: INT, b: STRING>", "ARRAY<INT>", "MAP<STRING, INT>")
SCALARS = (*NUMBERS, "STRING", "BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "BINARY")
#: Types that make good keys and partitions: few values, so that rows meet.
KEYS = ("INT", "BIGINT", "STRING", "DATE", "DECIMAL(9,2)", "TIMESTAMP_NTZ", "TINYINT")
PARTITIONS = (*KEYS, "BOOLEAN", "TIMESTAMP", "SMALLINT")
#: What a column's type may become without a new file.
WIDER = {
    "TINYINT": ("SMALLINT", "INT", "BIGINT", "DOUBLE"),
    "SMALLINT": ("INT", "BIGINT", "DOUBLE"),
    "INT": ("BIGINT", "DOUBLE", "DECIMAL(20,4)"),
    "FLOAT": ("DOUBLE",),
    "DECIMAL(9,2)": ("DECIMAL(20,4)", "DECIMAL(38,10)"),
    "DECIMAL(20,4)": ("DECIMAL(38,10)",),
    "DATE": ("TIMESTAMP_NTZ",),
}
SHARE_OF_NULLS = 0.12


@dataclass(frozen=True)
class Column:
    """A column: ``few`` says that its values come from a small set, ``narrow`` without extremes."""

    name: str
    kind: str
    not_null: bool = False
    few: bool = False

    @property
    def plain(self) -> str:
        """Return what the plain DuckDB calls the type."""
        return PLAIN.get(self.kind, self.kind)


def _whole(limit: int) -> Callable[[random.Random, bool], str]:
    def literal(choose: random.Random, few: bool) -> str:
        if few or choose.random() < 0.8:
            return str(choose.randrange(-2, 8))
        return str(choose.choice((limit, -limit - 1, choose.randint(-limit, limit))))

    return literal


def _decimal(digits: int, scale: int) -> Callable[[random.Random, bool], str]:
    def literal(choose: random.Random, few: bool) -> str:
        if few or choose.random() < 0.8:
            return f"{choose.randrange(-2, 6)}.{choose.choice(('5', '25', '00'))}"
        whole = choose.randrange(10 ** (digits - scale))
        return f"{choose.choice(('', '-'))}{whole}.{choose.randrange(10**scale):0{scale}}"

    return literal


def _double(choose: random.Random, few: bool) -> str:
    if few or choose.random() < 0.8:
        return choose.choice(("0.5", "1.0", "2.25", "-3.0", "7.0"))
    return choose.choice(("'nan'", "'inf'", "'-inf'", "'-0.0'", "1e30", "-1e-30", "0.1"))


def _day(choose: random.Random, few: bool) -> str:
    if few or choose.random() < 0.85:
        return f"2024-0{choose.randrange(1, 4)}-1{choose.randrange(3)}"
    return choose.choice(("0001-01-01", "1582-10-04", "1969-12-31", "9999-12-31"))


def _moment(choose: random.Random, few: bool) -> str:
    if few:
        return f"{_day(choose, few)} 0{choose.randrange(3)}:00:00"
    fraction = choose.choice(("", ".5", ".123456", ".999999"))
    return f"{_day(choose, few)} 1{choose.randrange(10)}:3{choose.randrange(10)}:07{fraction}"


LITERALS: dict[str, Callable[[random.Random, bool], str]] = {
    "TINYINT": _whole(2**7 - 1),
    "SMALLINT": _whole(2**15 - 1),
    "INT": _whole(2**31 - 1),
    "BIGINT": _whole(2**63 - 1),
    "DOUBLE": _double,
    "FLOAT": _double,
    "DECIMAL(9,2)": _decimal(9, 2),
    "DECIMAL(20,4)": _decimal(20, 4),
    "DECIMAL(38,10)": _decimal(38, 10),
    "STRING": lambda choose, few: f"'{choose.choice(TEXTS[:5] if few else (*TEXTS, ''))}'",
    "BOOLEAN": lambda choose, few: choose.choice(("true", "false")),
    "DATE": lambda choose, few: f"'{_day(choose, few)}'",
    "TIMESTAMP": lambda choose, few: f"'{_moment(choose, few)}+00'",
    "TIMESTAMP_NTZ": lambda choose, few: f"'{_moment(choose, few)}'",
    "BINARY": lambda choose, few: choose.choice(("'\\x00\\xFF'", "'abc'", "''")),
    "STRUCT<a: INT, b: STRING>": lambda choose, few: choose.choice(
        ("{'a': 1, 'b': 'x'}", "{'a': NULL, 'b': 'y'}", "{'a': 7, 'b': NULL}")
    ),
    "ARRAY<INT>": lambda choose, few: choose.choice(("[1, 2]", "[]", "[NULL, 3]", "[9]")),
    "MAP<STRING, INT>": lambda choose, few: choose.choice(
        ("MAP {'k': 1}", "MAP {'k': NULL, 'l': 2}", "MAP {}")
    ),
}


def literal(choose: random.Random, column: Column, nulls: float = SHARE_OF_NULLS) -> str:
    """Return a value of the column's type, cast to it, so that both sides read the same."""
    if choose.random() < nulls:
        return f"CAST(NULL AS {column.plain})"
    return f"CAST({LITERALS[column.kind](choose, column.few)} AS {column.plain})"


def value(choose: random.Random, columns: list[Column], wanted: Column, prefix: str = "") -> str:
    """Return an expression of the type of ``wanted`` over ``columns`` called ``prefix`` + name."""
    same = [column for column in columns if column.kind == wanted.kind]
    if not same or choose.random() < 0.35:
        return literal(choose, wanted)
    name = prefix + choose.choice(same).name
    shapes = [name, f"coalesce({name}, {literal(choose, wanted, 0)})"]
    if wanted.kind in NUMBERS:
        # Sums that overflow are errors on both sides; quotients would round.
        shapes += [f"{name} + 1", f"-{name}", f"{name} - 3"]
    if wanted.kind == "STRING":
        shapes += [f"left({name} || 'x', 40)", f"upper({name})", f"reverse({name})"]
    if wanted.kind == "BOOLEAN":
        shapes.append(f"NOT {name}")
    if wanted.kind == "DATE":
        shapes.append(f"greatest({name}, DATE '2024-01-01') + 1")
    if wanted.kind in ("TIMESTAMP", "TIMESTAMP_NTZ"):
        shapes.append(f"least({name}, {literal(choose, wanted, 0)}) + INTERVAL 1 DAY")
    test = condition(choose, columns, prefix, depth=0)
    shapes.append(f"CASE WHEN {test} THEN {name} ELSE {literal(choose, wanted)} END")
    return choose.choice(shapes)


def condition(
    choose: random.Random,
    columns: list[Column],
    prefix: str = "",
    depth: int = 2,
    inside: bool = False,
) -> str:
    """Return a condition over ``columns`` that cannot fail; ``inside`` of another one or not."""
    if depth and choose.random() < 0.35:
        left = condition(choose, columns, prefix, depth - 1, inside=True)
        right = condition(choose, columns, prefix, depth - 1, inside=True)
        return choose.choice((f"({left} AND {right})", f"({left} OR {right})", f"NOT ({left})"))
    column = choose.choice(columns)
    name = prefix + column.name
    if column.kind in NESTED or choose.random() < 0.1:
        return f"{name} IS {choose.choice(('', 'NOT '))}NULL"
    first, second = literal(choose, column, 0.03), literal(choose, column, 0.03)
    shapes = [
        f"{name} {choose.choice(('=', '<>', '<', '<=', '>', '>='))} {first}",
        f"{name} IN ({first}, {second})",
        f"{name} BETWEEN {first} AND {second}",
    ]
    if not inside:
        # Below OR, DuckDB's Parquet reader leaves out row groups of nulls that fulfil it.
        shapes.append(f"{name} IS NOT DISTINCT FROM {first}")
    if column.kind == "STRING":
        shapes += [f"{name} LIKE '{choose.choice(('a', 'long', '%x', ''))}%'"]
    if column.kind in ("DATE", "TIMESTAMP_NTZ"):
        shapes.append(f"month({name}) = {choose.randrange(1, 4)}")
    if column.kind == "BOOLEAN":
        shapes.append(name)
    return choose.choice(shapes)
