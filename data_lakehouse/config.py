"""Configuration: the same keys, files and precedence as the ``lakehouse`` program.

A value comes from (first wins) an explicit setting, a ``LAKEHOUSE_*`` variable, the file, the default of
the environment. ``lakehouse config explain`` shows every key with its meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from data_lakehouse import _core


class ServiceConfig(Mapping[str, str]):
    """The settings of one section, by key without the section's name.

    The whole configuration stays reachable as ``lakehouse``, so that a service can open it.
    """

    def __init__(self, name: str, values: dict[str, str], lakehouse: LakehouseConfig) -> None:
        self.name = name
        self.lakehouse = lakehouse
        self._values = values

    def __getitem__(self, key: str) -> str:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class LakehouseConfig:
    """An immutable, checked configuration.

    Parameters
    ----------
    file : path of a YAML file, optional
    environment : ``local``, ``development``, ``staging`` or ``production``, optional
    settings : values by dotted key that win over everything else, optional

    Raises
    ------
    InvalidArgumentError
        For unknown keys (with line, column and the nearest known key) and wrong values.
    """

    def __init__(
        self,
        file: str | Path | None = None,
        environment: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.file = None if file is None else str(file)
        self.environment = environment
        self.settings = dict(settings or {})
        rows = _core.describe_config(self.file, environment, self.settings)
        self._values = {key: value for key, value, _, _ in rows}
        self._secrets = {key for key, _, _, secret in rows if secret}
        self.origins = {key: origin for key, _, origin, _ in rows}

    def __getitem__(self, key: str) -> str:
        """Return the text of a dotted key, such as ``storage.data_root``."""
        return self._values[key]

    def get_service_config(self, name: str) -> ServiceConfig:
        """Return the section ``name`` (``ingestion``, ``query``, ``ml``, ``storage``, ...)."""
        start = name + "."
        values = {k[len(start) :]: v for k, v in self._values.items() if k.startswith(start)}
        if not values:
            known = sorted({key.split(".")[0] for key in self._values})
            raise KeyError(f"no service {name!r}; there are {', '.join(known)}")
        return ServiceConfig(name, values, self)

    def __repr__(self) -> str:
        shown = {k: "********" if k in self._secrets else v for k, v in self._values.items()}
        return f"LakehouseConfig({shown})"


def create_local_config() -> LakehouseConfig:
    """Return the configuration of one machine: a directory, no authentication."""
    return LakehouseConfig(environment="local")


def create_development_config() -> LakehouseConfig:
    """Return the defaults of the development environment."""
    return LakehouseConfig(environment="development")


def create_staging_config() -> LakehouseConfig:
    """Return the defaults of the staging environment."""
    return LakehouseConfig(environment="staging")


def create_production_config() -> LakehouseConfig:
    """Return the defaults of the production environment."""
    return LakehouseConfig(environment="production")


def load_config(file: str | Path) -> LakehouseConfig:
    """Return the configuration of a YAML file."""
    return LakehouseConfig(file=file)
