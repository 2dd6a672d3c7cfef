"""The process ``lakehouse serve`` and requests to it."""

from __future__ import annotations

import http.client
import json
import select
import signal
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / "build" / "bin" / "lakehouse"


#: In front of a command: the kernel ends it when the process that started it ends in any way, so
#: that a run of tests that is killed leaves no server behind.
ENDS_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")

ONE_AT_A_TIME = ("query.max_running=1", "query.max_waiting=0")


class Server:
    """The process, its port, and requests to it."""

    def __init__(self, folder: Path, *settings: str) -> None:
        self.root = folder / "lake"
        self.log = folder / "server.log"
        command = [str(BINARY), "--data-root", str(self.root), "--set", "server.port=0"]
        for setting in settings:
            command += ["--set", setting]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*ENDS_WITH_US, *command, "serve"], stdout=subprocess.PIPE, stderr=log, cwd=folder
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode()
        assert line.startswith("listening on "), line + self.said()
        self.url = line.split()[-1]
        self.port = int(self.url.rsplit(":", 1)[1])
        self.headers: dict[str, str] = {}

    def said(self) -> str:
        """Return what the server wrote to stderr."""
        return self.log.read_text()

    def connect(self, timeout: float = 60) -> http.client.HTTPConnection:
        """Return a new connection."""
        if self.url.startswith("https"):
            trusting = ssl._create_unverified_context()
            return http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=timeout, context=trusting
            )
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def raw(self, data: bytes, timeout: float = 30) -> bytes:
        """Send bytes and return all that comes until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as peer:
            peer.sendall(data)
            received = b""
            while piece := peer.recv(65536):
                received += piece
        return received

    def request(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers (names in lower case) and body of one answer."""
        sent = self.headers | {k.replace("_", "-"): v for k, v in headers.items()}
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        peer = self.connect()
        try:
            peer.request(method, path, data, sent)
            answer = peer.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, names, answer.read()
        finally:
            peer.close()

    def json(self, method: str, path: str, body: Any = None, status: int = 200, **h: str) -> Any:
        """Check the status; return the body's JSON."""
        got, _, data = self.request(method, path, body, **h)
        assert got == status, data
        return json.loads(data)

    def sql(self, sql: str, **fields: Any) -> Any:
        """Run a statement; return the JSON result."""
        return self.json("POST", "/v1/sql", {"sql": sql, **fields})

    def error(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        """Return status and error code of an answer that must be an error."""
        status, names, data = self.request(method, path, body, **headers)
        assert names["content-type"] == "application/json"
        error = json.loads(data)["error"]
        assert {"code", "kind", "message", "hint", "retryable", "request_id"} <= set(error)
        return status, error["code"]

    def begin(self, sql: str) -> http.client.HTTPConnection:
        """Start a statement that takes long; return its connection when it runs.

        The server runs one statement at a time and lets none wait (``ONE_AT_A_TIME``): a second one
        is refused while the first runs.
        """
        peer = self.connect()
        head = self.headers | {"Content-Type": "application/json"}
        peer.request("POST", "/v1/sql", json.dumps({"sql": sql}), head)
        for _ in range(3000):
            if b"LK-4020" in self.request("POST", "/v1/sql", {"sql": "SELECT 1"})[2]:
                return peer
            if select.select([peer.sock], [], [], 0.02)[0]:  # refused itself: ours was first
                peer.getresponse().read()
                peer.request("POST", "/v1/sql", json.dumps({"sql": sql}), head)
        raise AssertionError("the long statement never ran")

    def stop(self) -> int:
        """Ask it to end; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)
