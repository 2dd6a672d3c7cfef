"""A proxy in front of an S3 server that counts requests and breaks them on purpose."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True)
class Request:
    """What a client asked: method, path with query, and the value of Range."""

    method: str
    path: str
    range: str


# What happens to a request: None forwards it.
#   "reset"   the connection is reset and the server never sees the request
#   "lose"    the server carries it out, and the connection is reset instead of the reply
#   "cut"     half of the reply arrives
#   "busy"    503 SlowDown, the server never sees it
#   "delay"   it waits a little first
Fault = Callable[[Request], str | None]

BUSY = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


class FaultProxy:
    """Listens on a free loopback port and forwards to ``endpoint``."""

    def __init__(self, endpoint: str) -> None:
        host, port = endpoint.removeprefix("http://").split(":")
        self._upstream = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._seen: list[Request] = []
        self.fault: Fault = lambda request: None
        self.faults = 0
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def take(self) -> list[Request]:
        """Return the requests since the last call."""
        with self._lock:
            seen, self._seen = self._seen, []
            return seen

    def stop(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        upstream = socket.create_connection(self._upstream)
        upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with client, upstream, client.makefile("rb") as asked, upstream.makefile("rb") as answered:
            try:
                while self._exchange(client, asked, upstream, answered):
                    pass
            except OSError:
                return

    def _exchange(
        self, client: socket.socket, asked: BinaryIO, upstream: socket.socket, answered: BinaryIO
    ) -> bool:
        first, headers, head = _read_head(asked)
        if not first:
            return False
        body = asked.read(int(headers.get("content-length", "0")))
        method, path, _ = first.split(" ", 2)
        request = Request(method, path, headers.get("range", ""))
        with self._lock:
            self._seen.append(request)
            fault = self.fault(request)
            self.faults += fault is not None
        if fault == "reset":
            return _reset(client)
        if fault == "busy":
            lines = f"HTTP/1.1 503 Slow Down\r\nContent-Length: {len(BUSY)}\r\n\r\n"
            client.sendall(lines.encode() + (b"" if method == "HEAD" else BUSY))
            return True
        if fault == "delay":
            time.sleep(0.05)
        upstream.sendall(head + body)
        reply = _read_reply(answered, method)
        if fault == "lose":
            return _reset(client)
        if fault == "cut":
            client.sendall(reply[: len(reply) // 2])
            return _reset(client)
        client.sendall(reply)
        return True


def _reset(client: socket.socket) -> bool:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def _read_head(stream: BinaryIO) -> tuple[str, dict[str, str], bytes]:
    lines = []
    while (line := stream.readline()) not in (b"\r\n", b""):
        lines.append(line)
    if not lines:
        return "", {}, b""
    text = [line.decode("latin-1").strip() for line in lines]
    headers = {}
    for field in text[1:]:
        name, _, value = field.partition(":")
        headers[name.lower()] = value.strip()
    return text[0], headers, b"".join(lines) + b"\r\n"


def _read_reply(stream: BinaryIO, method: str) -> bytes:
    first, headers, head = _read_head(stream)
    status = int(first.split(" ")[1])
    if method == "HEAD" or status in (204, 304):
        return head
    if headers.get("transfer-encoding", "") != "chunked":
        return head + stream.read(int(headers.get("content-length", "0")))
    body = b""
    while True:
        size_line = stream.readline()
        body += size_line + stream.read(int(size_line.split(b";")[0], 16) + 2)
        if int(size_line.split(b";")[0], 16) == 0:
            return head + body
