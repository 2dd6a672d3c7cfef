"""Errors are exceptions of their kind, with code, hint and retryable."""

import pickle
from pathlib import Path

import pytest
from conftest import Script

import data_lakehouse as dl
from data_lakehouse import errors
from data_lakehouse.config import LakehouseConfig
from data_lakehouse.ingestion import JobRun


def test_every_kind_has_its_class() -> None:
    kinds = {cls.kind: cls for cls in errors.LakehouseError.__subclasses__() if cls.kind}
    assert len(kinds) == 16  # with Internal
    for kind, cls in kinds.items():
        made = errors.from_parts(kind, "LK-1234", "message", "hint", "cause", True)
        if kind != "Internal":
            assert type(made) is cls
        assert (made.code, made.hint, made.cause, made.retryable) == (
            "LK-1234",
            "hint",
            "cause",
            True,
        )
        assert str(made) == "LK-1234: message (cause: cause)\nhint: hint"
        copy = pickle.loads(pickle.dumps(made))
        assert type(copy) is type(made) and copy.code == made.code and str(copy) == str(made)


def test_kinds_are_also_the_builtin_that_fits() -> None:
    assert issubclass(errors.InvalidArgumentError, ValueError)
    assert issubclass(errors.NotFoundError, LookupError)
    assert issubclass(errors.PermissionDeniedError, PermissionError)
    assert issubclass(errors.QueryTimeoutError, TimeoutError)
    assert issubclass(errors.UnsupportedError, NotImplementedError)


def test_a_wrong_name_gets_candidates(lakehouse: dl.Lakehouse) -> None:
    lakehouse.sql("CREATE TABLE flights AS SELECT 1 AS a")
    with pytest.raises(errors.NotFoundError) as raised:
        lakehouse.table("flight")
    assert raised.value.code == "LK-2012" and "flights" in raised.value.hint
    assert not raised.value.retryable


def test_types_that_do_not_fit_are_found_before_the_run(lakehouse: dl.Lakehouse) -> None:
    with pytest.raises(errors.InvalidArgumentError) as raised:
        lakehouse.sql("SELECT sum('text')")
    assert raised.value.code == "LK-4004"


def test_a_full_queue_refuses(tmp_path: Path) -> None:
    config = LakehouseConfig(
        settings={
            "storage.data_root": tmp_path,
            "query.max_running": 1,
            "query.max_waiting": 0,
        }
    )
    with dl.connect(config) as lakehouse:
        batches = lakehouse.sql("SELECT * FROM range(1000000000000)").to_batches()
        next(batches)
        with pytest.raises(errors.ResourceExhaustedError) as raised:
            lakehouse.sql("SELECT 1").collect()
        assert raised.value.code == "LK-4020" and raised.value.retryable
        batches.close()
        assert lakehouse.sql("SELECT 1").count() == 1


def test_a_statement_larger_than_memory_and_disk_allow_ends(tmp_path: Path) -> None:
    config = LakehouseConfig(
        settings={
            "storage.data_root": tmp_path,
            "query.memory_limit": "64MiB",
            "query.max_temp_size": "1MiB",
        }
    )
    with dl.connect(config) as lakehouse:
        with pytest.raises(errors.ResourceExhaustedError) as raised:
            lakehouse.sql("SELECT * FROM range(50000000) ORDER BY hash(range)").collect()
        assert raised.value.code == "LK-4021"
        assert lakehouse.sql("SELECT 1").count() == 1


def test_sql_may_not_leave_the_lakehouse(lakehouse: dl.Lakehouse) -> None:
    for sql in ("COPY (SELECT 1) TO 'x.csv'", "ATTACH 'x.db'", "SET threads = 1"):
        with pytest.raises(errors.PermissionDeniedError) as raised:
            lakehouse.sql(sql)
        assert raised.value.code == "LK-4010"


def test_authorization_binds_the_user(tmp_path: Path) -> None:
    config = LakehouseConfig(
        settings={"storage.data_root": tmp_path / "lake", "security.enable_authorization": True}
    )
    with dl.connect(config) as lakehouse:
        lakehouse.sql("CREATE TABLE secret AS SELECT 1 AS a")
        assert lakehouse.sql("SELECT * FROM secret").count() == 1
        with pytest.raises(errors.LakehouseError) as raised:
            lakehouse.sql("SELECT * FROM secret", user="mallory")
        assert raised.value.code in ("LK-2101", "LK-2012")


def test_a_failed_job_is_an_exception(lakehouse: dl.Lakehouse) -> None:
    jobs = lakehouse.ingestion
    source = {"host": "127.0.0.1", "port": 1, "database": "d", "table": "t", "username": "u"}
    job = jobs.register_job(
        {"source_type": "postgresql", "source_config": source, "target": "bronze.t"}
    )
    lakehouse.config.get_service_config("ingestion")
    run = jobs.start_job(job, wait=False)
    assert not run.finished
    assert jobs.stop_job(job) and not jobs.stop_job(job)
    stopped = jobs.get_job_status(job)
    assert stopped is not None and stopped.state == "cancelled"
    for wrong, code in [({"source_typ": "csv"}, "LK-5001"), ({"mode": "cdc"}, "LK-5003")]:
        with pytest.raises(errors.LakehouseError) as raised:
            jobs.register_job(
                {"source_type": "csv", "source_config": {"path": "x"}, "target": "b.t"} | wrong
            )
        assert raised.value.code == code
    with pytest.raises(errors.NotFoundError) as missing:
        jobs.start_job("nothing")
    assert missing.value.code == "LK-5010"


def test_a_missing_file_fails_the_job(lakehouse: dl.Lakehouse, tmp_path: Path) -> None:
    seen: list[JobRun] = []
    jobs = lakehouse.ingestion
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(b"PAR1 is not enough")
    job = jobs.register_job(
        {"source_type": "parquet", "source_config": {"path": str(bad)}, "target": "bronze.t"}
    )
    with pytest.raises(errors.JobFailedError) as raised:
        jobs.start_job(job, on_progress=seen.append)
    failure = raised.value
    assert failure.run.state == "failed" and failure.code == failure.run.error_code
    assert isinstance(failure.__cause__, errors.CorruptionError) and failure.kind == "Corruption"
    assert not failure.retryable and failure.hint == failure.run.error_hint
    assert seen[-1] == raised.value.run
    assert pickle.loads(pickle.dumps(raised.value)).code == raised.value.code
    assert [found.name for found in jobs.list_jobs()] == ["parquet_to_bronze_t"]
    jobs.remove_job(job)
    assert jobs.list_jobs() == []


def test_an_error_that_nobody_catches_shows_code_and_hint(run_python: Script) -> None:
    done = run_python("import data_lakehouse as dl; dl.connect('l').sql('SELECT * FROM nothing')")
    assert done.returncode == 1
    assert "NotFoundError: LK-2012: " in done.stderr
