"""Names of the lakehouse."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data_lakehouse.lakehouse import Lakehouse
    from data_lakehouse.storage import Table


@dataclass(frozen=True)
class SchemaInfo:
    """A schema of a catalog."""

    catalog: str
    name: str
    comment: str
    owner: str


@dataclass(frozen=True)
class TableInfo:
    """A table or view; ``location`` is relative to the data root, or a URI."""

    catalog: str
    schema: str
    name: str
    kind: str
    format: str
    location: str
    comment: str
    owner: str

    @property
    def full_name(self) -> str:
        """``catalog.schema.name``."""
        return f"{self.catalog}.{self.schema}.{self.name}"


class Catalog:
    """What ``user`` may see of a lakehouse; empty is the local user."""

    def __init__(self, lakehouse: Lakehouse, user: str = "") -> None:
        self._lakehouse = lakehouse
        self._user = user

    def _default(self, catalog: str) -> str:
        return catalog or str(self._lakehouse.config["catalog.default_catalog"])

    def list_catalogs(self) -> list[str]:
        """Return the names of the catalogs."""
        return list(self._lakehouse.core.list_catalogs(self._user))

    def list_schemas(self, catalog: str = "") -> list[SchemaInfo]:
        """Return the schemas of a catalog; empty is the default one."""
        found = self._lakehouse.core.list_schemas(self._default(catalog), self._user)
        return [SchemaInfo(**fields) for fields in found]

    def list_tables(self, schema: str = "", catalog: str = "") -> list[TableInfo]:
        """Return the tables and views of a schema, without one those of every schema.

        Raises
        ------
        NotFoundError
            When the schema (LK-2011) or catalog (LK-2010) is not there, with the nearest names.
        """
        catalog = self._default(catalog)
        core = self._lakehouse.core
        names = [schema] if schema else [found.name for found in self.list_schemas(catalog)]
        return [
            TableInfo(**fields)
            for name in names
            for fields in core.list_objects(catalog, name, self._user)
        ]

    def register_table(self, name: str, location: str | os.PathLike[str]) -> Table:
        """Give a name to a Delta table that is there, and return it.

        Parameters
        ----------
        name : such as ``bronze.flights``
        location : the table's directory, in the data root or an allowed location

        Raises
        ------
        NotFoundError
            When no table is there (LK-3001).
        AlreadyExistsError
            When the name or the place is taken (LK-2013).
        """
        schema = self._lakehouse.current_schema
        self._lakehouse.core.register_table(name, os.fspath(location), schema, self._user)
        return self.table(name)

    def table(self, name: str) -> Table:
        """Return one table or view."""
        from data_lakehouse.storage import Table

        return Table(self._lakehouse, name, self._user)
