"""What a table's maintenance and its columns offer: ``table.optimize``, ``table.alter``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from data_lakehouse.storage.delta.statements import quoted, sql_type, text

if TYPE_CHECKING:
    import pyarrow

    from data_lakehouse.dataframe import Row
    from data_lakehouse.storage.delta.table import Table


def numbers_of(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the first row of a command's answer, with what is nested in it."""
    from data_lakehouse.storage.delta.statements import snake_case

    found: dict[str, Any] = {}
    for name, value in rows[0].asDict().items() if rows else ():
        nested = value if isinstance(value, dict) else {name: value}
        found |= {snake_case(key): one for key, one in nested.items()}
    return found


class TableOptimizer:
    """Rewrites files without changing rows."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def compact(self, predicate: str | None = None) -> dict[str, Any]:
        """Write small files together; return what was done.

        Parameters
        ----------
        predicate : SQL over partition columns, which chooses the partitions, optional
        """
        return self._run(predicate, "")

    def z_order(self, columns: Sequence[str], predicate: str | None = None) -> dict[str, Any]:
        """Sort the rows along a curve over ``columns``, so that each file covers a small part."""
        names = ", ".join(quoted(column) for column in columns)
        return self._run(predicate, f" ZORDER BY ({names})")

    def _run(self, predicate: str | None, order: str) -> dict[str, Any]:
        where = f" WHERE {predicate}" if predicate else ""
        return numbers_of(self._table.runner.rows(f"OPTIMIZE {self._table.sql_name}{where}{order}"))


class TableAlterer:
    """Changes columns, constraints and properties; each method is one commit."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def _run(self, change: str) -> None:
        self._table.runner.rows(f"ALTER TABLE {self._table.sql_name} {change}")

    def add_columns(self, fields: pyarrow.Schema | pyarrow.Field | Sequence[pyarrow.Field]) -> None:
        """Add columns; the rows that are there have null in them."""
        import pyarrow

        given = [fields] if isinstance(fields, pyarrow.Field) else list(fields)
        columns = (f"{quoted(field.name)} {sql_type(field.type)}" for field in given)
        self._run(f"ADD COLUMNS ({', '.join(columns)})")

    def drop_columns(self, names: Sequence[str]) -> None:
        """Drop columns; the table needs column mapping."""
        self._run(f"DROP COLUMNS ({', '.join(quoted(name) for name in names)})")

    def rename_column(self, name: str, new_name: str) -> None:
        """Rename a column; the table needs column mapping."""
        self._run(f"RENAME COLUMN {quoted(name)} TO {quoted(new_name)}")

    def add_constraint(self, constraints: Mapping[str, str]) -> None:
        """Add CHECK constraints, by name: ``{"positive": "price > 0"}``."""
        for name, predicate in constraints.items():
            self._run(f"ADD CONSTRAINT {quoted(name)} CHECK ({predicate})")

    def drop_constraint(self, name: str, raise_if_not_exists: bool = True) -> None:
        """Drop a constraint; one that is not there is an error unless it may be missing."""
        only = "" if raise_if_not_exists else "IF EXISTS "
        self._run(f"DROP CONSTRAINT {only}{quoted(name)}")

    def drop_column_not_null(self, column_name: str) -> None:
        """Let a column have null."""
        self._run(f"ALTER COLUMN {quoted(column_name)} DROP NOT NULL")

    def add_feature(self, feature: str | Sequence[str]) -> None:
        """Add features of Delta to the table's protocol, such as ``deletionVectors``."""
        names = [feature] if isinstance(feature, str) else feature
        self.set_table_properties({f"delta.feature.{name}": "supported" for name in names})

    def set_table_properties(self, properties: Mapping[str, str]) -> None:
        """Set properties, such as ``delta.enableDeletionVectors``."""
        pairs = (f"{text(key)} = {text(value)}" for key, value in properties.items())
        self._run(f"SET TBLPROPERTIES ({', '.join(pairs)})")

    def unset_table_properties(self, keys: Sequence[str]) -> None:
        """Take properties away."""
        self._run(f"UNSET TBLPROPERTIES ({', '.join(text(key) for key in keys)})")

    def set_table_description(self, description: str) -> None:
        """Set the table's comment."""
        self._table.runner.rows(f"COMMENT ON TABLE {self._table.sql_name} IS {text(description)}")
