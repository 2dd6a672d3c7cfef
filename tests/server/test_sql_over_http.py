"""POST /v1/sql: forms of the result, parameters, errors, statements in the background."""

from __future__ import annotations

import json
import time
from typing import Any

import pyarrow as pa
import pytest
from server_process import ONE_AT_A_TIME, Server

LONG = "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range + b.range = -1"


def test_json_has_columns_rows_and_counts(shared: Server) -> None:
    answer = shared.sql(
        "SELECT 1 AS n, 'a' AS t, 1.50::DECIMAL(9,2) AS d, [1, NULL] AS l, {'x': true} AS s,"
        " 'nan'::DOUBLE AS f, DATE '2024-01-31' AS day, NULL::INT AS z, MAP {'k': 2} AS m"
    )
    assert answer["columns"][0] == {"name": "n", "type": "INTEGER"}
    assert [c["type"] for c in answer["columns"][2:5]] == [
        "DECIMAL(9,2)",
        "INTEGER[]",
        "STRUCT(x BOOLEAN)",
    ]
    assert answer["rows"] == [
        [1, "a", "1.50", [1, None], {"x": True}, "nan", "2024-01-31", None, {"k": 2}]
    ]
    assert answer["row_count"] == 1 and answer["affected_rows"] is None
    assert answer["engine"] == "duckdb" and answer["query_id"]
    empty = shared.sql("SELECT 1 AS n WHERE false")
    assert empty["rows"] == [] and empty["columns"] == [{"name": "n", "type": "INTEGER"}]


def test_writes_and_definitions_say_what_they_did(shared: Server) -> None:
    made = shared.sql("CREATE TABLE written (n INT)")
    assert made["rows"] == [] and made["affected_rows"] is None
    answer = shared.sql("INSERT INTO written SELECT * FROM range(3)")
    assert answer["affected_rows"] == 3 and answer["rows"] == []
    lines = shared.request(
        "POST", "/v1/sql", {"sql": "INSERT INTO written VALUES (9)"}, Accept="application/x-ndjson"
    )[2]
    assert json.loads(lines) == {"affected_rows": 1}
    assert shared.sql("SELECT sum(n) FROM written")["rows"] == [["12"]]


def test_json_lines_and_arrow_stream_many_rows(shared: Server) -> None:
    query = {"sql": "SELECT range AS n, 'row ' || range AS t FROM range(200000)"}
    status, headers, data = shared.request("POST", "/v1/sql", query, Accept="application/x-ndjson")
    assert status == 200 and headers["content-type"] == "application/x-ndjson"
    lines = data.splitlines()
    assert len(lines) == 200_000 and json.loads(lines[-1]) == {"n": 199_999, "t": "row 199999"}
    accept = "application/vnd.apache.arrow.stream"
    status, headers, data = shared.request("POST", "/v1/sql", query, Accept=accept)
    assert status == 200 and headers["content-type"] == accept and headers["x-query-id"]
    table = pa.ipc.open_stream(data).read_all()
    assert table.num_rows == 200_000 and table.column("n")[199_999].as_py() == 199_999


def test_parameters_of_every_type(shared: Server) -> None:
    values: list[Any] = [
        None,
        True,
        9_007_199_254_740_993,
        1.5,
        "it's",
        {"type": "date", "value": "2024-02-29"},
        {"type": "timestamp", "value": "2024-02-29 10:11:12.5"},
        {"type": "timestamptz", "value": "2024-02-29T10:11:12Z"},
        {"type": "decimal", "value": "-12.50"},
        {"type": "binary", "value": "AGE="},
    ]
    names = ", ".join(f"${i + 1}" for i in range(len(values)))
    row = shared.sql(f"SELECT {names}", parameters=values)["rows"][0]
    assert row == [
        None,
        True,
        9_007_199_254_740_993,
        1.5,
        "it's",
        "2024-02-29",
        "2024-02-29 10:11:12.5",
        "2024-02-29 10:11:12+00",
        "-12.50",
        "\\x00a",
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sql": 1},
        {"sql": "SELECT 1", "sqll": 2},
        {"sql": "SELECT 1", "parameters": 1},
        {"sql": "SELECT ?", "parameters": [[1]]},
        {"sql": "SELECT ?", "parameters": [{"type": "date", "value": "tomorrow"}]},
        {"sql": "SELECT ?", "parameters": [{"type": "colour", "value": "red"}]},
        {"sql": "SELECT 1", "timeout_ms": -1},
        [1],
        b"{",
        b"[" * 100,
        b'{"sql": "\xff"}',
    ],
)
def test_wrong_bodies_are_named(shared: Server, body: Any) -> None:
    assert shared.error("POST", "/v1/sql", body) == (400, "LK-6003")


def test_errors_have_status_code_and_request(shared: Server) -> None:
    assert shared.error("POST", "/v1/sql", {"sql": "SELEC 1"}) == (400, "LK-4001")
    assert shared.error("POST", "/v1/sql", {"sql": "SELECT * FROM nowhere"}) == (404, "LK-2012")
    assert shared.error("POST", "/v1/sql", {"sql": "SELECT * FROM 'x.csv'"})[0] in (403, 404)
    slow = {"sql": LONG, "timeout_ms": 100}
    assert shared.error("POST", "/v1/sql", slow) == (504, "LK-4022")
    wanted = {"sql": "SELECT 1"}
    assert shared.error("POST", "/v1/sql", wanted, Accept="text/html") == (400, "LK-6014")
    assert shared.error("POST", "/v1/sql", b"x", Content_Type="text/plain") == (400, "LK-6014")
    _, headers, data = shared.request("POST", "/v1/sql", {"sql": "x"}, X_Request_Id="mine-1")
    assert headers["x-request-id"] == "mine-1"
    assert json.loads(data)["error"]["request_id"] == "mine-1"
    _, headers, _ = shared.request("GET", "/livez", X_Request_Id="no spaces allowed")
    assert headers["x-request-id"] != "no spaces allowed"


def test_a_stream_that_breaks_never_looks_whole(shared: Server) -> None:
    # The error comes late, when rows have been sent.
    breaking = (
        "SELECT CASE WHEN range = 5000000 THEN error('late')::INT ELSE 1 END FROM range(5000001)"
    )
    for accept in (
        "application/json",
        "application/x-ndjson",
        "application/vnd.apache.arrow.stream",
    ):
        try:
            status, _, data = shared.request("POST", "/v1/sql", {"sql": breaking}, Accept=accept)
        except Exception as broken:  # noqa: BLE001  IncompleteRead: the last chunk is missing
            assert type(broken).__name__ == "IncompleteRead"
            continue
        assert status >= 400, data[:200]


def test_schema_is_that_of_short_names(shared: Server) -> None:
    shared.sql("CREATE SCHEMA apart")
    shared.sql("CREATE TABLE apart.here AS SELECT 7 AS n")
    assert shared.sql("SELECT n FROM here", schema="apart")["rows"] == [[7]]
    assert shared.sql("SELECT n FROM here", schema="lake.apart")["rows"] == [[7]]
    body = {"sql": "SELECT n FROM here"}
    assert shared.error("POST", "/v1/sql", body) == (404, "LK-2012")
    both = {"sql": "SELECT 1", "schema": "apart", "async": True}
    assert shared.error("POST", "/v1/sql", both) == (501, "LK-6018")


def wait_for_end(server: Server, statement: str) -> Any:
    """Return the last status."""
    for _ in range(600):
        status = server.json("GET", f"/v1/statements/{statement}")
        if status["state"] != "running":
            return status
        time.sleep(0.05)
    raise AssertionError("it does not end")


def test_a_statement_runs_in_the_background(shared: Server) -> None:
    body = {"sql": "SELECT range AS n FROM range(1000)", "async": True}
    status, headers, data = shared.request("POST", "/v1/sql", body)
    started = json.loads(data)
    assert status == 202 and headers["location"] == started["url"]
    ended = wait_for_end(shared, started["id"])
    assert ended["state"] == "succeeded" and ended["row_count"] == 1000 and ended["progress"] == 1
    answer = shared.json("GET", ended["result_url"])
    assert answer["row_count"] == 1000 and answer["rows"][999] == [999]
    accept = "application/vnd.apache.arrow.stream"
    _, _, data = shared.request("GET", ended["result_url"], Accept=accept)
    assert pa.ipc.open_stream(data).read_all().num_rows == 1000
    listed = shared.json("GET", "/v1/statements")["statements"]
    assert started["id"] in [one["id"] for one in listed]
    assert shared.request("DELETE", started["url"])[0] == 204
    assert shared.error("GET", started["url"]) == (404, "LK-6012")


def test_events_tell_progress_and_end(shared: Server) -> None:
    body = {
        "sql": "SELECT count(*) FROM range(30000000) t WHERE hash(range) % 7 = 1",
        "async": True,
    }
    started = shared.json("POST", "/v1/sql", body, status=202)
    status, headers, data = shared.request("GET", started["url"] + "/events")
    assert status == 200 and headers["content-type"] == "text/event-stream"
    events = [event for event in data.decode().split("\n\n") if event.startswith("event:")]
    assert events[0].startswith(("event: progress\ndata: {", "event: end\ndata: {"))
    assert events[-1].startswith("event: end\ndata: {")
    end = json.loads(events[-1].split("data: ")[1])
    assert end["state"] == "succeeded"
    assert shared.error("GET", "/v1/statements/x/events") == (404, "LK-6012")


def test_a_statement_in_the_background_is_cancelled(shared: Server) -> None:
    started = shared.json("POST", "/v1/sql", {"sql": LONG, "async": True}, status=202)
    assert shared.error("GET", started["url"] + "/result") == (400, "LK-6016")
    assert shared.request("DELETE", started["url"])[0] == 204
    ended = wait_for_end(shared, started["id"])
    assert (ended["state"], ended["error"]["code"]) == ("cancelled", "LK-4023")
    assert shared.error("GET", started["url"] + "/result") == (499, "LK-4023")


def test_a_failed_statement_keeps_its_error(shared: Server) -> None:
    started = shared.json("POST", "/v1/sql", {"sql": "SELECT x", "async": True}, status=202)
    ended = wait_for_end(shared, started["id"])
    assert ended["state"] == "failed" and ended["error"]["code"] == "LK-4002"
    assert shared.error("GET", started["url"] + "/result") == (400, "LK-4002")


def test_limits_of_background_statements(start: Any) -> None:
    server = start(
        "server.max_statements=1", "server.max_result_size=100KiB", "server.statement_keep=0s"
    )
    body = {"sql": "SELECT repeat('x', 1000) FROM range(1000)", "async": True}
    started = server.json("POST", "/v1/sql", body, status=202)
    for _ in range(600):
        status, _, data = server.request("GET", started["url"])
        if status == 404 or json.loads(data)["state"] != "running":
            break
        time.sleep(0.05)
    first = server.json("POST", "/v1/sql", {"sql": LONG, "async": True}, status=202)
    assert server.error("POST", "/v1/sql", {"sql": "SELECT 1", "async": True}) == (429, "LK-6011")
    server.request("DELETE", first["url"])
    kept = start("server.max_result_size=100KiB")
    started = kept.json("POST", "/v1/sql", body, status=202)
    ended = wait_for_end(kept, started["id"])
    assert ended["state"] == "failed" and ended["error"]["code"] == "LK-6015"


def test_a_client_that_goes_away_cancels_its_statement(start: Any) -> None:
    server = start(*ONE_AT_A_TIME)
    server.begin(LONG).close()
    for _ in range(600):
        if server.request("POST", "/v1/sql", {"sql": "SELECT 1"})[0] == 200:
            return
        time.sleep(0.05)
    raise AssertionError("the statement still runs although its client is gone")
