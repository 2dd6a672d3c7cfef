"""One table of the lakehouse."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data_lakehouse.dataframe import DataFrame, schema_of

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from data_lakehouse.lakehouse import Lakehouse


_PARTS = ("catalog", "schema", "name")


def _quoted(part: str) -> str:
    return '"' + part.replace('"', '""') + '"'


def time_travel(version: int | None, timestamp: str | datetime.datetime | None) -> str:
    """Return the clause that reads an older version, or an empty text.

    A ``datetime`` without a time zone is taken as UTC.
    """
    if version is not None:
        return f" AT (VERSION => {int(version)})"
    if timestamp is None:
        return ""
    if isinstance(timestamp, datetime.datetime):
        aware = timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=datetime.UTC)
        timestamp = aware.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00")
    return " AT (TIMESTAMP => TIMESTAMPTZ '" + timestamp.replace("'", "''") + "')"


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


class Table:
    """A table or view by name. What it says is read from the log at every use.

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
        found = self._describe()
        #: Full name, such as ``lake.bronze.flights``.
        self.name = ".".join(found[part] for part in _PARTS)
        self._sql_name = ".".join(_quoted(found[part]) for part in _PARTS)
        #: ``table`` or ``view``.
        self.kind: str = found["kind"]

    def _describe(self, version: int | None = None) -> dict[str, Any]:
        return self._lakehouse.core.describe_table(
            self._given, version, None, self._schema, self._user
        )

    @property
    def version(self) -> int:
        """Newest version; 0 is the first."""
        return int(self._describe()["version"])

    @property
    def schema(self) -> pyarrow.Schema:
        """Columns and types of the newest version."""
        if self.kind == "view":
            return self.to_df().schema
        return schema_of(self._describe()["columns"])

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
        names = ", ".join(_quoted(column) for column in columns or ()) or "*"
        source = self._sql_name + time_travel(version, timestamp)
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

    def count(self) -> int:
        """Return the number of rows."""
        return self.to_df().count()

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        """Hand the rows out as an Arrow C stream."""
        return self.to_df().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        return f"Table({self.name})"
