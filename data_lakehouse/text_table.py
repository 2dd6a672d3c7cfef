"""Tables for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def _width_of(text: str) -> int:
    """Return the number of cells that ``text`` takes on a terminal."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    marks = sum(bool(unicodedata.combining(c)) for c in text)
    return len(text) + wide - marks


def _cut(text: str, width: int) -> str:
    line = text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return line if width <= 0 or len(line) <= width else line[: max(width - 3, 0)] + "..."


def format_table(names: Sequence[str], rows: Sequence[Sequence[str]], width: int = 20) -> str:
    """Return a table with lines around it, as Spark prints one.

    Parameters
    ----------
    names : of the columns
    rows : texts of the cells
    width : greatest width of a cell in characters; 0 is no limit
    """
    lines = [[_cut(cell, width) for cell in row] for row in [list(names), *rows]]
    widths = [max((_width_of(line[i]) for line in lines), default=0) for i in range(len(names))]
    rule = "+" + "+".join("-" * (w + 2) for w in widths) + "+"

    def padded(line: Sequence[str]) -> str:
        cells = (c + " " * (w - _width_of(c)) for c, w in zip(line, widths, strict=True))
        return "| " + " | ".join(cells) + " |" if line else "||"

    head, *body = (padded(line) for line in lines)
    return "\n".join([rule, head, rule, *body, rule])
