"""MERGE as a builder: :class:`TableMerger`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from data_lakehouse.storage.delta.statements import assigned, quoted

if TYPE_CHECKING:
    from data_lakehouse.storage.delta.table import Table


class TableMerger:
    """Collects the clauses of a MERGE; :meth:`execute` runs it in one commit.

    Get one from :meth:`Table.merge`. Predicates and values are SQL over the columns of both
    tables; the first clause whose predicate is true takes a row.
    """

    def __init__(
        self,
        table: Table,
        source: Any,
        predicate: str,
        source_alias: str,
        target_alias: str,
        merge_schema: bool = False,
    ) -> None:
        self._table = table
        self._source = source
        self._predicate = predicate
        self._source_alias = source_alias
        self._target_alias = target_alias
        self._evolution = "WITH SCHEMA EVOLUTION " if merge_schema else ""
        self._clauses: list[str] = []

    def _add(self, when: str, predicate: str | None, action: str) -> TableMerger:
        condition = f" AND ({predicate})" if predicate else ""
        self._clauses.append(f"WHEN {when}{condition} THEN {action}")
        return self

    def _plain(self, name: str) -> str:
        """Return a column without the target's alias, which may be before it."""
        prefix = self._target_alias + "."
        return name[len(prefix) :] if name.startswith(prefix) else name

    def _column(self, name: str) -> str:
        return quoted(self._plain(name))

    def _set(self, updates: Mapping[str, str]) -> str:
        columns = self._table.columns
        target = quoted(self._target_alias)
        values = (
            f"{target}.{assigned(self._plain(name), columns)} = {value}"
            for name, value in updates.items()
        )
        return "UPDATE SET " + ", ".join(values)

    def _insert(self, updates: Mapping[str, str]) -> str:
        names = ", ".join(self._column(name) for name in updates)
        return f"INSERT ({names}) VALUES ({', '.join(updates.values())})"

    def _all_but(self, but: Sequence[str]) -> dict[str, str]:
        left_out = {name.lower() for name in but}
        alias = quoted(self._source_alias)
        names = (name for name in self._table.columns if name.lower() not in left_out)
        return {name: f"{alias}.{quoted(name)}" for name in names}

    def when_matched_update(
        self, updates: Mapping[str, str], predicate: str | None = None
    ) -> TableMerger:
        """Update a row that has a match: ``{"price": "source.price"}``."""
        return self._add("MATCHED", predicate, self._set(updates))

    def when_matched_update_all(
        self, predicate: str | None = None, except_cols: Sequence[str] = ()
    ) -> TableMerger:
        """Update every column of a row that has a match, from the column of the same name."""
        action = self._set(self._all_but(except_cols)) if except_cols else "UPDATE SET *"
        return self._add("MATCHED", predicate, action)

    def when_matched_delete(self, predicate: str | None = None) -> TableMerger:
        """Delete a row that has a match."""
        return self._add("MATCHED", predicate, "DELETE")

    def when_not_matched_insert(
        self, updates: Mapping[str, str], predicate: str | None = None
    ) -> TableMerger:
        """Insert a row of the source that has no match; columns that are not named are null."""
        return self._add("NOT MATCHED", predicate, self._insert(updates))

    def when_not_matched_insert_all(
        self, predicate: str | None = None, except_cols: Sequence[str] = ()
    ) -> TableMerger:
        """Insert a row of the source that has no match, with every column."""
        action = self._insert(self._all_but(except_cols)) if except_cols else "INSERT *"
        return self._add("NOT MATCHED", predicate, action)

    def when_not_matched_by_source_update(
        self, updates: Mapping[str, str], predicate: str | None = None
    ) -> TableMerger:
        """Update a row of the table that no row of the source matches."""
        return self._add("NOT MATCHED BY SOURCE", predicate, self._set(updates))

    def when_not_matched_by_source_delete(self, predicate: str | None = None) -> TableMerger:
        """Delete a row of the table that no row of the source matches."""
        return self._add("NOT MATCHED BY SOURCE", predicate, "DELETE")

    def sql(self) -> str:
        """Return the statement."""
        table = f"{self._table.sql_name} AS {quoted(self._target_alias)}"
        source = f"lake_source.rows AS {quoted(self._source_alias)}"
        clauses = "\n".join(self._clauses)
        return (
            f"MERGE {self._evolution}INTO {table}\nUSING {source}\nON {self._predicate}\n{clauses}"
        )

    def execute(self) -> dict[str, int]:
        """Run it; return the numbers of its commit.

        Returns
        -------
        dict
            ``num_target_rows_inserted``, ``num_target_rows_updated``,
            ``num_target_rows_deleted``, ``num_target_rows_copied``, ``num_output_rows``,
            ``num_target_files_added``, ``num_target_files_removed``, ``version`` (-1 when nothing
            changed) and ``execution_time_ms``.

        Raises
        ------
        LakehouseError
            InvalidArgumentError when a row would be changed twice (LK-4040) or a predicate is
            wrong, CommitConflictError when other writers won every time (LK-4013). Nothing is
            changed then.
        """
        zero = dict.fromkeys(_NUMBERS, 0)
        return zero | self._table.runner.change(self.sql(), sources={"rows": self._source})


_NUMBERS = (
    "num_target_rows_inserted",
    "num_target_rows_updated",
    "num_target_rows_deleted",
    "num_target_rows_copied",
    "num_output_rows",
    "num_target_files_added",
    "num_target_files_removed",
)
