"""Ingestion jobs: copy a source into a table, once or again and again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data_lakehouse import session
from data_lakehouse.config import LakehouseConfig, ServiceConfig


@dataclass(frozen=True)
class JobRun:
    """One run of a job. Times are Unix milliseconds; ``table_version`` is -1 without a commit."""

    run_id: str
    job_id: str
    job_name: str
    state: str
    attempt: int
    started_ms: int
    finished_ms: int
    error_code: str
    error_message: str
    rows_read: int
    rows_written: int
    rows_rescued: int
    rows_quarantined: int
    files_read: int
    files_skipped: int
    table_version: int

    @property
    def succeeded(self) -> bool:
        """Whether the run ended well."""
        return self.state == "succeeded"


class DataIngestionEngine:
    """Registers and runs ingestion jobs.

    Parameters
    ----------
    spark : an embedded session, or any other object (then the configuration says where to work)
    config : the ``ingestion`` section of a configuration, optional
    """

    def __init__(self, spark: object = None, config: ServiceConfig | None = None) -> None:
        whole = config.lakehouse if config is not None else LakehouseConfig()
        self._core = session.of(spark, whole)._core

    def register_job(self, job_config: Mapping[str, Any]) -> str:
        """Check and keep a job; return its id. The same configuration gives the same id.

        Keys: ``source_type`` (postgresql, csv, json, parquet), ``source_config``, ``target_path`` or
        ``target`` (``schema.table``), ``mode`` (batch), ``write_mode`` (append, overwrite), ``name``,
        ``error_threshold``.
        """
        return self._core.register_job(json.dumps(job_config))

    def start_job(self, job_id: str) -> JobRun:
        """Run a batch job, wait for its end and return the run (failed runs too)."""
        return JobRun(**json.loads(self._core.run_job(job_id)))

    def stop_job(self, job_id: str) -> bool:
        """Cancel the running run; False when none ran."""
        return self._core.stop_job(job_id)

    def get_job_status(self, job_id: str) -> JobRun | None:
        """Return the newest run, or None when the job never ran."""
        status = self._core.job_status(job_id)
        return None if status is None else JobRun(**json.loads(status))

    def get_job_history(self, job_id: str, limit: int = 20) -> list[JobRun]:
        """Return the newest runs, newest first."""
        return [JobRun(**json.loads(run)) for run in self._core.job_history(job_id, limit)]
