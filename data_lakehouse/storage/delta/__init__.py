"""Delta tables: their state, history and rows at any version."""

from data_lakehouse.storage.delta.merge import TableMerger
from data_lakehouse.storage.delta.statements import time_travel
from data_lakehouse.storage.delta.table import Table, TableMetadata, TableProtocol, TableVersion

__all__ = [
    "Table",
    "TableMerger",
    "TableMetadata",
    "TableProtocol",
    "TableVersion",
    "time_travel",
]
