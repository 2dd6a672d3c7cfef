"""The engine that keeps and runs ingestion jobs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from data_lakehouse.errors import JobFailedError
from data_lakehouse.ingestion.batch.runs import Job, JobRun
from data_lakehouse.spark import lakehouse_of

if TYPE_CHECKING:
    from data_lakehouse.config import ServiceConfig
    from data_lakehouse.lakehouse import Lakehouse

#: Seconds between two looks at a running run: short at first, so that a quick job ends quickly.
_FIRST_LOOK, _LONGEST_LOOK = 0.002, 0.1


class DataIngestionEngine:
    """Registers and runs ingestion jobs.

    Parameters
    ----------
    spark : an embedded session, a session of PySpark, or None
    config : the ``ingestion`` section of a configuration, optional
        It says where to work; without it, the embedded session does.
    lakehouse : an open lakehouse in place of both, optional
    user : name of who asks, for authorization and audit; empty is the local user
    """

    def __init__(
        self,
        spark: object = None,
        config: ServiceConfig | None = None,
        *,
        lakehouse: Lakehouse | None = None,
        user: str = "",
    ) -> None:
        self._core = (lakehouse or lakehouse_of(spark, config)).core
        self._user = user

    def register_job(self, job_config: Mapping[str, Any]) -> str:
        """Check and keep a job; return its id. One of the same name is replaced.

        Parameters
        ----------
        job_config : with the keys
            ``source_type`` (postgresql, csv, json, parquet), ``source_config``, ``target``
            (``schema.table``) or ``target_path`` (the table's directory, named by its last two
            parts), ``mode`` (batch), ``write_mode`` (append, overwrite), ``name``,
            ``error_threshold``. A password is kept in the memory of this process only;
            ``${env:NAME}`` names one.

        Raises
        ------
        InvalidArgumentError
            For missing or unknown keys (LK-5001) and wrong values (LK-5002).
        UnsupportedError
            For source types and modes that are not there (LK-5003).
        """
        return self._core.register_job(json.dumps(job_config), self._user)

    def start_job(
        self,
        job_id: str,
        *,
        wait: bool = True,
        on_progress: Callable[[JobRun], None] | None = None,
    ) -> JobRun:
        """Run a job and return the run.

        Parameters
        ----------
        job_id : id or name of the job
        wait : whether to wait for the end of the run
        on_progress : called with the run whenever its state or counts have changed, while waiting

        Raises
        ------
        JobFailedError
            When the run failed or was cancelled while this call waited; ``code`` says why.
        NotFoundError
            When there is no such job (LK-5010).
        AlreadyExistsError
            When the job is running (LK-5011).
        """
        run_id = self._core.start_job(job_id, self._user)
        run = self._run(job_id, run_id)
        if not wait:
            return run
        try:
            run = self._wait(job_id, run, on_progress)
        except BaseException:  # Ctrl-C, or an error of on_progress: nobody waits any more
            self.stop_job(job_id)
            raise
        if not run.succeeded:
            raise JobFailedError(run)
        return run

    def _wait(
        self, job_id: str, run: JobRun, on_progress: Callable[[JobRun], None] | None
    ) -> JobRun:
        pause = _FIRST_LOOK
        while True:
            if on_progress is not None:
                on_progress(run)
            last = run
            while run == last:
                if run.finished:
                    return run
                time.sleep(pause)
                pause = min(pause * 1.5, _LONGEST_LOOK)
                run = self._run(job_id, last.run_id)

    def _run(self, job_id: str, run_id: str) -> JobRun:
        runs = self.get_job_history(job_id, 10)
        return next(run for run in runs if run.run_id == run_id)

    def stop_job(self, job_id: str) -> bool:
        """Cancel the running run and wait for its end; False when none ran."""
        return self._core.stop_job(job_id, self._user)

    def get_job_status(self, job_id: str) -> JobRun | None:
        """Return the newest run, or None when the job never ran."""
        runs = self.get_job_history(job_id, 1)
        return runs[0] if runs else None

    def get_job_history(self, job_id: str, limit: int = 20) -> list[JobRun]:
        """Return the newest runs, newest first."""
        return [JobRun(**run) for run in self._core.job_history(job_id, limit, self._user)]

    def list_jobs(self) -> list[Job]:
        """Return the registered jobs."""
        return [
            Job(**{**job, "configuration": json.loads(job["configuration"])})
            for job in self._core.list_jobs(self._user)
        ]

    def remove_job(self, job_id: str) -> None:
        """Forget a job; its table and what it has loaded stay."""
        self._core.remove_job(job_id, self._user)
