"""An embedded ``SparkSession``: the part of Spark's interface that our engine runs."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping, Sequence
from typing import Any

from data_lakehouse import _core
from data_lakehouse.catalog import Catalog
from data_lakehouse.config import LakehouseConfig, ServiceConfig, place_of
from data_lakehouse.dataframe import DataFrame, Query, arrow_source
from data_lakehouse.errors import InvalidArgumentError, UnsupportedError
from data_lakehouse.lakehouse import Lakehouse, connect
from data_lakehouse.storage import time_travel

_SETTING = "lakehouse."


class DataFrameReader:
    """Reads a table by place or name: ``spark.read.format("delta").load(path)``."""

    def __init__(self, session: SparkSession) -> None:
        self._session = session
        self._version: int | None = None
        self._timestamp: str | datetime.datetime | None = None

    def format(self, source: str) -> DataFrameReader:
        """Choose the format; ``delta`` is the one that is read in place.

        Raises
        ------
        UnsupportedError
            For other formats (LK-7005).
        """
        if source.lower() != "delta":
            raise UnsupportedError(
                "LK-7005",
                f"read.format({source!r}) is not supported",
                "Load the files into a table: a job of DataIngestionEngine (csv, json, parquet).",
            )
        return self

    def option(self, key: str, value: object) -> DataFrameReader:
        """Choose ``versionAsOf`` or ``timestampAsOf``.

        Raises
        ------
        UnsupportedError
            For other options (LK-7005).
        """
        if key.lower() == "versionasof":
            self._version = int(str(value))
        elif key.lower() == "timestampasof":
            self._timestamp = value if isinstance(value, datetime.datetime) else str(value)
        else:
            raise UnsupportedError(
                "LK-7005",
                f"read.option({key!r}) is not supported",
                "There are versionAsOf and timestampAsOf.",
            )
        return self

    def load(self, path: str | os.PathLike[str]) -> DataFrame:
        """Return the rows of the Delta table in the directory ``path``."""
        source = "delta.`" + os.fspath(path).replace("`", "``") + "`"
        travel = time_travel(self._version, self._timestamp)
        return DataFrame.of_source(self._session.lakehouse, source + travel)

    def table(self, name: str) -> DataFrame:
        """Return the rows of a table or view by name."""
        table = self._session.lakehouse.table(name)
        return table.to_df(version=self._version, timestamp=self._timestamp)


class SparkSession:
    """A session on the engine of this process; a real PySpark session may take its place.

    ``SparkSession.builder.getOrCreate()`` opens the lakehouse that the environment's variables
    name, else that of the environment ``local``.
    """

    class Builder:
        """Collects settings; those of Spark itself are accepted and not used."""

        def __init__(self) -> None:
            self._settings: dict[str, str] = {}

        def appName(self, name: str) -> SparkSession.Builder:  # noqa: N802 - Spark's name
            """Accept the application's name."""
            return self

        def master(self, master: str) -> SparkSession.Builder:
            """Accept the cluster's address; the engine is in this process."""
            return self

        def config(
            self, key: str | None = None, value: object = None, *, map: Mapping[str, object] = {}
        ) -> SparkSession.Builder:
            """Set ``lakehouse.KEY`` as the setting KEY of the lakehouse; others are not used."""
            given = {**map, **({key: value} if key is not None else {})}
            for name, chosen in given.items():
                if name.startswith(_SETTING):
                    self._settings[name.removeprefix(_SETTING)] = str(chosen)
            return self

        def enableHiveSupport(self) -> SparkSession.Builder:  # noqa: N802 - Spark's name
            """Accept it; the catalog is the lakehouse's own."""
            return self

        def getOrCreate(self) -> SparkSession:  # noqa: N802 - Spark's name
            """Return the newest session, or one with the settings that were given."""
            active = SparkSession._active
            if active is not None and not self._settings:
                return active
            SparkSession._active = SparkSession(self._settings)
            return SparkSession._active

    class _BuilderProperty:
        def __get__(self, instance: object, owner: type) -> SparkSession.Builder:
            return SparkSession.Builder()

    #: A new builder at every use.
    builder = _BuilderProperty()
    _active: SparkSession | None = None

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._settings = dict(settings)
        self._config = LakehouseConfig(settings=self._settings)

    @property
    def lakehouse(self) -> Lakehouse:
        """The lakehouse of this session, opened at first use."""
        return connect(self._config)

    @classmethod
    def getActiveSession(cls) -> SparkSession | None:  # noqa: N802 - Spark's name
        """Return the newest session that was not stopped."""
        return cls._active

    def sql(self, sqlQuery: str, args: Any = ()) -> DataFrame:  # noqa: N803 - Spark's name
        """Check a query, or run a statement; ``args`` are the values of its ``?``, in order."""
        if isinstance(args, Mapping):
            raise UnsupportedError(
                "LK-7005",
                "named parameters are not supported",
                "Pass a list for the ? in the text.",
            )
        return self.lakehouse.sql(sqlQuery, args)

    def createDataFrame(  # noqa: N802 - Spark's name
        self, data: Any, schema: Sequence[str] | None = None
    ) -> DataFrame:
        """Return a frame of rows that are in memory.

        Parameters
        ----------
        data : a frame of pyarrow, polars or pandas, or a list of dictionaries,
            or, with ``schema``, of tuples
        schema : names of the columns of tuples, optional
        """
        if schema is not None and isinstance(data, list):
            data = [dict(zip(schema, row, strict=True)) for row in data]
        rows = _core.Rows.of(arrow_source(data))
        return DataFrame(self.lakehouse, Query(""), rows=rows)

    def table(self, tableName: str) -> DataFrame:  # noqa: N803 - Spark's name
        """Return the rows of a table or view."""
        return self.read.table(tableName)

    @property
    def read(self) -> DataFrameReader:
        """A reader of tables by place or name."""
        return DataFrameReader(self)

    @property
    def catalog(self) -> Catalog:
        """What is there: catalogs, schemas, tables."""
        return self.lakehouse.catalog

    @property
    def version(self) -> str:
        """Version of the lakehouse."""
        return _core.version()

    def stop(self) -> None:
        """End the session; the lakehouse stays open for other users in this process."""
        if SparkSession._active is self:
            SparkSession._active = None

    def __enter__(self) -> SparkSession:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def agrees_with(self, config: LakehouseConfig) -> bool:
        """Return whether ``config`` names the lakehouse that this session was built for."""
        root = "storage.data_root"
        own, other = (place_of(c[root]) for c in (self._config, config))
        return own == other

    @property
    def is_configured(self) -> bool:
        """Whether the builder was given settings of the lakehouse."""
        return bool(self._settings)


def lakehouse_of(spark: object, config: ServiceConfig | None) -> Lakehouse:
    """Return the lakehouse that a service works on.

    That of an embedded session whose builder was given settings, else that of ``config``, else that
    of the embedded session, else the default one. A session of PySpark does not say which lakehouse
    it is for.

    Raises
    ------
    InvalidArgumentError
        When session and configuration name different data roots (LK-7006).
    """
    if config is None:
        return spark.lakehouse if isinstance(spark, SparkSession) else connect()
    whole = config.lakehouse
    if isinstance(spark, SparkSession) and spark.is_configured and not spark.agrees_with(whole):
        raise InvalidArgumentError(
            "LK-7006",
            f"the session is for {spark.lakehouse!r}, the configuration for {whole!r}",
            "Build both with the same storage.data_root.",
        )
    if isinstance(spark, SparkSession) and spark.is_configured:
        return spark.lakehouse
    return connect(whole)
