"""Values that are properties here and methods in ``deltalake``, so both spellings work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow


class Version(int):
    """A version: a number, and ``table.version()`` as in ``deltalake``."""

    def __call__(self) -> int:
        """Return the number."""
        return int(self)


class TableSchema:
    """The columns of a table: everything that a ``pyarrow.Schema`` has.

    ``table.schema()`` is the same, as in ``deltalake``; any library that speaks the Arrow PyCapsule
    interface reads it.
    """

    def __init__(self, schema: pyarrow.Schema) -> None:
        self._schema = schema

    def __call__(self) -> TableSchema:
        """Return itself."""
        return self

    def to_arrow(self) -> pyarrow.Schema:
        """Return the ``pyarrow.Schema``."""
        return self._schema

    def __arrow_c_schema__(self) -> Any:
        """Hand it out as an Arrow C schema."""
        return self._schema.__arrow_c_schema__()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._schema, name)

    def __getitem__(self, key: Any) -> Any:
        return self._schema[key]

    def __iter__(self) -> Iterator[pyarrow.Field]:
        return iter(self._schema)

    def __len__(self) -> int:
        return len(self._schema)

    def __eq__(self, other: object) -> bool:
        other_schema = other._schema if isinstance(other, TableSchema) else other
        return bool(self._schema == other_schema)

    def __hash__(self) -> int:
        return hash(self._schema)

    def __repr__(self) -> str:
        return repr(self._schema)
