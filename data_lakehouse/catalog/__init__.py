"""Which catalogs, schemas and tables there are."""

from data_lakehouse.catalog.metadata import Catalog, SchemaInfo, TableInfo

__all__ = ["Catalog", "SchemaInfo", "TableInfo"]
