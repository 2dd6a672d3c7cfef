"""``lakehouse serve``: probes, jobs, tables, tokens, TLS, limits, how it starts and ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from server_process import BINARY, ENDS_WITH_US, ONE_AT_A_TIME, Server

LONG = "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range + b.range = -1"


def test_probes_and_metrics(shared: Server) -> None:
    assert shared.json("GET", "/livez") == {"status": "alive"}
    for _ in range(100):
        status, _, data = shared.request("GET", "/readyz")
        if status == 200:
            break
        time.sleep(0.05)
    ready = json.loads(data)
    assert ready["status"] == "ready"
    assert {c["name"] for c in ready["components"]} == {"server", "metadata", "storage", "engine"}
    status, headers, text = shared.request("GET", "/metrics")
    assert status == 200 and headers["content-type"].startswith("text/plain; version=0.0.4")
    assert b'lakehouse_server_requests_total{route="/livez",status="200"}' in text
    assert shared.json("GET", "/v1/version")["version"]
    status, headers, data = shared.request("HEAD", "/livez")
    assert status == 200 and data == b"" and int(headers["content-length"]) > 0


def test_unknown_routes_and_methods(shared: Server) -> None:
    status, _, data = shared.request("GET", "/v1/tabels")
    assert status == 404 and "/v1/tables" in json.loads(data)["error"]["hint"]
    assert shared.error("GET", "/") == (404, "LK-6001")
    status, headers, data = shared.request("PUT", "/v1/sql", {})
    assert status == 405 and headers["allow"] == "POST"
    assert json.loads(data)["error"]["code"] == "LK-6002"
    status, headers, _ = shared.request("OPTIONS", "/v1/jobs")
    assert status == 204 and headers["allow"] == "GET, POST"


def test_the_openapi_document_has_every_route(shared: Server) -> None:
    document = shared.json("GET", "/openapi.json")
    assert document["openapi"] == "3.1.0"
    assert {"/v1/sql", "/v1/jobs/{id}/runs", "/v1/tables/{name}", "/readyz"} <= set(
        document["paths"]
    )
    schemas = document["components"]["schemas"]

    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if "$ref" in node else []
            return own + [r for child in node.values() for r in references(child)]
        if isinstance(node, list):
            return [r for child in node for r in references(child)]
        return []

    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in schemas


def test_tables(shared: Server) -> None:
    shared.sql("CREATE SCHEMA shown")
    shared.sql("CREATE TABLE shown.t (n INT, s VARCHAR) COMMENT 'few rows'")
    shared.sql("INSERT INTO shown.t VALUES (1, 'a'), (2, 'b')")
    shared.sql("CREATE VIEW shown.v AS SELECT n FROM shown.t")
    tables = shared.json("GET", "/v1/tables?schema=shown")["tables"]
    assert [(t["name"], t["kind"]) for t in tables] == [
        ("lake.shown.t", "table"),
        ("lake.shown.v", "view"),
    ]
    table = shared.json("GET", "/v1/tables/shown.t")
    assert table["version"] == 1 and table["rows"] == 2 and table["comment"] == "few rows"
    assert [c["name"] for c in table["columns"]] == ["n", "s"]
    assert "SELECT n" in shared.json("GET", "/v1/tables/shown.v")["sql"]
    history = shared.json("GET", "/v1/tables/shown.t/history")["history"]
    assert [entry["version"] for entry in history] == [1, 0]
    assert shared.error("GET", "/v1/tables/shown.tt") == (404, "LK-2012")


def test_jobs(shared: Server, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("n,s\n1,a\n2,b\n")
    job = {
        "name": "rows",
        "source_type": "csv",
        "source_config": {"path": str(tmp_path / "rows.csv")},
        "target": "main.loaded",
    }
    made = shared.json("POST", "/v1/jobs", job, status=201)
    assert shared.json("POST", "/v1/jobs", job, status=201) == made
    run = shared.json("POST", "/v1/jobs/rows/start", {}, status=202)["run_id"]
    for _ in range(600):
        shown = shared.json("GET", f"/v1/jobs/{made['id']}")
        if shown["last_run"] and shown["last_run"]["state"] not in ("pending", "running"):
            break
        time.sleep(0.05)
    assert shown["last_run"]["state"] == "succeeded", shown
    assert shown["last_run"]["run_id"] == run
    assert shown["last_run"]["metrics"]["rows_written"] == 2
    runs = shared.json("GET", "/v1/jobs/rows/runs?limit=5")["runs"]
    assert [one["run_id"] for one in runs] == [run]
    assert shared.error("GET", "/v1/jobs/rows/runs?limit=x") == (400, "LK-6003")
    assert [j["name"] for j in shared.json("GET", "/v1/jobs")["jobs"]] == ["rows"]
    assert shared.json("POST", "/v1/jobs/rows/stop", {}) == {"stopped": False}
    assert shared.sql("SELECT count(*) FROM loaded")["rows"] == [[2]]
    assert shared.request("DELETE", "/v1/jobs/rows")[0] == 204
    assert shared.error("GET", "/v1/jobs/rows") == (404, "LK-5010")
    assert shared.error("POST", "/v1/jobs", {"source_type": "csv"}) == (400, "LK-5001")


def test_tokens_are_asked_for(start: Any) -> None:
    server = start("security.enable_authentication=true", "security.enable_authorization=true")
    line = next(one for one in server.said().splitlines() if "shown this once" in one)
    admin = line.rsplit(" ", 1)[1]
    assert admin.startswith("lkt_")
    for path in ("/v1/tables", "/metrics", "/v1/tokens"):
        status, headers, data = server.request("GET", path)
        assert status == 401 and headers["www-authenticate"].startswith("Bearer")
        assert json.loads(data)["error"]["code"] == "LK-6006"
    assert server.request("GET", "/livez")[0] == 200
    wrong = {"Authorization": "Bearer lkt_wrong"}
    assert server.request("GET", "/v1/tables", **wrong)[0] == 401
    server.headers = {"Authorization": f"Bearer {admin}"}
    assert server.json("GET", "/v1/tables") == {"tables": []}
    server.sql("CREATE TABLE main.secret AS SELECT 1 AS n")
    made = server.json("POST", "/v1/tokens", {"principal": "ann", "roles": ["reader"]}, status=201)
    listed = server.json("GET", "/v1/tokens")["tokens"]
    assert {t["principal"] for t in listed} == {"admin", "ann"}
    assert made["token"] not in json.dumps(listed)
    odd = {"principal": "a b"}
    assert server.error("POST", "/v1/tokens", odd) == (400, "LK-2110")

    server.headers = {"Authorization": f"Bearer {made['token']}"}
    select = {"sql": "SELECT * FROM secret"}
    assert server.error("POST", "/v1/sql", select) == (403, "LK-2101")
    assert server.error("GET", "/v1/tokens") == (403, "LK-2101")
    server.headers = {"Authorization": f"Bearer {admin}"}
    assert server.request("DELETE", f"/v1/tokens/{made['id']}")[0] == 204
    assert server.error("DELETE", f"/v1/tokens/{made['id']}") == (404, "LK-2017")
    server.headers = {"Authorization": f"Bearer {made['token']}"}
    assert server.request("GET", "/v1/tables")[0] == 401
    assert admin not in (server.root / "_lakehouse" / "audit.jsonl").read_text()


def test_the_bootstrap_token_is_shown_once(start: Any, tmp_path: Path) -> None:
    server = start("security.enable_authentication=true")
    assert "shown this once" in server.said()
    assert server.stop() == 0
    audit = (server.root / "_lakehouse" / "audit.jsonl").read_text().splitlines()
    record = next(r for r in map(json.loads, audit) if r["action"] == "create_token")
    assert record["allowed"] and record["reason"] == "first start with authentication"
    command = [*ENDS_WITH_US, str(BINARY), "--data-root", str(server.root)]
    command += ["--set", "server.port=0", "--set", "security.enable_authentication=true", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as again:
        assert again.stdout is not None and again.stderr is not None
        again.stdout.readline()
        again.send_signal(signal.SIGTERM)
        assert "shown this once" not in again.stderr.read().decode()
        assert again.wait(timeout=60) == 0
    base = [str(BINARY), "--data-root", str(server.root), "token"]
    made = subprocess.run([*base, "create", "ann", "--expires", "1d"], capture_output=True)
    assert made.returncode == 0 and made.stdout.startswith(b"lkt_")
    for odd in ("soon", "0s", "-1d", "1 year"):
        refused = subprocess.run([*base, "create", "bob", f"--expires={odd}"], capture_output=True)
        assert refused.returncode == 1 and b"LK-1002" in refused.stderr, refused
    listed = subprocess.run([*base, "list", "-o", "json"], capture_output=True)
    tokens = {t["principal"]: t for t in json.loads(listed.stdout)}
    assert set(tokens) == {"admin", "ann"}
    assert tokens["ann"]["expires"] != "never" and tokens["admin"]["expires"] == "never"
    refused = subprocess.run([*base, "revoke", tokens["ann"]["id"]], capture_output=True)
    assert b"LK-9011" in refused.stderr  # it asks, and nobody is there
    revoked = subprocess.run([*base, "revoke", tokens["ann"]["id"], "--yes"], capture_output=True)
    assert revoked.returncode == 0
    assert subprocess.run([*base, "revoke", "zz", "--yes"], capture_output=True).returncode == 3


def test_only_loopback_names_without_authentication(shared: Server) -> None:
    assert shared.error("GET", "/v1/tables", Host="evil.example") == (403, "LK-6019")
    assert shared.request("GET", "/v1/tables", Host=f"localhost:{shared.port}")[0] == 200


def test_pages_of_other_sites_are_refused_without_authentication(shared: Server) -> None:
    job = {"name": "far", "source_type": "csv", "source_config": {"path": "x"}, "target": "t"}
    shared.json("POST", "/v1/jobs", job, status=201)
    for origin in ("http://evil.example", "http://localhost.evil.example", "null", "localhost"):
        for method, path in (
            ("POST", "/v1/jobs/far/start"),
            ("POST", "/v1/jobs/far/stop"),
            ("POST", "/v1/sql"),
            ("DELETE", "/v1/jobs/far"),
            ("GET", "/v1/tables"),
        ):
            refused = shared.error(method, path, Origin=origin)
            assert refused == (403, "LK-6019"), (origin, method, path)
    for origin in ("http://localhost:3000", "https://127.0.0.1", "http://[::1]:8443"):
        assert shared.request("POST", "/v1/jobs/far/stop", Origin=origin)[0] == 200
    assert shared.json("GET", "/v1/jobs/far/runs")["runs"] == []
    assert shared.request("DELETE", "/v1/jobs/far")[0] == 204


def fails_to_start(tmp_path: Path, *settings: str) -> tuple[int, str]:
    command = [str(BINARY), "--data-root", str(tmp_path / "lake")]
    for setting in settings:
        command += ["--set", setting]
    done = subprocess.run([*command, "serve"], capture_output=True, timeout=60, check=False)
    return done.returncode, done.stderr.decode()


def test_what_keeps_it_from_starting(shared: Server, tmp_path: Path) -> None:
    code, said = fails_to_start(tmp_path, f"server.port={shared.port}")
    assert code == 1 and "LK-6013" in said
    code, said = fails_to_start(tmp_path, "server.host=0.0.0.0", "server.port=0")
    assert code == 4 and "LK-6008" in said
    code, said = fails_to_start(tmp_path, "server.host=nowhere.example")
    assert code == 4 and "LK-6008" in said
    code, said = fails_to_start(tmp_path, "server.port=0", "server.tls_certificate=none.pem")
    assert code == 1 and "LK-6007" in said
    (tmp_path / "bad.pem").write_text("this is no certificate")
    tls = [f"server.tls_certificate={tmp_path}/bad.pem", f"server.tls_key={tmp_path}/bad.pem"]
    code, said = fails_to_start(tmp_path, "server.port=0", *tls)
    assert code == 1 and "LK-6007" in said


def test_tls(start: Any, tmp_path: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        + ["-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "1"]
        + ["-subj", "/CN=localhost"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    files = [f"server.tls_certificate={tmp_path}/cert.pem", f"server.tls_key={tmp_path}/key.pem"]
    server = start(*files)
    assert server.url.startswith("https://")
    assert server.json("GET", "/livez") == {"status": "alive"}
    assert server.sql("SELECT count(*) FROM range(200000)")["rows"] == [[200_000]]
    plain = server.raw(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"alive" not in plain
    assert server.request("GET", "/livez")[0] == 200
    assert server.stop() == 0, server.said()


GET = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n"


def test_requests_that_are_no_requests(shared: Server) -> None:
    for data in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /livez HTTP/9.1\r\nHost: localhost\r\n\r\n",
        b"POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /?" + b"&".join(b"a%d=1" % i for i in range(100)) + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    ):
        answer = shared.raw(data)
        assert answer.startswith(b"HTTP/1.1 400 "), (data, answer)
        assert b"LK-6009" in answer and b"Connection: close" in answer
    assert shared.request("GET", "/livez")[0] == 200


def test_limits_on_header_and_body(start: Any) -> None:
    server = start("server.max_header_size=4KiB", "server.max_body_size=10KiB")
    answer = server.raw(GET + b"X: " + b"x" * 8192 + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 431 ") and b"LK-6004" in answer
    assert server.error("POST", "/v1/sql", {"sql": "x" * 20_000}) == (413, "LK-6004")
    head = b"POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n"
    assert server.raw(head).startswith(b"HTTP/1.1 413 ")
    expect = b"POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    expect += b"Connection: close\r\nExpect: 100-continue\r\nContent-Length: 19\r\n\r\n"
    answer = server.raw(expect + b'{"sql": "SELECT 1"}')
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_a_slow_request_is_cut_off_and_an_idle_connection_closed(start: Any) -> None:
    server = start("server.request_timeout=300ms", "server.idle_timeout=400ms")
    answer = server.raw(GET)  # its end never comes
    assert answer.startswith(b"HTTP/1.1 408 ") and b"LK-6005" in answer
    assert server.raw(b"") == b""
    assert server.raw(GET + b"\r\n").startswith(b"HTTP/1.1 200 OK")  # then idle, then closed


def open_connections(server: Server) -> float:
    """Return the gauge of open connections; the one that asks is among them."""
    text = server.request("GET", "/metrics")[2].decode()
    name = "lakehouse_server_connections "
    return float(next(line[len(name) :] for line in text.splitlines() if line.startswith(name)))


def test_the_gauge_of_connections_falls_when_they_close(start: Any) -> None:
    server = start()
    idle = [server.connect() for _ in range(5)]
    for one in idle:
        one.connect()
    for expected in (6, 1):
        for _ in range(200):
            if open_connections(server) == expected:
                break
            time.sleep(0.05)
        assert open_connections(server) == expected
        for one in idle:
            one.close()


def test_connections_are_kept_and_their_number_is_limited(start: Any) -> None:
    server = start("server.max_connections=2")
    peers = [server.connect() for _ in range(2)]
    for peer in peers:
        for _ in range(3):
            peer.request("GET", "/livez")
            assert peer.getresponse().read()
    answer = server.raw(GET + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 503 ") and b"LK-6010" in answer
    for peer in peers:
        peer.close()
    for _ in range(100):
        if server.raw(GET + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200 OK"):
            return
        time.sleep(0.05)
    raise AssertionError("closed connections still count")


def test_many_idle_connections_do_not_block(shared: Server) -> None:
    idle = [socket.create_connection(("127.0.0.1", shared.port)) for _ in range(200)]
    try:
        assert shared.sql("SELECT 1")["rows"] == [[1]]
    finally:
        for one in idle:
            one.close()


def test_probes_answer_while_every_worker_is_busy(start: Any) -> None:
    server = start("server.worker_threads=1", "server.drain_timeout=100ms")
    peer = server.connect()
    head = {"Content-Type": "application/json"}
    peer.request("POST", "/v1/sql", json.dumps({"sql": LONG}), head)
    time.sleep(0.2)
    assert server.json("GET", "/livez") == {"status": "alive"}
    assert server.request("GET", "/readyz")[0] in (200, 503)
    peer.close()


def test_running_requests_end_before_the_server(start: Any) -> None:
    server = start("server.drain_timeout=5m")
    peer = server.connect()
    query = {"sql": "SELECT range, md5(range::VARCHAR) FROM range(1500000)"}
    head = {"Content-Type": "application/json", "Accept": "application/x-ndjson"}
    peer.request("POST", "/v1/sql", json.dumps(query), head)
    answer = peer.getresponse()
    server.process.send_signal(signal.SIGTERM)
    assert len(answer.read().splitlines()) == 1_500_000
    assert server.process.wait(timeout=60) == 0, server.said()
    with pytest.raises(OSError):
        server.connect().request("GET", "/livez")


def test_readiness_ends_before_the_server_does(start: Any) -> None:
    server = start("server.stop_grace=1s")
    server.process.send_signal(signal.SIGTERM)
    for _ in range(100):
        status, _, data = server.request("GET", "/readyz")
        if b"LK-6017" in data:
            break
        time.sleep(0.005)
    assert status == 503 and b"LK-6017" in data
    assert server.sql("SELECT 1")["rows"] == [[1]]
    assert server.process.wait(timeout=60) == 0


def test_what_does_not_end_in_time_is_cancelled(start: Any) -> None:
    server = start("server.drain_timeout=300ms", *ONE_AT_A_TIME)
    peer = server.begin(LONG)
    server.process.send_signal(signal.SIGTERM)
    answer = peer.getresponse()
    assert answer.status == 499 and json.loads(answer.read())["error"]["code"] == "LK-4023"
    assert server.process.wait(timeout=60) == 0, server.said()


def test_a_second_signal_ends_at_once(start: Any) -> None:
    server = start(*ONE_AT_A_TIME)
    peer = server.begin(LONG)
    server.process.send_signal(signal.SIGINT)
    for _ in range(3000):
        if "ending" in server.said():
            break
        time.sleep(0.01)
    assert server.process.poll() is None
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(timeout=60) == 130
    peer.close()


def test_a_server_ends_with_the_run_of_tests_that_started_it(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys, server_process\n"
        "server = server_process.Server(pathlib.Path(sys.argv[1]))\n"
        "print(server.port, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent,
    ) as run:
        assert run.stdout is not None
        port = int(run.stdout.readline())
        socket.create_connection(("127.0.0.1", port)).close()
        run.kill()
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.05)
    raise AssertionError("the server outlived the process that started it")
