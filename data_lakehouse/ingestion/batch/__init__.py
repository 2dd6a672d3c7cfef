"""Jobs that load a whole source, or what is new in it, in one commit."""

from data_lakehouse.ingestion.batch.engine import DataIngestionEngine
from data_lakehouse.ingestion.batch.runs import Job, JobRun

__all__ = ["DataIngestionEngine", "Job", "JobRun"]
