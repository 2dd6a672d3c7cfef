"""What the demo prints: titles, one line per step with its time, progress bars, a bar chart."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_NAME_WIDTH = 34
_BAR_WIDTH = 28
_MAX_CHART_WIDTH = 50
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_REDRAW_SECONDS = 0.1


class Step:
    """One step while it runs; `result` is what its line says at the end."""

    def __init__(self) -> None:
        self.result = ""
        self.share: float | None = None

    def progress(self, share: float) -> None:
        """Say how much is done, from 0 to 1."""
        self.share = share


class Screen:
    """Standard output, on a terminal or not. Not thread-safe but for its own redraw thread."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.is_terminal = sys.stdout.isatty() and sys.stderr.isatty() and not quiet
        self._begin = time.monotonic()

    def elapsed(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self._begin

    def title(self, text: str) -> None:
        """Begin a chapter."""
        if not self.quiet:
            print(f"\n\033[1m{text}\033[0m" if self.is_terminal else f"\n{text}", flush=True)

    def line(self, text: str) -> None:
        """Print one indented line."""
        if not self.quiet:
            print(f"  {text}", flush=True)

    def text(self, block: str) -> None:
        """Print lines as they are, indented."""
        for line in block.rstrip("\n").split("\n"):
            self.line(line.rstrip())

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Time a step: a live line on a terminal, one line at its end everywhere."""
        step = Step()
        begin = time.monotonic()
        ended = threading.Event()
        redraw = threading.Thread(target=self._redraw, args=(name, step, begin, ended))
        if self.is_terminal:
            redraw.start()
        try:
            yield step
        finally:
            ended.set()
            if self.is_terminal:
                redraw.join()
        self.line(f"{name:<{_NAME_WIDTH}} {step.result:<48} {time.monotonic() - begin:5.1f} s")

    def _redraw(self, name: str, step: Step, begin: float, ended: threading.Event) -> None:
        while not ended.wait(_REDRAW_SECONDS):
            if step.share is None:
                continue
            full = round(step.share * _BAR_WIDTH)
            bar = "█" * full + "░" * (_BAR_WIDTH - full)
            seconds = time.monotonic() - begin
            line = f"  {name:<{_NAME_WIDTH}} {bar} {step.share:4.0%} {seconds:5.1f} s"
            print(f"\r{line}\033[K", end="", file=sys.stderr, flush=True)
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def bar_chart(values: Sequence[tuple[str, float]]) -> str:
    """Return horizontal bars, as wide as the terminal allows."""
    if not values:
        return "(no rows)"
    labels = max(len(label) for label, _ in values)
    width = min(_MAX_CHART_WIDTH, shutil.get_terminal_size().columns - labels - 14)
    greatest = max(max(value for _, value in values), 1e-9)
    lines = []
    for label, value in values:
        eighths = round(max(value, 0.0) / greatest * max(width, 10) * 8)
        bar = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
        lines.append(f"{label:<{labels}} {bar} {value:.1f}")
    return "\n".join(lines)
