"""The program ``lakehouse``, which comes with the package."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

from data_lakehouse.config import LakehouseConfig
from data_lakehouse.errors import NotFoundError


def find() -> Path:
    """Return the program: that of the wheel, of the checkout, or on the path.

    Raises
    ------
    NotFoundError
        When there is none (LK-7010).
    """
    package = Path(__file__).resolve().parent
    for place in (package / "bin" / "lakehouse", package.parent / "build" / "bin" / "lakehouse"):
        if place.is_file():
            return place
    found = shutil.which("lakehouse")
    if found and Path(found).resolve() != Path(sys.argv[0]).resolve():
        return Path(found)
    raise NotFoundError(
        "LK-7010",
        "the program lakehouse is neither in the package nor on the path",
        "Install the wheel, or build the checkout with ./dev build.",
    )


def serve(config: LakehouseConfig) -> NoReturn:
    """Become the server of ``config``; it drains and ends at Ctrl-C or SIGTERM."""
    command = [str(find()), "--environment", config.environment]
    if config.file is not None:
        command += ["--config", config.file]
    for key, value in config.settings.items():
        command += ["--set", f"{key}={value}"]
    os.execv(command[0], [*command, "serve"])


def run() -> NoReturn:
    """Become the program with this process's arguments: the command ``lakehouse`` of the wheel."""
    program = str(find())
    os.execv(program, [program, *sys.argv[1:]])
