"""Makes a failing script short: statements are dropped as long as it still fails."""

from __future__ import annotations

import time
from collections.abc import Callable

from statements import Statement

Fails = Callable[[list[Statement]], str]


def shrink(
    script: list[Statement], fails: Fails, seconds: float = 60
) -> tuple[list[Statement], str]:
    """Return a short script that fails, and what it says.

    Parameters
    ----------
    script : a script that fails
    fails : runs a script from the beginning; returns what is wrong, or nothing
    seconds : after this time the shortest script so far is taken
    """
    message = fails(script)
    deadline = time.monotonic() + seconds
    size = max(1, len(script) // 2)
    while time.monotonic() < deadline:
        shorter = _without_a_part(script, size, fails, deadline)
        if shorter:
            script, message = shorter
            continue
        if size == 1:
            break
        size = max(1, size // 2)
    return script, message


def _without_a_part(
    script: list[Statement], size: int, fails: Fails, deadline: float
) -> tuple[list[Statement], str] | None:
    # From the end: what comes after the failure goes first. The creation always stays.
    for begin in range(max(1, len(script) - size), 0, -size):
        if time.monotonic() > deadline:
            return None
        candidate = script[:begin] + script[begin + size :]
        message = fails(candidate)
        if message:
            return candidate, message
    return None
