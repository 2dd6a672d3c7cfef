"""A data lakehouse in one process: open tables, SQL, ingestion."""

from data_lakehouse._core import version as _version
from data_lakehouse.config import LakehouseConfig
from data_lakehouse.errors import LakehouseError
from data_lakehouse.ingestion import DataIngestionEngine
from data_lakehouse.session import Frame, Lakehouse, SparkSession, connect

__version__ = _version()

__all__ = [
    "DataIngestionEngine",
    "Frame",
    "Lakehouse",
    "LakehouseConfig",
    "LakehouseError",
    "SparkSession",
    "connect",
]
