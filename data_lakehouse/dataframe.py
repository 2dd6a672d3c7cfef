"""Rows of a statement: :class:`DataFrame`, :class:`Row`."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from data_lakehouse import _core, parameters
from data_lakehouse.errors import InvalidArgumentError, UnsupportedError
from data_lakehouse.text_table import format_table

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from data_lakehouse.lakehouse import Lakehouse


class Row(tuple[Any, ...]):
    """One row: a tuple whose values have names, as ``row.name`` and ``row["name"]``."""

    __fields__: tuple[str, ...]

    def __new__(cls, fields: tuple[str, ...], values: Sequence[Any]) -> Row:
        """Make a row of ``values`` with the names ``fields``."""
        row = super().__new__(cls, values)
        row.__fields__ = fields
        return row

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            if key in self.__fields__:
                return super().__getitem__(self.__fields__.index(key))
            raise KeyError(key)
        return super().__getitem__(key)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__") and name in self.__fields__:
            return self[name]
        raise AttributeError(f"the row has no column {name!r}")

    def __reduce__(self) -> tuple[Any, ...]:
        return (Row, (self.__fields__, tuple(self)))

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in zip(self.__fields__, self, strict=True))
        return f"Row({', '.join(shown)})"

    def asDict(self) -> dict[str, Any]:  # noqa: N802 - the name that users of Spark know
        """Return the values by name."""
        return dict(zip(self.__fields__, self, strict=True))


class SessionState(NamedTuple):
    """What ``USE`` and ``SET TimeZone`` set for later statements; empty is the default."""

    schema: str = ""
    time_zone: str = ""


_DEFAULT_STATE = SessionState()


class Query(NamedTuple):
    """A statement and how to run it."""

    sql: str
    values: Sequence[Any] = ()
    user: str = ""
    timeout_ms: int = 0
    memory_bytes: int = 0
    count_sql: str = ""  #: a quicker statement for the number of rows, when there is one
    sources: Mapping[str, _core.Rows] = {}  #: rows that it reads as lake_source."name"
    session: _core.Session | None = None  #: of a transaction; None is one of its own

    def request(
        self, state: SessionState = _DEFAULT_STATE, sql: str = "", gather: bool = False
    ) -> _core.Request:
        """Return it for the compiled module.

        Parameters
        ----------
        state : schema of names that have none, and time zone
        sql : another statement, without parameters, to run in its place
        gather : all rows will be read at once
        """
        values = () if sql else self.values
        return _core.Request(
            sql=sql or self.sql,
            parameters=parameters.to_core(values),
            user=self.user,
            schema=state.schema,
            time_zone=state.time_zone,
            timeout_ms=self.timeout_ms,
            memory_bytes=self.memory_bytes,
            cancel=_core.CancellationToken(),
            gather=gather,
            sources=dict(self.sources),
            session=self.session,
        )


class DataFrame:
    """The rows of one statement.

    A query is checked when the frame is made and runs with every action (``collect``, ``show``,
    ``to_arrow``, ...), so a frame holds neither rows nor a place in the engine; it sees what is in
    the tables at that moment. A statement that changes something ran once, when the frame was made.

    Rows leave the engine as Arrow batches without a copy. Any library that speaks the Arrow
    PyCapsule interface reads a frame directly: ``pyarrow.table(frame)``,
    ``polars.DataFrame(frame)``, or a DuckDB of another version.
    """

    def __init__(
        self,
        lakehouse: Lakehouse,
        query: Query,
        *,
        rows: _core.Rows | None = None,
        columns: _core.Rows | None = None,
        affected_rows: int = -1,
        row_limit: int | None = None,
    ) -> None:
        self._lakehouse = lakehouse
        self._query = query
        self._rows = rows
        self._columns = columns if rows is None else rows
        self._row_limit = row_limit
        self._session = lakehouse.session
        #: Rows that a write changed; -1 for a query.
        self.affected_rows = affected_rows

    @classmethod
    def of_source(
        cls, lakehouse: Lakehouse, source: str, columns: str = "*", user: str = ""
    ) -> DataFrame:
        """Return the rows of what stands behind FROM."""
        query = Query(
            f"SELECT {columns} FROM {source}",
            user=user,
            count_sql=f"SELECT count(*) FROM {source}",
        )
        _, found = lakehouse.core.describe(query.request(lakehouse.session))
        return cls(lakehouse, query, columns=found)

    def _execute(self, sql: str = "", gather: bool = False) -> _core.Result:
        request = self._query.request(self._session, sql, gather)
        return self._lakehouse.core.execute(request)

    def _read(self, limit: int | None = None) -> _core.Rows:
        limits = [n for n in (limit, self._row_limit) if n is not None]
        least = min(limits) if limits else None
        if self._rows is not None:
            return self._rows if least is None else self._rows.head(least)
        return self._execute(gather=least is None).read_all(least)

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        """Run it and hand the rows out as an Arrow C stream, batch by batch.

        A failure while the other library reads is that library's own exception, with our code in
        its text; the methods of this class raise ours.
        """
        if self._rows is not None or self._row_limit is not None:
            return self._read().__arrow_c_stream__(requested_schema)
        return self._execute().__arrow_c_stream__(requested_schema)

    def to_arrow(self) -> pyarrow.Table:
        """Return all rows as a ``pyarrow.Table`` over the engine's own memory."""
        import pyarrow

        return pyarrow.table(self._read())

    def to_pandas(self) -> pandas.DataFrame:
        """Return all rows as a ``pandas.DataFrame``."""
        return self.to_arrow().to_pandas()

    def to_polars(self) -> polars.DataFrame:
        """Return all rows as a ``polars.DataFrame``."""
        import polars

        return polars.DataFrame(self._read())

    def to_batches(self) -> Generator[pyarrow.RecordBatch, None, None]:
        """Yield the rows batch by batch; only one batch is in memory at a time."""
        import pyarrow

        if self._rows is not None or self._row_limit is not None:
            yield from self.to_arrow().to_batches()
            return
        result = self._execute()
        try:
            while (batch := result.read_batch()) is not None:
                yield pyarrow.record_batch(batch)
        finally:
            result.close()

    def collect(self) -> list[Row]:
        """Return all rows."""
        return _rows_of(self.to_arrow())

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows; only one batch is in memory at a time."""
        for batch in self.to_batches():
            yield from _rows_of(batch)

    def head(self, n: int = 1) -> list[Row]:
        """Return the first ``n`` rows."""
        return self.limit(n).collect()

    def first(self) -> Row | None:
        """Return the first row, or None when there is none."""
        rows = self.head(1)
        return rows[0] if rows else None

    def limit(self, n: int) -> DataFrame:
        """Return a frame of the first ``n`` rows; the engine stops when they are there."""
        least = n if self._row_limit is None else min(n, self._row_limit)
        limited = DataFrame(
            self._lakehouse,
            self._query,
            rows=self._rows,
            columns=self._columns,
            affected_rows=self.affected_rows,
            row_limit=max(least, 0),
        )
        limited._session = self._session
        return limited

    def count(self) -> int:
        """Return the number of rows; they are not kept."""
        if self._rows is not None or self._row_limit is not None:
            return self._read().num_rows
        if self._query.count_sql:
            counted = self._execute(self._query.count_sql).read_all()
            return int(counted.texts()[0][0])
        result = self._execute()
        rows = 0
        while (batch := result.read_batch()) is not None:
            rows += batch.num_rows
        return rows

    def show(self, n: int = 20, truncate: bool | int = True) -> None:
        """Print the first ``n`` rows as a table.

        Parameters
        ----------
        n : greatest number of rows
        truncate : greatest width of a cell in characters; True is 20, False prints whole cells
        """
        width = 20 if truncate is True else int(truncate)
        rows = self._read(n + 1)
        texts = rows.head(n).texts()
        print(format_table(self.columns, texts, width))
        if rows.num_rows > n:
            print(f"only the first {n} rows")

    @property
    def schema(self) -> pyarrow.Schema:
        """Columns and their types."""
        if self._columns is None:
            self._columns = self._execute().read_all(0)
        return schema_of(self._columns)

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self.schema.names)

    @property
    def dtypes(self) -> list[tuple[str, str]]:
        """Names of the columns with their Arrow types."""
        return [(field.name, str(field.type)) for field in self.schema]

    @property
    def write(self) -> DataFrameWriter:
        """A writer of the rows to a table."""
        return DataFrameWriter(self)

    def explain(self) -> str:
        """Return the engine's plan."""
        request = self._query._replace(sql="EXPLAIN " + self._query.sql)
        plan = self._lakehouse.core.execute(request.request(self._session)).read_all()
        return "\n".join(line[-1] for line in plan.texts())

    def __repr__(self) -> str:
        return f"DataFrame[{', '.join(f'{name}: {kind}' for name, kind in self.dtypes)}]"

    # The names that users of Spark know.
    toArrow = to_arrow  # noqa: N815
    toPandas = to_pandas  # noqa: N815
    toLocalIterator = __iter__  # noqa: N815
    take = head


def schema_of(rows: _core.Rows) -> pyarrow.Schema:
    """Return the columns of rows."""
    import pyarrow

    return pyarrow.RecordBatchReader.from_stream(rows).schema


def arrow_source(data: Any) -> Any:
    """Return an object with ``__arrow_c_stream__`` for ``data``.

    Raises
    ------
    InvalidArgumentError
        When it is no table of any kind (LK-7012).
    """
    if type(data).__module__.startswith("pandas"):
        import pyarrow

        return pyarrow.Table.from_pandas(data, preserve_index=False)
    if isinstance(data, list) and all(isinstance(row, Mapping) for row in data):
        import pyarrow

        return pyarrow.Table.from_pylist(data)
    if hasattr(data, "__arrow_c_stream__"):
        return data
    raise InvalidArgumentError(
        "LK-7012",
        f"{type(data).__name__} is no table",
        "Pass a frame of pyarrow, polars or pandas, or a list of dictionaries.",
    )


def sources_of(sources: Mapping[str, Any]) -> dict[str, _core.Rows]:
    """Return tables of other libraries as rows for a statement, by name in lower case.

    Raises
    ------
    InvalidArgumentError
        When one is no table of any kind (LK-7012).
    """
    return {name.lower(): _core.Rows.of(arrow_source(data)) for name, data in sources.items()}


class DataFrameWriter:
    """Writes a frame: ``frame.write.mode("append").saveAsTable(name)``."""

    def __init__(self, frame: DataFrame) -> None:
        self._frame = frame
        self._mode = "error"
        self._partition_by: list[str] = []
        self._schema_mode = ""

    def option(self, key: str, value: object) -> DataFrameWriter:
        """Choose ``mergeSchema`` or ``overwriteSchema``, as ``"true"`` or ``True``.

        Raises
        ------
        UnsupportedError
            For other options (LK-7005).
        """
        modes = {"mergeschema": "merge", "overwriteschema": "overwrite"}
        chosen = modes.get(key.lower())
        if chosen is None:
            raise UnsupportedError(
                "LK-7005",
                f"write.option({key!r}) is not supported",
                "There are mergeSchema and overwriteSchema.",
            )
        if str(value).lower() == "true":
            self._schema_mode = chosen
        elif self._schema_mode == chosen:
            self._schema_mode = ""
        return self

    def mode(self, saveMode: str) -> DataFrameWriter:  # noqa: N803 - Spark's name
        """Choose ``append``, ``overwrite``, ``error`` (the default) or ``ignore``."""
        self._mode = "error" if saveMode == "errorifexists" else saveMode
        return self

    def format(self, source: str) -> DataFrameWriter:
        """Choose the format; ``delta`` is the one there is.

        Raises
        ------
        UnsupportedError
            For other formats (LK-7005).
        """
        if source.lower() != "delta":
            raise UnsupportedError(
                "LK-7005", f"write.format({source!r}) is not supported", "Tables are delta."
            )
        return self

    def partitionBy(self, *cols: str) -> DataFrameWriter:  # noqa: N802 - Spark's name
        """Choose the columns by which a new table is partitioned."""
        self._partition_by = list(cols)
        return self

    def saveAsTable(self, name: str) -> None:  # noqa: N802 - Spark's name
        """Write the rows to the table ``name`` in one commit."""
        lakehouse = self._frame._lakehouse
        lakehouse.write(
            self._frame,
            name,
            mode=self._mode,
            schema_mode=self._schema_mode,
            partition_by=self._partition_by,
        )


def _rows_of(data: pyarrow.Table | pyarrow.RecordBatch) -> list[Row]:
    """Return the rows of a table or batch; equal column names are allowed."""
    names = tuple(data.schema.names)
    columns = [column.to_pylist() for column in data.columns]
    return [Row(names, values) for values in zip(*columns, strict=True)]
