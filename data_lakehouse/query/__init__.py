"""Queries: one interface for every engine."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from data_lakehouse import session
from data_lakehouse.config import LakehouseConfig, ServiceConfig
from data_lakehouse.errors import UnsupportedError

if TYPE_CHECKING:
    import pandas
    import pyarrow


class QueryEngine(Enum):
    """Who runs a statement. AUTO lets the lakehouse choose."""

    AUTO = "auto"
    DUCKDB = "duckdb"


@dataclass(frozen=True)
class QueryResult:
    """The rows of a statement and how they came about."""

    data: pyarrow.Table
    execution_time_ms: float
    engine_used: str
    row_count: int

    def to_pandas(self) -> pandas.DataFrame:
        """Return the rows as a ``pandas.DataFrame``."""
        return self.data.to_pandas()


class QueryEngineManager:
    """Runs SQL.

    Parameters
    ----------
    spark : an embedded session, or any other object (then the configuration says where to work)
    config : the ``query`` section of a configuration, optional
    """

    def __init__(self, spark: object = None, config: ServiceConfig | None = None) -> None:
        whole = config.lakehouse if config is not None else LakehouseConfig()
        self._lakehouse = session.of(spark, whole)

    def execute_query(
        self,
        sql: str,
        engine: QueryEngine = QueryEngine.AUTO,
        user: str = "",
        parameters: Sequence[Any] = (),
    ) -> QueryResult:
        """Run one statement as ``user`` and return all its rows."""
        if not isinstance(engine, QueryEngine):
            raise UnsupportedError("LK-4013", f"there is no query engine {engine!r}")
        begin = time.perf_counter()
        frame = self._lakehouse.sql(sql, parameters, user)
        table = frame.to_arrow()
        took_ms = (time.perf_counter() - begin) * 1000
        return QueryResult(table, round(took_ms, 3), frame.engine_used, table.num_rows)
