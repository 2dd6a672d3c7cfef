"""An open lakehouse: :func:`connect` and :class:`Lakehouse`."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from data_lakehouse import _core
from data_lakehouse.config import LakehouseConfig, place_of
from data_lakehouse.dataframe import DataFrame, Query, SessionState, arrow_source, sources_of

if TYPE_CHECKING:
    from data_lakehouse.catalog import Catalog
    from data_lakehouse.ingestion import DataIngestionEngine
    from data_lakehouse.storage import Table
    from data_lakehouse.transaction import Transaction


class Lakehouse:
    """An open lakehouse. Get one from :func:`connect`; safe to use from several threads.

    After a fork it belongs to the parent: in the child every method raises ``UnsupportedError``
    (LK-7001), and :func:`connect` opens it anew.
    """

    def __init__(self, config: LakehouseConfig) -> None:
        self.config = config
        self.core = _core.Core(config.core)
        self.session = SessionState()

    @property
    def current_schema(self) -> str:
        """Schema of names that have none, as ``USE`` set it; empty is the configured one."""
        return self.session.schema

    def sql(
        self,
        sql: str,
        parameters: Sequence[Any] = (),
        *,
        user: str = "",
        timeout_ms: int = 0,
        memory_bytes: int = 0,
        sources: Mapping[str, Any] | None = None,
    ) -> DataFrame:
        """Check a query, or run a statement that changes something.

        Parameters
        ----------
        sql : one SQL statement; ``?`` stands for a parameter
        parameters : values of the placeholders, in order
        user : name of who asks, for authorization and audit; empty is the local user
        timeout_ms : time limit in milliseconds; 0 is the configured one
        memory_bytes : limit of memory, beyond which LK-4021 ends the statement; 0 is an equal share
            of ``query.memory_limit``
        sources : tables of other libraries, by name: the statement reads them as
            ``lake_source.name``. Their rows stay in memory, without a copy where they are Arrow's

        Raises
        ------
        LakehouseError
            One of the classes of :mod:`data_lakehouse.errors`. Ctrl-C ends a running statement and
            raises ``KeyboardInterrupt``.
        """
        query = Query(sql, parameters, user, timeout_ms, memory_bytes)
        if sources:
            query = query._replace(sources=sources_of(sources))
        kind, columns = self.core.describe(query.request(self.session))
        if kind == "query":
            return DataFrame(self, query, columns=columns)
        result = self.core.execute(query.request(self.session))
        rows = result.read_all()
        if kind == "other":
            self.session = SessionState(result.current_schema, result.time_zone)
        return DataFrame(self, query, rows=rows, affected_rows=result.affected_rows)

    def transaction(self, *, user: str = "", read_only: bool = False) -> Transaction:
        """Return a transaction: several statements, one commit.

        Parameters
        ----------
        user : name of who asks, for authorization and audit; empty is the local user
        read_only : refuse statements that change something
        """
        from data_lakehouse.transaction import Transaction

        return Transaction(self, user=user, read_only=read_only)

    def table(self, name: str) -> Table:
        """Return the table or view called ``name``, such as ``bronze.flights``.

        Raises
        ------
        NotFoundError
            When there is none (LK-2012), with the nearest names.
        """
        from data_lakehouse.storage import Table

        return Table(self, name)

    def write(
        self,
        data: Any,
        name: str,
        *,
        mode: str = "append",
        schema_mode: str = "",
        partition_by: Sequence[str] = (),
        user: str = "",
    ) -> int:
        """Write rows to a table in one commit; return its version.

        Parameters
        ----------
        data : a frame, a ``pyarrow`` table or reader, a ``polars`` or ``pandas`` frame, any object
            with ``__arrow_c_stream__``, or a list of dictionaries
        name : of the table, which is made with the columns of the rows when it is not there
        mode : ``append``, ``overwrite``; when the table is there, ``error`` raises and ``ignore``
            writes nothing and returns -1
        schema_mode : of a table that is there: empty keeps its columns, ``merge`` adds those that
            only the rows have, ``overwrite``, in mode overwrite, replaces them
        partition_by : columns by which a new table is partitioned
        user : name of who asks, for authorization and audit; empty is the local user

        Raises
        ------
        InvalidSchemaError
            When the rows do not fit the table without loss (LK-3521).
        CommitConflictError
            When another writer won (LK-4013); nothing of the rows is visible.
        """
        rows = arrow_source(data)
        partitions = list(partition_by)
        return self.core.write(rows, name, mode, partitions, schema_mode, self.current_schema, user)

    @property
    def catalog(self) -> Catalog:
        """What is there: catalogs, schemas, tables."""
        from data_lakehouse.catalog import Catalog

        return Catalog(self)

    @property
    def ingestion(self) -> DataIngestionEngine:
        """The jobs that load tables."""
        from data_lakehouse.ingestion import DataIngestionEngine

        return DataIngestionEngine(lakehouse=self)

    def close(self) -> None:
        """Stop running jobs and close; statements that still run keep it open until they end."""
        with _lock:
            for key in [key for key, open_one in _open.items() if open_one is self]:
                del _open[key]
        self.core.close()

    def __enter__(self) -> Lakehouse:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the configuration: another process opens the lakehouse itself."""
        return (connect, (self.config,))

    def __repr__(self) -> str:
        return f"Lakehouse({self.config['storage.data_root']!r})"


# The lakehouses of this process, by everything that their configurations say.
_open: dict[tuple[str, ...], Lakehouse] = {}
_lock = threading.Lock()


def connect(where: LakehouseConfig | str | os.PathLike[str] | None = None) -> Lakehouse:
    """Open a lakehouse, or return the one that this process has open with the same configuration.

    Parameters
    ----------
    where : a configuration, or the data root (a directory or s3://bucket/prefix), optional
        Without it, the environment's variables and the defaults of ``local`` decide.
    """
    if isinstance(where, LakehouseConfig):
        config = where
    elif where is not None:
        config = LakehouseConfig(settings={"storage.data_root": place_of(os.fspath(where))})
    else:
        config = LakehouseConfig()
    root = place_of(config["storage.data_root"])
    key = (root, *(f"{name}={value}" for name, value in config.items()))
    with _lock:
        if key not in _open:
            _open[key] = Lakehouse(config)
        return _open[key]


def _close_all() -> None:
    _core.stop_everything()
    for lakehouse in list(_open.values()):
        lakehouse.close()


def _forget_all() -> None:
    """In a forked child: what is open belongs to the parent."""
    global _lock
    _lock = threading.Lock()
    _open.clear()


atexit.register(_close_all)
os.register_at_fork(after_in_child=_forget_all)
