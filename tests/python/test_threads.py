"""Threads, signals and forks."""

import threading
from collections.abc import Callable

import pytest
from conftest import PostgresServer, Script

import data_lakehouse as dl
from data_lakehouse.dataframe import Query
from data_lakehouse.errors import QueryTimeoutError

SLOW = "SELECT count(*) AS n FROM range(100000) AS a, range(20000) AS b WHERE a.range % 7 = b.range"
ENDLESS = "SELECT max(hash(a.range, b.range)) FROM range(10000000) AS a, range(10000000) AS b"


def in_threads(count: int, work: Callable[[int], None]) -> None:
    """Run ``work`` in several threads and raise what they raised."""
    failures: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_other_threads_go_on_while_a_statement_runs(lakehouse: dl.Lakehouse) -> None:
    worker = threading.Thread(target=lambda: lakehouse.sql(SLOW).collect())
    worker.start()
    steps = 0
    while worker.is_alive():
        steps += 1
    worker.join()
    assert steps > 10_000


def test_threads_read_and_write_side_by_side(lakehouse: dl.Lakehouse) -> None:
    lakehouse.sql("CREATE TABLE t (thread INTEGER, n INTEGER)")

    def work(number: int) -> None:
        for n in range(5):
            lakehouse.sql("INSERT INTO t VALUES (?, ?)", [number, n])
            mine = lakehouse.sql("SELECT count(*) AS n FROM t WHERE thread = ?", [number])
            assert mine.collect()[0].n == n + 1

    in_threads(8, work)
    # Appends that wait for the same version share a commit.
    assert lakehouse.table("t").count() == 40 and 0 < lakehouse.table("t").version <= 40


def test_one_result_may_be_read_by_several_threads(lakehouse: dl.Lakehouse) -> None:
    result = lakehouse.core.execute(Query("SELECT * FROM range(1000000)").request())
    rows: list[int] = []

    def work(_: int) -> None:
        while (batch := result.read_batch()) is not None:
            rows.append(batch.num_rows)

    in_threads(4, work)
    assert sum(rows) == 1_000_000


def test_a_statement_has_a_time_limit(lakehouse: dl.Lakehouse) -> None:
    with pytest.raises(QueryTimeoutError) as raised:
        lakehouse.sql(ENDLESS, timeout_ms=100).collect()
    assert raised.value.code == "LK-4022" and raised.value.retryable
    assert lakehouse.sql("SELECT 1").count() == 1


def test_a_statement_has_a_limit_of_memory(lakehouse: dl.Lakehouse) -> None:
    sql = "SELECT sum(len(l)) FROM (SELECT list(i) AS l FROM range(8000000) r(i) GROUP BY i % 3)"
    with pytest.raises(dl.LakehouseError) as raised:
        lakehouse.sql(sql, memory_bytes=32 * 2**20).collect()
    assert raised.value.code == "LK-4021" and "memory" in raised.value.hint
    assert lakehouse.sql(sql, memory_bytes=2**30).collect()[0][0] == 8_000_000


def test_a_statement_is_cancelled_from_another_thread(lakehouse: dl.Lakehouse) -> None:
    request = Query("SELECT * FROM range(1000000000000)").request()
    result = lakehouse.core.execute(request)
    threading.Timer(0.1, result.cancel).start()
    with pytest.raises(dl.LakehouseError) as raised:
        while result.read_batch() is not None:
            pass
    assert raised.value.code == "LK-4023"


INTERRUPTED = f"""
import os, signal, threading
import data_lakehouse as dl
lakehouse = dl.connect("lake")
frame = lakehouse.sql("{ENDLESS}")
timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
timer.start()
try:
    frame.collect()
except KeyboardInterrupt:
    print("interrupted", lakehouse.sql("SELECT 1 AS a").first())
"""


def test_ctrl_c_ends_the_statement(run_python: Script) -> None:
    done = run_python(INTERRUPTED)
    assert done.stdout == "interrupted Row(a=1)\n", done.stderr


HANDLED = INTERRUPTED.replace(
    "timer.start()", "signal.signal(signal.SIGINT, lambda *_: 1 / 0)\ntimer.start()"
).replace("KeyboardInterrupt", "ZeroDivisionError")


def test_what_a_signal_handler_raises_comes_through(run_python: Script) -> None:
    done = run_python(HANDLED)
    assert done.stdout == "interrupted Row(a=1)\n", done.stderr


JOB = """
import os, signal, sys, threading
import data_lakehouse as dl
jobs = dl.connect("lake").ingestion
source = {"host": "127.0.0.1", "port": int(sys.argv[1]), "database": "production",
          "table": "slow", "username": "user", "password": "password"}
config = {"source_type": "postgresql", "source_config": source, "target": "bronze.s"}
job = jobs.register_job(config)

def interrupt(run):
    if run.state == "running":
        os.kill(os.getpid(), signal.SIGINT)

try:
    jobs.start_job(job, on_progress=interrupt)
except KeyboardInterrupt:
    tables = dl.connect("lake").catalog.list_tables()
    print("interrupted", jobs.get_job_status(job).state, len(tables))
jobs.start_job(job, wait=False)  # the end of the process ends the run
"""


def test_ctrl_c_ends_the_job(run_python: Script, postgres: PostgresServer) -> None:
    postgres.execute(
        "CREATE OR REPLACE VIEW slow AS"
        " SELECT i, pg_sleep(0.1)::text AS s FROM generate_series(1, 100000) AS i",
        "production",
    )
    done = run_python(JOB, str(postgres.port))
    assert (done.returncode, done.stdout) == (0, "interrupted cancelled 0\n"), done.stderr


LAST = f"""
import threading, time
import data_lakehouse as dl
from data_lakehouse.dataframe import Query
lakehouse = dl.connect("lake")
sql = "SELECT * FROM range(1000000000000)"
result = lakehouse.core.execute(Query(sql).request())
result.read_batch()
stream = lakehouse.sql(sql).__arrow_c_stream__()
batches = lakehouse.sql(sql).to_batches()
next(batches)
thread = threading.Thread(target=lakehouse.sql("{ENDLESS}").collect, daemon=True)
thread.start()
time.sleep(0.3)
"""


def test_the_process_ends_while_statements_run(run_python: Script) -> None:
    done = run_python(LAST)
    assert done.returncode == 0, done.stderr


FORKED = """
import os, sys
import data_lakehouse as dl
lakehouse = dl.connect("lake")
lakehouse.sql("CREATE TABLE t AS SELECT 1 AS a")
frame = lakehouse.sql("SELECT * FROM t")
result = lakehouse.core.execute(frame._query.request())
child = os.fork()
if child == 0:
    code = 1
    try:
        for use in (frame.collect, lambda: lakehouse.table("t"), result.read_all):
            try:
                use()
            except dl.LakehouseError as error:
                assert error.code == "LK-7001", error
            else:
                raise AssertionError(use)
        again = dl.connect("lake")
        assert again is not lakehouse
        again.sql("INSERT INTO t VALUES (2)")
        assert again.table("t").count() == 2
        del frame, result, lakehouse
        again.close()
        code = 0
    finally:
        os._exit(code)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status), result.read_all().num_rows, frame.count())
"""


def test_a_forked_child_connects_anew(run_python: Script) -> None:
    done = run_python(FORKED)
    assert done.stdout == "0 1 2\n", done.stderr


def test_a_child_that_only_ends_ends(run_python: Script) -> None:
    script = LAST + "import os\nif os.fork() != 0:\n    print(os.wait()[1])"
    done = run_python(script)
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
