"""Tables in a bucket of a real S3 server, by the program and by delta-rs, with faults between."""

from __future__ import annotations

import json
import os
import random
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import deltalake
import pyarrow as pa
import pytest
from fault_proxy import FaultProxy, Request
from s3_server import S3Server

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / "build" / "release" / "bin" / "lakehouse"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Start one server for all tests; each has a prefix of its own."""
    with S3Server(tmp_path_factory.mktemp("s3"), tls=True) as started:
        yield started


@pytest.fixture
def proxy(server: S3Server) -> Iterator[FaultProxy]:
    """Put a proxy in front of the server."""
    between = FaultProxy(server.endpoint)
    yield between
    between.stop()


class Lake:
    """A lakehouse in a bucket, used through the program; its state is a folder."""

    def __init__(self, folder: Path, server: S3Server, proxy: FaultProxy) -> None:
        self.folder = folder
        self.root = f"s3://lake/{uuid.uuid4()}"
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("LAKEHOUSE_", "AWS_"))}
        self.variables = kept | server.variables
        self.variables |= {
            "LAKEHOUSE_STORAGE_S3_ENDPOINT": proxy.endpoint,
            "LAKEHOUSE_STORAGE_DATA_ROOT": self.root,
            "LAKEHOUSE_STORAGE_STATE_DIRECTORY": str(folder / "state"),
        }
        self.options = {
            "AWS_ENDPOINT_URL": server.endpoint,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": server.access_key,
            "AWS_SECRET_ACCESS_KEY": server.secret_key,
            "AWS_REGION": "us-east-1",
            "conditional_put": "etag",
        }

    def start(self, *statements: str, **variables: str) -> subprocess.Popen[str]:
        """Start the program on the statements."""
        command = [str(BINARY), "sql", "-o", "jsonl", "-c", "; ".join(statements)]
        return subprocess.Popen(
            command,
            env=self.variables | variables,
            cwd=self.folder,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def fails(self, statement: str, **variables: str) -> str:
        """Run a statement that fails; return what was said."""
        process = self.start(statement, **variables)
        _, said = process.communicate(timeout=120)
        assert process.returncode != 0
        return said

    def sql(self, *statements: str, **variables: str) -> list[dict[str, object]]:
        """Run statements; return the rows of all of them."""
        process = self.start(*statements, **variables)
        out, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
        return [json.loads(line) for line in out.splitlines() if line.startswith("{")]

    def doctor(self, **variables: str) -> dict[str, str]:
        """Return the state that the doctor finds, by check."""
        done = subprocess.run(
            [str(BINARY), "--set", "server.port=0", "doctor", "--json"],
            env=self.variables | variables,
            cwd=self.folder,
            capture_output=True,
            check=False,
            timeout=120,
        )
        return {finding["check"]: finding["state"] for finding in json.loads(done.stdout)}

    def count(self, table: str) -> object:
        """Return the number of rows."""
        return self.sql(f"SELECT count(*) AS n FROM {table}")[0]["n"]

    def uri(self, table: str) -> str:
        """Return the location of a table."""
        return f"{self.root}/main/{table}"


@pytest.fixture
def lake(tmp_path: Path, server: S3Server, proxy: FaultProxy) -> Lake:
    """Return a lakehouse in a prefix of its own."""
    return Lake(tmp_path, server, proxy)


def test_a_table_lives_in_a_bucket(lake: Lake, server: S3Server) -> None:
    lake.sql(
        "CREATE TABLE t (id BIGINT, part VARCHAR) PARTITIONED BY (part)",
        "INSERT INTO t SELECT range, 'p' || range % 3 FROM range(30)",
        "INSERT INTO t VALUES (100, 'ä/b c')",
    )
    assert lake.count("t") == 31
    assert lake.sql("SELECT id FROM t WHERE part = 'ä/b c'") == [{"id": 100}]
    assert lake.sql("SELECT count(*) AS n FROM t VERSION AS OF 1") == [{"n": 30}]
    lake.sql("DELETE FROM t WHERE id < 10", "UPDATE t SET id = -id WHERE id = 100")
    assert lake.sql("SELECT min(id) AS a, count(*) AS n FROM t") == [{"a": -100, "n": 21}]
    lake.sql("INSERT OVERWRITE t SELECT 1, 'only'")
    assert lake.sql("SELECT * FROM t") == [{"id": 1, "part": "only"}]
    assert lake.sql("SELECT count(*) AS n FROM t VERSION AS OF 2") == [{"n": 31}]
    files = [path for path in server.data.rglob("*") if path.is_file()]
    assert any(path.name == f"{0:020}.json" for path in files)
    assert not any((lake.folder / "lakehouse-data").glob("**/*"))


def test_the_doctor_examines_a_bucket(lake: Lake, server: S3Server) -> None:
    lake.sql("CREATE TABLE t (id BIGINT)", "INSERT INTO t VALUES (1)")
    before = sorted(path for path in server.data.rglob("*") if path.is_file())
    found = lake.doctor()
    worst = {check: state for check, state in found.items() if state == "problem"}
    assert not worst
    for check in ("put-if-absent", "temporary files", "metadata store", "tables"):
        assert found[check] == "ok"
    assert sorted(path for path in server.data.rglob("*") if path.is_file()) == before
    wrong = lake.doctor(AWS_SECRET_ACCESS_KEY="wrong")
    assert wrong["put-if-absent"] == "problem" and wrong["tables"] == "problem"


def test_checkpoints_are_written_and_read(lake: Lake, proxy: FaultProxy) -> None:
    inserts = [f"INSERT INTO t VALUES ({number})" for number in range(12)]
    lake.sql("CREATE TABLE t (id BIGINT)", *inserts)
    written = [r.path for r in proxy.take() if r.method == "PUT" and "checkpoint" in r.path]
    assert any(path.endswith(f"{10:020}.checkpoint.parquet") for path in written)
    assert lake.sql("SELECT CAST(sum(id) AS BIGINT) AS s FROM t") == [{"s": 66}]
    read = [r.path for r in proxy.take() if r.method == "GET"]
    assert any(path.endswith(".checkpoint.parquet") for path in read)
    assert not any(path.endswith(f"{3:020}.json") for path in read)
    assert deltalake.DeltaTable(lake.uri("t"), storage_options=lake.options).version() == 12


def test_delta_rs_and_we_read_and_write_one_table(lake: Lake) -> None:
    lake.sql("CREATE TABLE t AS SELECT range AS id, 'n' || range AS name FROM range(100)")
    table = deltalake.DeltaTable(lake.uri("t"), storage_options=lake.options)
    rows = table.to_pyarrow_table().sort_by("id").to_pylist()
    assert rows == [{"id": number, "name": f"n{number}"} for number in range(100)]
    more = pa.table({"id": pa.array([1000], pa.int64()), "name": ["theirs"]})
    deltalake.write_deltalake(lake.uri("t"), more, mode="append", storage_options=lake.options)
    assert lake.sql("SELECT name FROM t WHERE id = 1000") == [{"name": "theirs"}]
    lake.sql("INSERT INTO t VALUES (1001, 'ours')")
    table.update_incremental()
    assert table.version() == 2 and table.to_pyarrow_table().num_rows == 102


def test_a_table_of_delta_rs_is_read_by_its_place(lake: Lake) -> None:
    place = f"s3://lake/{uuid.uuid4()}/theirs"
    rows = pa.table({"id": [1, 2, 3], "p": ["a", "b", "b"]})
    deltalake.write_deltalake(place, rows, partition_by=["p"], storage_options=lake.options)
    allowed = {"LAKEHOUSE_STORAGE_ALLOWED_LOCATIONS": place.rsplit("/", 1)[0]}
    query = f"SELECT CAST(sum(id) AS BIGINT) AS s FROM delta.`{place}` WHERE p = 'b'"
    assert lake.sql(query, **allowed) == [{"s": 5}]
    assert lake.sql(query.replace("s3://", "s3a://"), **allowed) == [{"s": 5}]
    assert "LK-8009" in lake.fails(query)


def test_a_query_asks_for_the_footer_and_the_columns_it_needs(
    lake: Lake, proxy: FaultProxy
) -> None:
    columns = ", ".join(f"hash(range * {i + 7}) AS c{i}" for i in range(20))
    lake.sql(f"CREATE TABLE t AS SELECT range AS id, {columns} FROM range(100000)")
    proxy.take()
    lake.sql("SELECT sum(c3::HUGEINT) AS s FROM t WHERE id >= 0")
    seen = proxy.take()
    data = [r for r in seen if ".parquet" in r.path and "_delta_log" not in r.path]
    assert [r.method for r in data] == ["GET"] * len(data), "no HEAD: the log says the size"
    # Per file: the footer, and for the one row group columns id and c3.
    assert len(data) <= 3 * len({r.path for r in data})
    log = [r for r in seen if r not in data]
    assert len(log) <= 8, log


def test_the_local_cache_answers_the_second_query(lake: Lake, proxy: FaultProxy) -> None:
    lake.sql("CREATE TABLE t AS SELECT range AS id, hash(range) AS h FROM range(200000)")
    cached = {"LAKEHOUSE_STORAGE_CACHE_SIZE": "64MiB"}
    first = lake.sql("SELECT sum(h::HUGEINT) AS s FROM t", **cached)
    proxy.take()
    assert lake.sql("SELECT sum(h::HUGEINT) AS s FROM t", **cached) == first
    assert [r for r in proxy.take() if "_delta_log" not in r.path and ".parquet" in r.path] == []
    assert list((lake.folder / "state" / "cache").glob("??/*"))


def test_statements_survive_a_bad_network(lake: Lake, proxy: FaultProxy) -> None:
    chance = random.Random(5)
    kinds = ["busy", "reset", "delay", "cut", "lose"]

    def fault(request: Request) -> str | None:
        # A put-if-absent may be refused or delayed; what happens to a lost one is the next test.
        some = kinds[:1] + kinds[2:3] if request.method == "PUT" else kinds
        return chance.choice(some) if chance.random() < 0.15 else None

    proxy.fault = fault
    lake.sql("CREATE TABLE t (id BIGINT)")
    for number in range(6):
        lake.sql(f"INSERT INTO t SELECT range + {number * 1000} FROM range(1000)")
    assert lake.sql("SELECT count(*) AS n, CAST(sum(id) AS BIGINT) AS s FROM t") == [
        {"n": 6000, "s": 17997000}
    ]
    assert proxy.faults > 10


@pytest.mark.parametrize("effect", ["lose", "cut"])
def test_a_lost_reply_of_a_commit_is_settled_once(
    lake: Lake, proxy: FaultProxy, effect: str
) -> None:
    lake.sql("CREATE TABLE t (id BIGINT)")
    left = [2]

    def fault(request: Request) -> str | None:
        if request.method != "PUT" or not request.path.endswith(".json") or left[0] == 0:
            return None
        left[0] -= 1
        return effect

    proxy.fault = fault
    lake.sql("INSERT INTO t VALUES (1)")
    lake.sql("INSERT INTO t VALUES (2)")
    assert left == [0]
    assert lake.sql("SELECT id FROM t ORDER BY id") == [{"id": 1}, {"id": 2}]
    assert deltalake.DeltaTable(lake.uri("t"), storage_options=lake.options).version() == 2


def test_a_lost_reply_of_a_data_file_is_settled(lake: Lake, proxy: FaultProxy) -> None:
    lake.sql("CREATE TABLE t (id BIGINT)")
    proxy.fault = lambda r: "lose" if r.method == "PUT" and ".parquet" in r.path else None
    lake.sql("INSERT INTO t VALUES (1)")
    # A kept connection that is reset is one more attempt.
    assert proxy.faults in (1, 2)
    assert lake.count("t") == 1


def test_a_commit_that_never_arrived_is_unknown(lake: Lake, proxy: FaultProxy) -> None:
    lake.sql("CREATE TABLE t (id BIGINT)")
    proxy.fault = lambda r: "reset" if r.method == "PUT" and r.path.endswith(".json") else None
    said = lake.fails("INSERT INTO t VALUES (1)")
    assert proxy.faults in (1, 2) and "LK-4014" in said, said
    proxy.fault = lambda r: None
    assert lake.count("t") == 0


def test_processes_append_at_once(lake: Lake) -> None:
    lake.sql("CREATE TABLE t (id BIGINT)")
    inserts = [f"INSERT INTO t VALUES ({number})" for number in range(5)]
    writers = [lake.start(*inserts) for _ in range(4)]
    for writer in writers:
        _, said = writer.communicate(timeout=120)
        assert writer.returncode == 0, said
    assert lake.sql("SELECT count(*) AS n, CAST(sum(id) AS BIGINT) AS s FROM t") == [
        {"n": 20, "s": 40}
    ]


def test_no_secret_is_shown(lake: Lake, server: S3Server) -> None:
    secret = {
        "LAKEHOUSE_STORAGE_S3_ACCESS_KEY_ID": server.access_key,
        "LAKEHOUSE_STORAGE_S3_SECRET_ACCESS_KEY": "not-the-secret",
        "LAKEHOUSE_MONITORING_LOG_LEVEL": "debug",
    }
    said = lake.fails("SELECT 1 FROM delta.`" + lake.root + "/x`", **secret)
    assert "LK-8013" in said and "not-the-secret" not in said
    said = lake.fails("SELECT 1 FROM delta.`" + lake.root + "/x`", AWS_ACCESS_KEY_ID="")
    assert "LK-8013" in said


def test_certificates_are_checked(lake: Lake, server: S3Server) -> None:
    tls = {"LAKEHOUSE_STORAGE_S3_ENDPOINT": server.tls_endpoint}
    said = lake.fails("CREATE TABLE t AS SELECT 1 AS id", **tls)
    assert "LK-8011" in said and "certificate" in said
    tls["LAKEHOUSE_STORAGE_S3_CA_FILE"] = str(server.certificate)
    lake.sql("CREATE TABLE t AS SELECT 1 AS id", **tls)
    assert lake.sql("SELECT id FROM t", **tls) == [{"id": 1}]
