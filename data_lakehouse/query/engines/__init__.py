"""The engines that run statements."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from data_lakehouse import _core
from data_lakehouse.dataframe import Query
from data_lakehouse.errors import InvalidArgumentError
from data_lakehouse.spark import lakehouse_of

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from data_lakehouse.config import ServiceConfig
    from data_lakehouse.lakehouse import Lakehouse


class QueryEngine(Enum):
    """Who runs a statement. AUTO lets the lakehouse choose."""

    AUTO = "auto"
    DUCKDB = "duckdb"


@dataclass(frozen=True)
class QueryResult:
    """The rows of a statement and how they came about.

    Attributes
    ----------
    rows : the rows in memory, as any library that speaks the Arrow PyCapsule interface reads them
    execution_time_ms : from the call until all rows were there
    queued_ms : of it, time in the queue in front of the engine
    engine_used : name of the engine
    files_total, files_read : data files of the tables, and those that had to be opened
    affected_rows : rows that a write changed; -1 for a query
    """

    rows: _core.Rows
    execution_time_ms: float
    queued_ms: float
    engine_used: str
    files_total: int
    files_read: int
    affected_rows: int

    @property
    def row_count(self) -> int:
        """Number of rows."""
        return self.rows.num_rows

    @property
    def data(self) -> pyarrow.Table:
        """The rows as a ``pyarrow.Table`` over the engine's own memory."""
        import pyarrow

        return pyarrow.table(self.rows)

    def to_pandas(self) -> pandas.DataFrame:
        """Return the rows as a ``pandas.DataFrame``."""
        return self.data.to_pandas()

    def to_polars(self) -> polars.DataFrame:
        """Return the rows as a ``polars.DataFrame``."""
        import polars

        return polars.DataFrame(self.rows)

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        """Hand the rows out as an Arrow C stream; may be called again."""
        return self.rows.__arrow_c_stream__(requested_schema)


class QueryEngineManager:
    """Runs SQL.

    Parameters
    ----------
    spark : an embedded session, a session of PySpark, or None
    config : the ``query`` section of a configuration, optional
        It says where to work; without it, the embedded session does.
    lakehouse : an open lakehouse in place of both, optional
    """

    def __init__(
        self,
        spark: object = None,
        config: ServiceConfig | None = None,
        *,
        lakehouse: Lakehouse | None = None,
    ) -> None:
        self._lakehouse = lakehouse or lakehouse_of(spark, config)

    def execute_query(
        self,
        sql: str,
        engine: QueryEngine = QueryEngine.AUTO,
        user: str = "",
        parameters: Sequence[Any] = (),
        timeout_ms: int = 0,
        memory_bytes: int = 0,
    ) -> QueryResult:
        """Run one statement and return all its rows.

        Parameters
        ----------
        sql : one SQL statement; ``?`` stands for a parameter
        engine : who runs it
        user : name of who asks, for authorization and audit; empty is the local user
        parameters : values of the placeholders, in order
        timeout_ms : time limit in milliseconds; 0 is the configured one
        memory_bytes : limit of memory, beyond which LK-4021 ends the statement; 0 is an equal share
            of ``query.memory_limit``

        Raises
        ------
        LakehouseError
            One of the classes of :mod:`data_lakehouse.errors`.
        """
        if not isinstance(engine, QueryEngine):
            names = ", ".join(f"QueryEngine.{known.name}" for known in QueryEngine)
            raise InvalidArgumentError(
                "LK-7007", f"there is no query engine {engine!r}", f"There are {names}."
            )
        query = Query(sql, parameters, user, timeout_ms, memory_bytes)
        request = query.request(self._lakehouse.session, gather=True)
        begin = time.perf_counter()
        result = self._lakehouse.core.execute(request)
        rows = result.read_all()
        took_ms = (time.perf_counter() - begin) * 1000
        metrics = result.metrics
        return QueryResult(
            rows=rows,
            execution_time_ms=round(took_ms, 3),
            queued_ms=round(metrics["queued_ms"], 3),
            engine_used=result.engine_used,
            files_total=metrics["files_total"],
            files_read=metrics["files_read"],
            affected_rows=result.affected_rows,
        )
