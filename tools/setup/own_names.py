"""Give the shared libraries that we link names of their own.

A Python process may load PyPI's pyarrow beside our module. Its libarrow.so.2600 and ours would
have one SONAME, and the dynamic linker would then share whichever came first: another build of
Arrow, with another OpenSSL inside. The copies made here are called liblakehouse_arrow.so.2600 and
so on, by file name, SONAME and in each other's list of needed libraries.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from fetch import SetupError, run

OWN = "lakehouse_"
LIBRARY = re.compile(r"^lib(?P<stem>\w+)\.so(\.\d+)*$")


def own_name(name: str) -> str:
    """Return ``liblakehouse_arrow.so.2600`` for ``libarrow.so.2600``."""
    return f"lib{OWN}{name.removeprefix('lib')}"


def copy_renamed(libraries: Iterable[Path], target: Path, patchelf: Path) -> None:
    """Copy ``libraries`` into the folder ``target`` under their own names."""
    target.mkdir(parents=True)
    names = sorted(library.name for library in libraries)
    needed = [word for name in names for word in ("--replace-needed", name, own_name(name))]
    for library in sorted(libraries):
        copy = target / own_name(library.name)
        shutil.copy(library, copy)
        soname = ["--set-soname", copy.name]
        run([patchelf, *soname, *needed, "--set-rpath", "$ORIGIN", copy], f"renaming {copy.name}")
        matched = LIBRARY.match(copy.name)
        assert matched is not None
        link = target / f"lib{matched['stem']}.so"
        if link != copy:
            link.symlink_to(copy.name)
    assert_own(target, names)


def assert_own(folder: Path, foreign: Iterable[str]) -> None:
    """Raise SetupError when a library in ``folder`` still has or needs one of the names."""
    for library in folder.iterdir():
        dynamic = run(["readelf", "-d", library], f"reading {library.name}")
        left = set(re.findall(r"\[(lib\S+)\]", dynamic)) & set(foreign)
        if left:
            raise SetupError(f"{library.name} still names {', '.join(sorted(left))}")
