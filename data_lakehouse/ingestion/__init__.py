"""Rows from files and databases into tables."""

from data_lakehouse.ingestion.batch import DataIngestionEngine, Job, JobRun

__all__ = ["DataIngestionEngine", "Job", "JobRun"]
