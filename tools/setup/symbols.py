"""Keep the libraries inside Arrow from being mixed up with the system's.

libparquet exports a whole static OpenSSL and simdjson, libarrow_compute exports RE2. In one
process with libssl, libcurl or libsimdjson the dynamic linker would bind calls of one into the
other. The cure renames those symbols inside Arrow's libraries; ``clashes`` proves the result.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from fetch import SetupError, run

PREFIX = "lakehouse_arrow_"
CURED = ("libparquet.so", "libarrow_compute.so")
BUNDLED = re.compile(r"^_Z\w*?\d+(simdjson|re2|re2_internal)\d*\w*")
RESERVED = re.compile(r"^(__|_init$|_fini$|_edata$|_end$|__bss_start$)")
# Vague C++ symbols of the standard library are meant to be shared.
SHARED_BY_DESIGN = re.compile(
    r"^_ZZ?(TV|TI|TS|TH|GV)?(N|NK)?(St|Sa|Ss|S[bdio]|9__gnu_cxx|10__cxxabiv1)"
)
SYSTEM_LIBRARIES = (
    "libcrypto.so.3",
    "libssl.so.3",
    "libcurl.so.4",
    "libexpat.so.1",
    "libsodium.so.23",
    "libsimdjson.so.14",
    "libre2.so.9",
    "libsqlite3.so.0",
    "libpq.so.5",
    "libyaml-cpp.so.0.7",
    "libfmt.so.9",
    "libspdlog.so.1.10",
    "libarchive.so.13",
    "libroaring.so.0",
    "libzstd.so.1",
    "liblz4.so.1",
    "libsnappy.so.1",
    "libz.so.1",
    "libedit.so.2",
    "libprometheus-cpp-core.so.1.0",
)


def exported(library: Path) -> set[str]:
    """Return the names of the dynamic symbols that ``library`` defines."""
    return _symbols(library, "--defined-only")


def imported(library: Path) -> set[str]:
    """Return the names of the dynamic symbols that ``library`` wants from others."""
    return _symbols(library, "--undefined-only")


def _symbols(library: Path, which: str) -> set[str]:
    lines = run(["nm", "-D", which, library], f"reading symbols of {library.name}").splitlines()
    return {line.split()[-1].split("@")[0] for line in lines if line.strip()}


def _needs_rename(name: str) -> bool:
    if RESERVED.match(name) or name.startswith(PREFIX):
        return False
    return not name.startswith("_Z") or bool(BUNDLED.match(name))


def cure(lib_folder: Path, patchelf: Path) -> int:
    """Rename the bundled symbols in ``lib_folder``; return how many."""
    libraries = sorted(lib_folder.glob("lib*.so.[0-9]*"))
    total = 0
    for stem in CURED:
        library = next(p for p in libraries if p.name.startswith(stem + "."))
        wanted_elsewhere: set[str] = set()
        for other in libraries:
            if other != library:
                wanted_elsewhere |= imported(other)
        names = {name for name in exported(library) if _needs_rename(name)} - wanted_elsewhere
        with tempfile.NamedTemporaryFile("w", suffix=".map") as table:
            table.writelines(f"{name} {PREFIX}{name}\n" for name in sorted(names))
            table.flush()
            run([patchelf, "--rename-dynamic-symbols", table.name, library], "renaming symbols")
        total += len(names)
    return total


def system_libraries() -> list[Path]:
    """Return the system's libraries that a process of ours loads beside Arrow and DuckDB."""
    cache = run(["/sbin/ldconfig", "-p"], "listing system libraries")
    places = dict(re.findall(r"^\s+(\S+) \(libc6,x86-64[^)]*\) => (\S+)$", cache, re.MULTILINE))
    return [Path(places[name]) for name in SYSTEM_LIBRARIES if name in places]


def clashes(ours: Iterable[Path], system: Iterable[Path]) -> dict[tuple[str, str], list[str]]:
    """Return the symbols that two libraries both define, by pair of library names."""
    found: dict[tuple[str, str], list[str]] = {}
    theirs = {library: exported(library) for library in system}
    for library in ours:
        mine = {name for name in exported(library) if not SHARED_BY_DESIGN.match(name)}
        for other, names in theirs.items():
            both = sorted(n for n in mine & names if not RESERVED.match(n))
            if both:
                found[(library.name, other.name)] = both
    return found


def assert_no_clash(libraries: Iterable[Path]) -> None:
    """Raise SetupError when a symbol of ``libraries`` is also defined by a system library."""
    found = clashes(libraries, system_libraries())
    if found:
        lines = [f"{a} and {b}: {len(n)} symbols, e.g. {n[0]}" for (a, b), n in found.items()]
        raise SetupError("libraries define the same symbols:\n  " + "\n  ".join(lines))
