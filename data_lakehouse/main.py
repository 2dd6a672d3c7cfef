"""``python -m data_lakehouse.main``: run a lakehouse, or make and check its configuration.

Without ``--check`` the server runs until Ctrl-C, as ``lakehouse serve`` does.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from data_lakehouse import _core, program
from data_lakehouse.config import LakehouseConfig, place_of
from data_lakehouse.errors import (
    AlreadyExistsError,
    CommitConflictError,
    InvalidArgumentError,
    LakehouseError,
    NotFoundError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from data_lakehouse.lakehouse import connect

# The exit codes of the program ``lakehouse``; 1 is every other error, 2 a wrong command line.
_EXIT_CODES: list[tuple[type[LakehouseError], int]] = [
    (NotFoundError, 3),
    (PermissionDeniedError, 4),
    (UnauthenticatedError, 4),
    (AlreadyExistsError, 5),
    (CommitConflictError, 5),
]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m data_lakehouse.main", description=__doc__)
    parser.add_argument("--environment", metavar="NAME", help="local, development, staging ...")
    parser.add_argument("--config", metavar="FILE", help="YAML configuration file")
    parser.add_argument("--set", metavar="KEY=VALUE", action="append", default=[])
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--validate-config", action="store_true", help="check it and stop")
    action.add_argument("--create-config-template", metavar="FILE", help="write one and stop")
    action.add_argument("--check", action="store_true", help="open, say what is there, and stop")
    parser.add_argument("--version", action="version", version=_core.version())
    return parser


def _settings_of(options: list[str]) -> dict[str, str]:
    settings = {}
    for option in options:
        key, equals, value = option.partition("=")
        if not equals:
            raise InvalidArgumentError(
                "LK-7008", f"--set {option} has no '='", "Write --set key=value."
            )
        settings[key] = value
    return settings


def _write_template(file: str, environment: str) -> None:
    """Write a new file, complete or not at all; an existing one is left alone."""
    path = Path(file)
    text = _core.config_template(environment)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8")
        os.link(partial, path)
    except FileExistsError:
        raise AlreadyExistsError(
            "LK-7009", f"{path} is there already", "Choose another name, or move it away."
        ) from None
    finally:
        partial.unlink(missing_ok=True)
    print(f"wrote {path} with every setting of the environment {environment}", file=sys.stderr)


def _environment_of(file: Path) -> str:
    """Return the environment that a file is named after, as ``config/staging.yml`` is."""
    return file.stem if file.stem in ("local", "development", "staging") else "production"


def _check(config: LakehouseConfig) -> None:
    """Open the lakehouse, prove that it answers, and say what is there."""
    with connect(config) as lakehouse:
        tables = lakehouse.catalog.list_tables()
        lakehouse.sql("SELECT 1").collect()
        jobs = lakehouse.ingestion.list_jobs()
    root = place_of(config["storage.data_root"])
    print(f"lakehouse {_core.version()} ({config.environment}) at {root}")
    print(f"tables: {len(tables)}, jobs: {len(jobs)}")


def _run(options: argparse.Namespace) -> None:
    settings = _settings_of(options.set)
    if options.create_config_template:
        file = options.create_config_template
        _write_template(file, options.environment or _environment_of(Path(file)))
        return
    config = LakehouseConfig(options.config, options.environment, settings)
    if options.validate_config:
        print(f"{options.config or 'the configuration'} is valid", file=sys.stderr)
        return
    _check(config)
    if options.check:
        return
    sys.stdout.flush()
    program.serve(config)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        _run(options)
    except LakehouseError as error:
        print(f"error {error}", file=sys.stderr)
        return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), 1)
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
