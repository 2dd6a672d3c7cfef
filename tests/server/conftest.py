"""A running ``lakehouse serve`` of its own for each test that asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from server_process import Server


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Return a function that starts a server; every one is ended after the test."""
    servers: list[Server] = []

    def call(*settings: str) -> Server:
        folder = tmp_path / f"server{len(servers)}"
        folder.mkdir()
        servers.append(Server(folder, *settings))
        return servers[-1]

    yield call
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()
        assert server.process.stdout is not None
        server.process.stdout.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return one server for all tests of a module that only read or use their own names."""
    server = Server(tmp_path_factory.mktemp("shared"))
    yield server
    assert server.stop() == 0, server.said()
    assert server.process.stdout is not None
    server.process.stdout.close()
