"""Tables as they are stored."""

from data_lakehouse.storage.delta import Table, TableVersion, quoted_name, time_travel

__all__ = ["Table", "TableVersion", "quoted_name", "time_travel"]
