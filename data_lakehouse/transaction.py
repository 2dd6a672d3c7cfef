"""Several statements in one commit: :class:`Transaction`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from data_lakehouse.dataframe import DataFrame, Query, SessionState, sources_of

if TYPE_CHECKING:
    from data_lakehouse.lakehouse import Lakehouse


class Transaction:
    """One view of the tables, and one commit; get one from :meth:`Lakehouse.transaction`.

    ``with lakehouse.transaction() as transaction`` commits at the end of the block, and rolls back
    when an exception leaves it. Statements see what earlier ones of the transaction wrote, others
    see it after the commit. One table may be changed. Statements of several threads run one after
    the other.
    """

    def __init__(self, lakehouse: Lakehouse, *, user: str = "", read_only: bool = False) -> None:
        self._lakehouse = lakehouse
        self._user = user
        self._state: SessionState = lakehouse.session
        self._session = lakehouse.core.open_session(Query("", user=user).request(self._state))
        self._open = True
        self._run("BEGIN TRANSACTION READ ONLY" if read_only else "BEGIN TRANSACTION")

    def _run(self, sql: str) -> None:
        query = Query(sql, user=self._user, session=self._session)
        self._lakehouse.core.execute(query.request(self._state)).close()

    def sql(
        self,
        sql: str,
        parameters: Sequence[Any] = (),
        *,
        timeout_ms: int = 0,
        memory_bytes: int = 0,
        sources: Mapping[str, Any] | None = None,
    ) -> DataFrame:
        """Run a statement in the transaction; see :meth:`Lakehouse.sql`.

        A frame of a query runs with every action, so it is read before the end of the transaction.

        Raises
        ------
        LakehouseError
            UnsupportedError when the statement cannot be part of a transaction (LK-4086) or writes
            a second table (LK-4085), InvalidArgumentError after a statement that failed (LK-4089)
            and after the end (LK-4091).
        """
        query = Query(
            sql,
            parameters,
            self._user,
            timeout_ms,
            memory_bytes,
            sources=sources_of(sources or {}),
            session=self._session,
        )
        core = self._lakehouse.core
        kind, columns = core.describe(query.request(self._state))
        if kind == "query":
            return DataFrame(self._lakehouse, query, columns=columns)
        result = core.execute(query.request(self._state))
        rows = result.read_all()
        return DataFrame(self._lakehouse, query, rows=rows, affected_rows=result.affected_rows)

    def commit(self) -> None:
        """Make everything visible in one commit, and end.

        Raises
        ------
        CommitConflictError
            When another commit changed what the transaction has read or changed (LK-4013); nothing
            of it is kept. Run it again from its beginning.
        """
        self._end("COMMIT")

    def rollback(self) -> None:
        """Keep nothing, and end."""
        self._end("ROLLBACK")

    def _end(self, sql: str) -> None:
        self._open = False
        try:
            self._run(sql)
        finally:
            self._session.close()

    def __enter__(self) -> Transaction:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._open:
            return
        if kind is None:
            self.commit()
        else:
            self.rollback()
