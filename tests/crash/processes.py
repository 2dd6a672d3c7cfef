"""Programs that are killed: their lines as they come, and the moment of the kill."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

LONGEST_S = 120.0


class Violation(Exception):
    """A promise was broken."""


@dataclass(frozen=True)
class Moment:
    """When to kill: so many acknowledgements after the start, and then so long after that."""

    acknowledged: int
    delay_s: float


class Process:
    """One process of the program, with standard output in a pipe to the driver.

    What it said reaches the driver even when it is killed; nothing is read from its files.
    """

    def __init__(self, command: list[str], script: str = "") -> None:
        self._changed = threading.Condition()
        self._lines: list[dict[str, object]] = []
        self._said = b""
        self.killed = False
        self.started = time.monotonic()
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._readers = [
            threading.Thread(target=self._read_lines),
            threading.Thread(target=self._read_talk),
        ]
        for reader in self._readers:
            reader.start()
        try:
            self._process.stdin.write(script.encode())
            self._process.stdin.close()
        except BrokenPipeError:
            pass

    def _read_lines(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            if not line.endswith(b"\n"):
                break  # cut by the kill
            try:
                parsed = json.loads(line)
            except ValueError:
                parsed = {"text": line.decode(errors="replace").rstrip()}
            with self._changed:
                self._lines.append(parsed)
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def _read_talk(self) -> None:
        assert self._process.stderr
        self._said = self._process.stderr.read()

    def kill_at(self, moment: Moment) -> None:
        """Wait for the moment and kill, unless the process ended before."""
        deadline = time.monotonic() + LONGEST_S
        with self._changed:
            while self.acknowledged < moment.acknowledged and self._process.poll() is None:
                if time.monotonic() > deadline:
                    break
                self._changed.wait(0.05)
        try:
            self._process.wait(moment.delay_s)
        except subprocess.TimeoutExpired:
            self.killed = True
            self._process.kill()
        self._end()

    def finish(self) -> list[dict[str, object]]:
        """Wait for the end, which must be a success, and return the lines."""
        try:
            self._process.wait(LONGEST_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._end()
            raise Violation(f"no end after {LONGEST_S} s: {self.talk}") from None
        self._end()
        if self.exit_code != 0:
            raise Violation(f"exit code {self.exit_code}: {self.talk}")
        return self._lines

    def _end(self) -> None:
        self._process.wait()
        for reader in self._readers:
            reader.join()
        self.seconds = time.monotonic() - self.started

    @property
    def acknowledged(self) -> int:
        """How many statements of a script are known to be done."""
        return sum("acknowledged" in line for line in self._lines)

    @property
    def exit_code(self) -> int:
        """Exit code; negative for the signal that ended it."""
        return self._process.returncode

    @property
    def talk(self) -> str:
        """What was said on standard error."""
        return self._said.decode(errors="replace").strip()


class Program:
    """The program on one data root."""

    def __init__(self, binary: Path, data_root: Path) -> None:
        self.data_root = data_root
        self._start = [str(binary), "--data-root", str(data_root), "--quiet"]
        # Two lakes at a time on a small machine: each process keeps to one thread.
        self._start += ["--set", "query.threads=1", "--set", "query.memory_limit=512MiB"]

    def sql(self, script: str) -> Process:
        """Run statements; rows come as JSON lines."""
        return Process([*self._start, "sql", "-f", "-", "-o", "jsonl"], script)

    def run(self, *arguments: str) -> Process:
        """Run any other command."""
        return Process([*self._start, *arguments])
