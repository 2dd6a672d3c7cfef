"""Connections: :func:`connect`, its results, and an embedded ``SparkSession``."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from data_lakehouse import _core
from data_lakehouse.config import LakehouseConfig

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


class Frame:
    """The rows of one statement, taken over from the engine without a copy.

    Any library that speaks the Arrow PyCapsule interface can read it directly, for example
    ``pyarrow.table(frame)`` or ``polars.from_arrow(frame)``.
    """

    def __init__(self, result: _core.Result) -> None:
        self._result = result
        self._table: pyarrow.Table | None = None

    @property
    def affected_rows(self) -> int:
        """Rows that a write changed; -1 for a query."""
        return self._result.affected_rows

    @property
    def engine_used(self) -> str:
        """Name of the engine that ran the statement."""
        return self._result.engine_used

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        """Hand the rows out as an Arrow C stream; before :meth:`to_arrow` only once."""
        if self._table is not None:
            return self._table.__arrow_c_stream__(requested_schema)
        return self._result.stream()

    def to_arrow(self) -> pyarrow.Table:
        """Return all rows as a ``pyarrow.Table``; may be called again."""
        import pyarrow

        if self._table is None:
            reader = pyarrow.RecordBatchReader._import_from_c_capsule(self._result.stream())
            self._table = reader.read_all()
        return self._table

    def to_pandas(self) -> pandas.DataFrame:
        """Return all rows as a ``pandas.DataFrame``."""
        return self.to_arrow().to_pandas()

    toPandas = to_pandas  # noqa: N815 - the name that users of Spark know

    def to_polars(self) -> polars.DataFrame:
        """Return all rows as a ``polars.DataFrame``."""
        import polars

        return polars.DataFrame(polars.from_arrow(self.to_arrow()))

    def collect(self) -> list[dict[str, Any]]:
        """Return all rows as dictionaries."""
        rows: list[dict[str, Any]] = self.to_arrow().to_pylist()
        return rows

    def count(self) -> int:
        """Return the number of rows."""
        return int(self.to_arrow().num_rows)

    def show(self, n: int = 20) -> None:
        """Print the first ``n`` rows."""
        print(self.to_arrow().slice(0, n).to_pandas().to_string(index=False))


class Lakehouse:
    """An open lakehouse. Get one from :func:`connect`; safe to use from several threads."""

    def __init__(self, config: LakehouseConfig) -> None:
        self.config = config
        self._core = _core.Core(config.file, config.environment, config.settings)

    def sql(self, sql: str, parameters: Sequence[Any] = (), user: str = "") -> Frame:
        """Run one statement.

        Parameters
        ----------
        sql : one SQL statement; ``?`` stands for a parameter
        parameters : values of the placeholders, in order
        user : name of who asks, for authorization and audit; empty is the local user

        Raises
        ------
        LakehouseError
            One of the classes of :mod:`data_lakehouse.errors`.
        """
        return Frame(self._core.execute(sql, list(parameters), user))

    def table(self, name: str) -> Frame:
        """Return all rows of a table, such as ``bronze.flights``."""
        parts = ('"' + part.replace('"', '""') + '"' for part in name.split("."))
        return self.sql("SELECT * FROM " + ".".join(parts))


_open: dict[tuple[str, str, str], Lakehouse] = {}
_lock = threading.Lock()


def connect(config: LakehouseConfig | None = None) -> Lakehouse:
    """Open the lakehouse of ``config`` (default: local), or return the one that is open already."""
    config = config or LakehouseConfig()
    key = (
        os.path.abspath(config["storage.data_root"]),
        str(config.file),
        str((config.environment, sorted(config.settings.items()))),
    )
    with _lock:
        if key not in _open:
            _open[key] = Lakehouse(config)
        return _open[key]


def of(spark: object, config: LakehouseConfig) -> Lakehouse:
    """Return the lakehouse of an embedded session, else (any other object) that of ``config``."""
    return spark.lakehouse if isinstance(spark, SparkSession) else connect(config)


class DataFrameReader:
    """Reads tables by place, as ``spark.read.format("delta").load(path)``."""

    def __init__(self, lakehouse: Lakehouse) -> None:
        self._lakehouse = lakehouse
        self._format = "delta"

    def format(self, name: str) -> DataFrameReader:
        """Choose the format; ``delta`` is the one there is."""
        if name.lower() != "delta":
            raise ValueError(f"cannot read format {name!r}: use delta, or ingest the files first")
        return self

    def load(self, path: str) -> Frame:
        """Return the rows of the Delta table at ``path``."""
        return self._lakehouse.sql("SELECT * FROM delta.`" + path.replace("`", "``") + "`")

    def table(self, name: str) -> Frame:
        """Return the rows of a table by name."""
        return self._lakehouse.table(name)


class SparkSession:
    """An embedded session with the part of Spark's interface that examples use.

    It runs on the embedded engine; a real PySpark session may be handed to the services instead.
    """

    class Builder:
        """Collects settings; unknown ones (``spark.*``) are accepted and not used."""

        def __init__(self) -> None:
            self._settings: dict[str, str] = {}

        def appName(self, name: str) -> SparkSession.Builder:  # noqa: N802 - Spark's name
            """Accept the application's name."""
            return self

        def master(self, url: str) -> SparkSession.Builder:
            """Accept the master's address; the engine is in this process."""
            return self

        def config(self, key: str, value: object) -> SparkSession.Builder:
            """Set ``lakehouse.<key>`` as a setting of the lakehouse; others are not used."""
            if key.startswith("lakehouse."):
                self._settings[key.removeprefix("lakehouse.")] = str(value)
            return self

        def getOrCreate(self) -> SparkSession:  # noqa: N802 - Spark's name
            """Return the session of this process's lakehouse."""
            config = LakehouseConfig(environment="local", settings=self._settings)
            return SparkSession(connect(config))

    def __init__(self, lakehouse: Lakehouse) -> None:
        self.lakehouse = lakehouse

    class _BuilderProperty:
        def __get__(self, instance: object, owner: type) -> SparkSession.Builder:
            return SparkSession.Builder()

    builder = _BuilderProperty()

    def sql(self, query: str) -> Frame:
        """Run one statement."""
        return self.lakehouse.sql(query)

    def table(self, name: str) -> Frame:
        """Return the rows of a table."""
        return self.lakehouse.table(name)

    @property
    def read(self) -> DataFrameReader:
        """A reader of tables by place."""
        return DataFrameReader(self.lakehouse)

    def stop(self) -> None:
        """Do nothing: the lakehouse stays open for other users in this process."""
