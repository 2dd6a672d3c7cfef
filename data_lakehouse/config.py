"""Configuration: the same keys, files and precedence as the program ``lakehouse``.

A value comes from (first wins) a setting given here, a ``LAKEHOUSE_*`` variable, the file, the
default of the environment. ``lakehouse config explain`` shows every key with its meaning.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from data_lakehouse import _core
from data_lakehouse.errors import NotFoundError

#: What a setting may be. Sizes are bytes and times milliseconds when they are read.
Value = str | int | float | bool | list[str] | None


@dataclass(frozen=True)
class Setting:
    """One key of a configuration, as ``lakehouse config explain`` shows it."""

    key: str
    value: Value
    origin: str
    documentation: str


class ServiceConfig(Mapping[str, Value]):
    """The settings of one section, by key without the section's name.

    The whole configuration stays reachable as ``lakehouse``, so that a service can open it.
    """

    def __init__(self, name: str, values: dict[str, Value], lakehouse: LakehouseConfig) -> None:
        self.name = name
        self.lakehouse = lakehouse
        self._values = values

    def __getitem__(self, key: str) -> Value:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"ServiceConfig({self.name!r}, of {self.lakehouse!r})"


class LakehouseConfig(Mapping[str, Value]):
    """An immutable, checked configuration: values by dotted key, such as ``storage.data_root``.

    Parameters
    ----------
    file : path of a YAML file, optional
    environment : ``local``, ``development``, ``staging`` or ``production``, optional
    settings : values by dotted key that win over everything else, optional
        Texts as in the file (``"8g"``, ``"30s"``), or numbers, booleans and lists.

    Raises
    ------
    InvalidArgumentError
        For unknown keys (with line, column and the nearest known key) and wrong values.
    NotFoundError
        When the file is not there.
    """

    def __init__(
        self,
        file: str | os.PathLike[str] | None = None,
        environment: str | None = None,
        settings: Mapping[str, Value | os.PathLike[str]] | None = None,
    ) -> None:
        self.file = None if file is None else os.fspath(file)
        self.settings = {key: _text_of(value) for key, value in (settings or {}).items()}
        #: The loaded configuration for the compiled module.
        self.core = _core.Config(self.file, environment, self.settings)
        self.environment = self.core.environment
        rows = self.core.settings()
        self._values: dict[str, Value] = {key: value for key, value, *_ in rows}
        self._secrets = {key for key, _, _, secret, _ in rows if secret}
        self._rows = rows

    def __getitem__(self, key: str) -> Value:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def explain(self) -> list[Setting]:
        """Return every key with its value, origin and documentation; secrets are masked."""
        return [
            Setting(key, "********" if secret and value else value, origin, documentation)
            for key, value, origin, secret, documentation in self._rows
        ]

    def get_service_config(self, name: str) -> ServiceConfig:
        """Return the section ``name`` (``ingestion``, ``query``, ``ml``, ``storage``, ...).

        Raises
        ------
        NotFoundError
            When there is no such section (LK-7004).
        """
        start = name + "."
        values = {k[len(start) :]: v for k, v in self._values.items() if k.startswith(start)}
        if not values:
            known = sorted({key.split(".")[0] for key in self._values})
            close = difflib.get_close_matches(name, known, n=1)
            hint = f'Did you mean "{close[0]}"? ' if close else ""
            raise NotFoundError(
                "LK-7004",
                f"the configuration has no section {name!r}",
                f"{hint}There are {', '.join(known)}.",
            )
        return ServiceConfig(name, values, self)

    def __reduce__(self) -> tuple[Any, ...]:
        return (LakehouseConfig, (self.file, self.environment, self.settings))

    def __repr__(self) -> str:
        return f"LakehouseConfig({self.environment}, {self['storage.data_root']!r})"


def place_of(root: object) -> str:
    """Return a data root in its one form: an absolute directory, or a bucket's URI as it is."""
    text = str(root)
    return text if "://" in text else os.path.abspath(text)


def _text_of(value: Value | os.PathLike[str]) -> str:
    """Return a setting as it would stand in a file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return "" if value is None else str(value)


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


def load_config(file: str | os.PathLike[str]) -> LakehouseConfig:
    """Return the configuration of a YAML file."""
    return LakehouseConfig(file=file)
