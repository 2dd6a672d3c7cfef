"""``python -m data_lakehouse.main``: the options of the program ``lakehouse`` in Python's dress."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from data_lakehouse import _core
from data_lakehouse.config import LakehouseConfig
from data_lakehouse.errors import LakehouseError
from data_lakehouse.session import connect


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m data_lakehouse.main", description=__doc__)
    parser.add_argument("--environment", choices=["local", "development", "staging", "production"])
    parser.add_argument("--config", metavar="FILE", help="YAML configuration file")
    parser.add_argument("--validate-config", action="store_true", help="check it and stop")
    parser.add_argument("--create-config-template", metavar="FILE", help="write one and stop")
    return parser


def _write_template(file: str, environment: str) -> None:
    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as out:
        out.write(_core.config_template(environment))
    print(f"wrote {path}", file=sys.stderr)


def _open(config: LakehouseConfig) -> None:
    """Open the lakehouse, prove that it answers, and say what is there."""
    lakehouse = connect(config)
    tables = lakehouse.sql("SELECT count(*) AS n FROM information_schema.tables").collect()
    print(f"lakehouse {_core.version()} at {Path(config['storage.data_root']).absolute()}")
    print(f"tables: {tables[0]['n']}")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        if options.create_config_template:
            _write_template(options.create_config_template, options.environment or "production")
            return 0
        config = LakehouseConfig(options.config, options.environment)
        if options.validate_config:
            print("the configuration is valid", file=sys.stderr)
            return 0
        _open(config)
    except FileExistsError as error:
        print(f"error: {error.filename} is there already", file=sys.stderr)
        return 5
    except LakehouseError as error:
        print(f"error {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
