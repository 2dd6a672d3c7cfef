"""What every benchmark shares: rows of figures, workers in processes of their own, medians."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PROGRAMS = ROOT / "build" / "release" / "bin"
CACHE = Path(os.environ["LAKEHOUSE_DEPS_DIR"])
DATA = CACHE / "bench"
#: Seconds that one process of a benchmark may take.
PATIENCE = 900


@dataclass(frozen=True)
class Row:
    """One figure: ours beside the peer's. ``ratio`` is ours / peer; ``better`` says which way."""

    name: str
    ours: float | None
    peer: float | None
    unit: str
    better: str = "lower"
    ours_rss_mb: float | None = None
    peer_rss_mb: float | None = None
    goal: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours divided by the peer's, or None without a peer."""
        if self.ours is None or not self.peer:
            return None
        return self.ours / self.peer

    def record(self) -> dict[str, Any]:
        """Return the row as ``--json`` writes it."""
        fields = asdict(self)
        fields.pop("goal")
        return {**fields, "ratio": self.ratio}


class BenchError(Exception):
    """A benchmark could not be run, or one side gave a wrong answer."""


class Worker:
    """One side of one measurement in a process of its own; it starts to work when told."""

    def __init__(self, task: str, side: str, **arguments: Any) -> None:
        command = [sys.executable, "-B", str(HERE / "worker.py"), task, side]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [*command, json.dumps(arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def wait_ready(self) -> None:
        """Wait until everything that is not measured is done."""
        assert self.process.stdout is not None
        if self.process.stdout.readline() != "ready\n":
            raise BenchError(f"a worker ended: {self.process.args}")

    def go(self) -> None:
        """Start the measured work."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.close()

    def result(self) -> dict[str, Any]:
        """Wait for the end and return what the worker measured."""
        assert self.process.stdout is not None
        text = self.process.stdout.read()
        if self.process.wait(PATIENCE) != 0:
            raise BenchError(f"a worker failed: {self.process.args}")
        return json.loads(text)


def run_workers(task: str, side: str, count: int = 1, **arguments: Any) -> list[dict[str, Any]]:
    """Run ``count`` workers at once and return their results."""
    workers = [Worker(task, side, number=number, **arguments) for number in range(count)]
    for worker in workers:
        worker.wait_ready()
    for worker in workers:
        worker.go()
    return [worker.result() for worker in workers]


@dataclass
class Side:
    """The figures of one side over the rounds."""

    values: list[float]
    peaks: list[float]

    @property
    def median(self) -> float:
        """Return the median of the values."""
        return statistics.median(self.values)

    @property
    def peak(self) -> float:
        """Return the largest peak of memory in MB."""
        return max(self.peaks)


def in_turns(
    rounds: int,
    measure: Callable[[str, int], tuple[float, float]],
    peer_rounds: int | None = None,
) -> dict[str, Side]:
    """Call ``measure(side, round)``, which returns value and peak memory, in alternating order.

    ``peer_rounds`` is for peers that take so long that their figures vary little.
    """
    sides = {"ours": Side([], []), "peer": Side([], [])}
    for number in range(rounds):
        for side in ("ours", "peer") if number % 2 == 0 else ("peer", "ours"):
            if side == "peer" and peer_rounds is not None and number >= peer_rounds:
                continue
            value, peak = measure(side, number)
            sides[side].values.append(value)
            sides[side].peaks.append(peak)
    return sides


def row_of(name: str, sides: Mapping[str, Side], unit: str, better: str, goal: str = "") -> Row:
    """Return the row of medians and peaks."""
    ours, peer = sides["ours"], sides["peer"]
    return Row(name, ours.median, peer.median, unit, better, ours.peak, peer.peak, goal)


def run_program(name: str, *arguments: object) -> dict[str, Any]:
    """Run one of our benchmark programs and return the JSON that it prints."""
    command = [str(PROGRAMS / name), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode != 0:
        raise BenchError(f"{name}: {done.stderr.strip()}")
    return json.loads(done.stdout)


@contextmanager
def workspace(parent: Path = DATA) -> Iterator[Path]:
    """Give a folder on the disk of the cache that is deleted at the end."""
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="work-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
