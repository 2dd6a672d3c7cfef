"""Tables as they are stored."""

from data_lakehouse.storage.delta import Table, TableVersion, time_travel

__all__ = ["Table", "TableVersion", "time_travel"]
