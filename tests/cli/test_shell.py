"""The shell on a pseudo terminal."""

from __future__ import annotations

import os
import pty
import select
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

BINARY = Path(__file__).resolve().parents[2] / "build" / "bin" / "lakehouse"


class Terminal:
    """A shell in a terminal of its own."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.primary, secondary = pty.openpty()
        environment = dict(os.environ, XDG_STATE_HOME=str(self.state), TERM="dumb")
        command = [str(BINARY), "--data-root", str(folder / "lake")]
        self.process = subprocess.Popen(
            command,
            stdin=secondary,
            stdout=secondary,
            stderr=secondary,
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: _own_terminal(secondary),
        )
        os.close(secondary)
        self.unread = ""
        self.wait_for("lakehouse>")

    def send(self, text: str) -> None:
        """Type ``text``."""
        os.write(self.primary, text.encode())

    def wait_for(self, expected: str, seconds: float = 60) -> str:
        """Read until ``expected`` was printed; return all up to it, and keep what came after."""
        text = self.unread
        end = time.monotonic() + seconds
        while expected not in text:
            ready, _, _ = select.select([self.primary], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{expected!r} did not come; there is {text!r}"
            text += os.read(self.primary, 65536).decode(errors="replace")
        end_of_it = text.index(expected) + len(expected)
        self.unread = text[end_of_it:]
        return text[:end_of_it]

    def close(self) -> None:
        """End the shell if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.primary)


def _own_terminal(secondary: int) -> None:
    import fcntl
    import termios

    fcntl.ioctl(secondary, termios.TIOCSCTTY, 0)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Terminal]:
    """A running shell."""
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.close()


def test_statements_may_take_several_lines(shell: Terminal) -> None:
    shell.send("SELECT 40 +\n")
    shell.wait_for("...>")
    shell.send("2 AS answer;\n")
    shell.wait_for("42")


def test_commands_and_errors_leave_the_shell_open(shell: Terminal) -> None:
    shell.send("CREATE TABLE main.birds (wing INT);\n")
    shell.send("SELECT * FROM main.brids;\n")
    shell.wait_for("LK-2012")
    shell.send(".tabels\n")
    shell.wait_for("LK-9010")
    shell.send(".tables\n")
    shell.wait_for("birds")
    shell.send(".explain LK-2012\n")
    shell.wait_for("What to do")
    shell.send(".quit\n")
    assert shell.process.wait(timeout=60) == 0


def test_ctrl_c_cancels_the_statement_and_not_the_shell(shell: Terminal) -> None:
    shell.send("SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b;\n")
    time.sleep(1.5)
    shell.send("\x03")
    shell.wait_for("LK-4023")
    shell.send("SELECT 6 * 7 AS n;\n")
    shell.wait_for("42")


def test_letters_of_every_script_may_be_typed(shell: Terminal) -> None:
    shell.send("SELECT 'é' || '漢' || '!' AS t;\n")
    shell.wait_for("é漢!")
    shell.send("SELECT 6 * 7 AS n;\n")
    shell.wait_for("42")


def test_ctrl_c_at_the_prompt_drops_what_was_typed(shell: Terminal) -> None:
    shell.send("SELECT 1 +\n")
    shell.wait_for("...>")
    shell.send("\x03")
    shell.wait_for("lakehouse>")
    # The kernel drops what a terminal shows at the moment of a Ctrl-C.
    time.sleep(0.5)
    shell.send("\x03")
    shell.wait_for("Ctrl-D leaves")
    shell.wait_for("lakehouse>")
    time.sleep(0.5)
    shell.send("SELECT 6 * 7 AS n;\n")
    shell.wait_for("42")
    shell.wait_for("lakehouse>")
    time.sleep(0.5)
    shell.send("\x04")
    assert shell.process.wait(timeout=60) == 0


def test_the_history_is_for_the_user_only(shell: Terminal) -> None:
    shell.send("SELECT 'remembered' AS t;\n")
    shell.wait_for("remembered\r\n")
    shell.send(".quit\n")
    shell.process.wait(timeout=60)
    file = shell.state / "lakehouse" / "history"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "remembered" in file.read_text()
