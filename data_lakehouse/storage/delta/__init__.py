"""Delta tables: their state, history and rows at any version."""

from data_lakehouse.storage.delta.table import Table, TableVersion, time_travel

__all__ = ["Table", "TableVersion", "time_travel"]
