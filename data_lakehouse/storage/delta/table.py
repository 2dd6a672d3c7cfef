"""One table of the lakehouse."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from data_lakehouse.dataframe import DataFrame, SessionState, schema_of
from data_lakehouse.errors import InvalidArgumentError
from data_lakehouse.storage.delta.maintenance import TableAlterer, TableOptimizer, numbers_of
from data_lakehouse.storage.delta.merge import TableMerger
from data_lakehouse.storage.delta.shapes import TableSchema, Version
from data_lakehouse.storage.delta.statements import (
    Runner,
    assigned,
    quoted,
    text,
    time_text,
    time_travel,
)

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from data_lakehouse.lakehouse import Lakehouse


_PARTS = ("catalog", "schema", "name")


_FILES = ("num_copied_rows", "num_added_files", "num_removed_files")


def _where(predicate: str | None) -> str:
    return f" WHERE {predicate}" if predicate else ""


def _end_of(version: int | None, timestamp: str | datetime.datetime | None) -> str:
    """Return an end of a range of versions for SQL."""
    if timestamp is None:
        return str(int(version or 0))
    return f"TIMESTAMPTZ {text(time_text(timestamp))}"


def _time_of(unix_ms: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(unix_ms / 1000, tz=datetime.UTC)


@dataclass(frozen=True)
class TableVersion:
    """One commit of a table. ``metrics`` are numbers as text, as the log has them."""

    version: int
    timestamp: datetime.datetime
    operation: str
    parameters: dict[str, str]
    metrics: dict[str, str]
    user_name: str
    engine_info: str
    is_blind_append: bool


@dataclass(frozen=True)
class TableMetadata:
    """What a table is beside its rows."""

    id: str
    name: str
    description: str
    partition_columns: list[str]
    configuration: dict[str, str]
    created_time: datetime.datetime


class TableProtocol(NamedTuple):
    """What a reader and a writer of the table must understand."""

    min_reader_version: int
    min_writer_version: int
    writer_features: list[str]
    reader_features: list[str]


class Table:
    """A table or view by name. What it says is read from the log at every use.

    The methods are those that users of ``deltalake`` know.

    Parameters
    ----------
    lakehouse : the open lakehouse
    name : one to three parts, such as ``bronze.flights``
    user : name of who asks, for authorization and audit; empty is the local user
    """

    def __init__(self, lakehouse: Lakehouse, name: str, user: str = "") -> None:
        self._lakehouse = lakehouse
        self._user = user
        self._schema = lakehouse.current_schema
        self._given = name
        self._version: int | None = None
        self._timestamp_ms: int | None = None
        found = self._describe()
        #: Full name, such as ``lake.bronze.flights``.
        self.name = ".".join(found[part] for part in _PARTS)
        #: The same as SQL reads it.
        self.sql_name = ".".join(quoted(found[part]) for part in _PARTS)
        #: Runs statements as the user of this table.
        self.runner = Runner(lakehouse, SessionState(self._schema), user)
        #: ``table`` or ``view``.
        self.kind: str = found["kind"]

    def _describe(self) -> dict[str, Any]:
        return self._lakehouse.core.describe_table(
            self._given, self._version, self._timestamp_ms, self._schema, self._user
        )

    def load_as_version(self, version: int | str | datetime.datetime) -> None:
        """Show the table as it was from now on: at a version, or at a time.

        Raises
        ------
        NotFoundError
            When the version is not there (LK-3004), or the time is before the first one (LK-3005).
        """
        pinned = self._version, self._timestamp_ms
        if isinstance(version, int):
            self._version, self._timestamp_ms = version, None
        else:
            given = version
            if isinstance(given, str):
                given = datetime.datetime.fromisoformat(given)
            aware = given if given.tzinfo else given.replace(tzinfo=datetime.UTC)
            self._version, self._timestamp_ms = None, int(aware.timestamp() * 1000)
        try:
            self._version, self._timestamp_ms = int(self._describe()["version"]), None
        except Exception:
            self._version, self._timestamp_ms = pinned
            raise

    @property
    def version(self) -> Version:
        """The version that is shown, the newest one by default; ``version()`` is the same."""
        return Version(self._describe()["version"])

    @property
    def schema(self) -> TableSchema:
        """Columns and types; ``schema()`` is the same, ``to_arrow()`` the ``pyarrow.Schema``."""
        if self.kind == "view":
            return TableSchema(self.to_df().schema)
        return TableSchema(schema_of(self._describe()["columns"]))

    def metadata(self) -> TableMetadata:
        """Return what the table is beside its rows."""
        found = self._describe()
        return TableMetadata(
            id=found["id"],
            name=found["table_name"] or self.name.split(".")[-1],
            description=found["description"] or found["comment"],
            partition_columns=list(found["partition_columns"]),
            configuration=dict(found["properties"]),
            created_time=_time_of(found["created_ms"]),
        )

    def protocol(self) -> TableProtocol:
        """Return what readers and writers of the table must understand."""
        found = self._describe()
        return TableProtocol(**{name: found[name] for name in TableProtocol._fields})

    def _files(self) -> list[dict[str, Any]]:
        core = self._lakehouse.core
        return core.table_files(self._given, self._version, self._schema, self._user)

    def files(self) -> list[str]:
        """Return the data files, relative to the table, or whole when they lie elsewhere.

        Raises
        ------
        PermissionDeniedError
            When the user may not change the table (LK-2101): who may only read sees rows.
        """
        return [str(file["path"]) for file in self._files()]

    def file_uris(self) -> list[str]:
        """Return where the data files lie; errors as of :meth:`files`."""
        return [str(file["uri"]) for file in self._files()]

    @property
    def columns(self) -> list[str]:
        """Names of the columns of the newest version."""
        return list(self.schema.names)

    @property
    def partition_columns(self) -> list[str]:
        """Columns by which the files are partitioned."""
        return list(self._describe()["partition_columns"])

    @property
    def properties(self) -> dict[str, str]:
        """Properties of the table, such as ``delta.logRetentionDuration``."""
        return dict(self._describe()["properties"])

    @property
    def comment(self) -> str:
        """The table's comment."""
        return str(self._describe()["comment"])

    @property
    def uri(self) -> str:
        """Where the table lies; other tools open it there."""
        return str(self._describe()["uri"])

    #: The same, as in ``deltalake``.
    table_uri = uri

    @property
    def num_files(self) -> int:
        """Number of data files of the newest version."""
        return int(self._describe()["num_files"])

    @property
    def size_bytes(self) -> int:
        """Size of these files."""
        return int(self._describe()["size_bytes"])

    def history(self, limit: int | None = None) -> list[TableVersion]:
        """Return the commits, newest first."""
        entries = self._lakehouse.core.table_history(self._given, limit, self._schema, self._user)
        return [
            TableVersion(timestamp=_time_of(entry.pop("timestamp_ms")), **entry)
            for entry in entries
        ]

    def to_df(
        self,
        *,
        version: int | None = None,
        timestamp: str | datetime.datetime | None = None,
        columns: Sequence[str] | None = None,
    ) -> DataFrame:
        """Return the rows.

        Parameters
        ----------
        version : an older version, optional
        timestamp : the version of that time, optional; without a time zone it is UTC
        columns : names of the columns to read, optional
        """
        names = ", ".join(quoted(column) for column in columns or ()) or "*"
        if version is None and timestamp is None:
            version = self._version
        source = self.sql_name + time_travel(version, timestamp)
        return DataFrame.of_source(self._lakehouse, source, names, self._user)

    def to_arrow(self, **choice: Any) -> pyarrow.Table:
        """Return the rows as a ``pyarrow.Table``; choices as for :meth:`to_df`."""
        return self.to_df(**choice).to_arrow()

    def to_pandas(self, **choice: Any) -> pandas.DataFrame:
        """Return the rows as a ``pandas.DataFrame``; choices as for :meth:`to_df`."""
        return self.to_df(**choice).to_pandas()

    def to_polars(self, **choice: Any) -> polars.DataFrame:
        """Return the rows as a ``polars.DataFrame``; choices as for :meth:`to_df`."""
        return self.to_df(**choice).to_polars()

    #: The same, as in ``deltalake``.
    to_pyarrow_table = to_arrow

    def scan(
        self, columns: Sequence[str] | None = None, predicate: str | None = None
    ) -> pyarrow.RecordBatchReader:
        """Return the rows batch by batch.

        Parameters
        ----------
        columns : names of the columns to read, optional
        predicate : SQL that says which rows, optional
        """
        names = ", ".join(quoted(column) for column in columns or ()) or "*"
        source = self.sql_name + time_travel(self._version, None)
        return self._stream(source + _where(predicate), names)

    def load_cdf(
        self,
        starting_version: int = 0,
        ending_version: int | None = None,
        starting_timestamp: str | datetime.datetime | None = None,
        ending_timestamp: str | datetime.datetime | None = None,
        columns: Sequence[str] | None = None,
        predicate: str | None = None,
    ) -> pyarrow.RecordBatchReader:
        """Return the rows that versions changed, from the table's change data feed.

        Parameters
        ----------
        starting_version, ending_version : the first and the last version; the newest one by default
        starting_timestamp, ending_timestamp : times instead of versions; without a time zone in UTC
        columns : names of the columns to read, optional; ``_change_type``, ``_commit_version`` and
            ``_commit_timestamp`` are among them only when they are named
        predicate : SQL that says which changes, optional

        Raises
        ------
        InvalidArgumentError
            When a version was written without the feed (LK-3011).
        """
        ends = [_end_of(starting_version, starting_timestamp)]
        if ending_version is not None or ending_timestamp is not None:
            ends.append(_end_of(ending_version, ending_timestamp))
        names = ", ".join(quoted(column) for column in columns or ()) or "*"
        source = f"table_changes({text(self.name)}, {', '.join(ends)})"
        return self._stream(source + _where(predicate), names)

    def _stream(self, source: str, names: str) -> pyarrow.RecordBatchReader:
        import pyarrow

        frame = DataFrame.of_source(self._lakehouse, source, names, self._user)
        return pyarrow.RecordBatchReader.from_stream(frame)

    def partitions(self) -> list[dict[str, Any]]:
        """Return the values of the partition columns, each combination once."""
        names = ", ".join(quoted(column) for column in self.partition_columns)
        if not names:
            return []
        source = self.sql_name + time_travel(self._version, None)
        return self.runner.dicts(f"SELECT DISTINCT {names} FROM {source} ORDER BY ALL")

    def count(self) -> int:
        """Return the number of rows."""
        return self.to_df().count()

    def merge(
        self,
        source: Any,
        predicate: str,
        source_alias: str | None = None,
        target_alias: str | None = None,
        merge_schema: bool = False,
    ) -> TableMerger:
        """Return a MERGE to add clauses to.

        Parameters
        ----------
        source : a frame, a ``pyarrow`` table or reader, a ``polars`` or ``pandas`` frame, any
            object with ``__arrow_c_stream__``, or a list of dictionaries; its rows are held in
            memory while it runs
        predicate : SQL that says which rows match: ``"target.id = source.id"``
        source_alias, target_alias : how predicates and values call the two tables; ``source`` and
            ``target`` by default
        merge_schema : add columns that only the source has to the table
        """
        aliases = source_alias or "source", target_alias or "target"
        return TableMerger(self, source, predicate, *aliases, merge_schema)

    def update(
        self,
        updates: Mapping[str, str] | None = None,
        new_values: Mapping[str, Any] | None = None,
        predicate: str | None = None,
    ) -> dict[str, int]:
        """Change rows in one commit; return its numbers.

        Parameters
        ----------
        updates : SQL by column, or by field of a struct: ``{"price": "price * 2", "who.age": "7"}``
        new_values : values of Python by column
        predicate : SQL that says which rows; every row without

        Returns
        -------
        dict
            ``num_updated_rows``, ``num_copied_rows``, ``num_added_files``, ``num_removed_files``,
            ``version`` (-1 when no row was found) and ``execution_time_ms``.
        """
        if not updates and not new_values:
            raise InvalidArgumentError(
                "LK-4093", "there is nothing to update", "Pass updates or new_values."
            )
        columns = self.columns
        parts = [f"{assigned(name, columns)} = {value}" for name, value in (updates or {}).items()]
        parts += [f"{assigned(name, columns)} = ?" for name in new_values or {}]
        sql = f"UPDATE {self.sql_name} SET {', '.join(parts)}" + _where(predicate)
        zero = dict.fromkeys(("num_updated_rows", *_FILES), 0)
        return zero | self.runner.change(sql, list((new_values or {}).values()))

    def delete(self, predicate: str | None = None) -> dict[str, int]:
        """Delete rows in one commit; return its numbers.

        Parameters
        ----------
        predicate : SQL that says which rows; every row without

        Returns
        -------
        dict
            ``num_deleted_rows``, ``num_copied_rows``, ``num_added_files``, ``num_removed_files``,
            ``version`` (-1 when no row was found) and ``execution_time_ms``.
        """
        zero = dict.fromkeys(("num_deleted_rows", *_FILES), 0)
        return zero | self.runner.change(f"DELETE FROM {self.sql_name}" + _where(predicate))

    @property
    def optimize(self) -> TableOptimizer:
        """Rewrites files: ``table.optimize.compact()``, ``.z_order(["city"])``."""
        return TableOptimizer(self)

    @property
    def alter(self) -> TableAlterer:
        """Changes columns and properties: ``table.alter.add_columns(...)``."""
        return TableAlterer(self)

    def vacuum(self, retention_hours: float | None = None, dry_run: bool = True) -> list[str]:
        """Delete files that no version of the retention time needs; return which.

        Parameters
        ----------
        retention_hours : how long removed files stay; the table's own setting without
        dry_run : only say which files would go
        """
        keep = "" if retention_hours is None else f" RETAIN {retention_hours:g} HOURS"
        found = self.runner.rows(f"VACUUM {self.sql_name}{keep} DRY RUN")
        if not dry_run:
            self.runner.rows(f"VACUUM {self.sql_name}{keep}")
        return [str(row[0]) for row in found]

    def restore(self, target: int | str | datetime.datetime) -> dict[str, Any]:
        """Make the table what it was at a version or a time, in a new version.

        Returns
        -------
        dict
            What was done, as RESTORE says it.
        """
        if isinstance(target, int):
            point = f"VERSION AS OF {target}"
        else:
            point = f"TIMESTAMP AS OF {text(time_text(target))}"
        return numbers_of(self.runner.rows(f"RESTORE TABLE {self.sql_name} TO {point}"))

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        """Hand the rows out as an Arrow C stream."""
        return self.to_df().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        return f"Table({self.name})"
