"""Jobs and their runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_FINAL = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True)
class JobRun:
    """One run of a job. Times are Unix milliseconds.

    ``error_kind`` is the ``kind`` of a class of :mod:`data_lakehouse.errors`. ``fraction`` is the
    part of the source that is read, 0 to 1, and -1 when it is not known or the run does not run;
    ``table_version`` is -1 without a commit.
    """

    run_id: str
    job_id: str
    job_name: str
    state: str
    attempt: int
    fraction: float
    started_ms: int
    finished_ms: int
    error_code: str
    error_message: str
    error_kind: str
    error_hint: str
    rows_read: int
    rows_written: int
    rows_rescued: int
    rows_quarantined: int
    files_read: int
    files_skipped: int
    bytes_read: int
    table_version: int

    @property
    def finished(self) -> bool:
        """Whether the run has ended, well or not."""
        return self.state in _FINAL

    @property
    def succeeded(self) -> bool:
        """Whether the run ended well."""
        return self.state == "succeeded"


@dataclass(frozen=True)
class Job:
    """A registered job; ``configuration`` is without secrets."""

    id: str
    name: str
    owner: str
    configuration: dict[str, Any]
    created_ms: int
