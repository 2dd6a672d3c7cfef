"""A data lakehouse in one process: open tables, SQL, ingestion.

``connect()`` opens one. The services (``DataIngestionEngine``, ``QueryEngineManager``) take a
session and a section of a configuration. Errors are the classes of :mod:`data_lakehouse.errors`.
"""

from data_lakehouse._core import version as _version
from data_lakehouse.config import LakehouseConfig
from data_lakehouse.dataframe import DataFrame, Row
from data_lakehouse.errors import LakehouseError
from data_lakehouse.ingestion import DataIngestionEngine
from data_lakehouse.lakehouse import Lakehouse, connect
from data_lakehouse.spark import SparkSession
from data_lakehouse.storage import Table
from data_lakehouse.transaction import Transaction

__version__ = _version()

__all__ = [
    "DataFrame",
    "DataIngestionEngine",
    "Lakehouse",
    "LakehouseConfig",
    "LakehouseError",
    "Row",
    "SparkSession",
    "Table",
    "Transaction",
    "connect",
]
