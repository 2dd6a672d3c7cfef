"""Runs the console blocks of a Markdown page and compares what they print, or writes it anew.

A block begins with ```console. A line "$ command" is run by bash, "> " continues it (as in a
terminal); the lines below are what it prints, standard output and error together. A line "..."
stands for any number of lines. All blocks of a page run in one shell, in order.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MARK = "--- lakehouse console"


@dataclass
class Step:
    """One command of a page and the lines that it should print."""

    command: str
    line: int
    expected: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)

    def matches(self) -> bool:
        """Return whether what was printed is what the page says."""
        parts = [re.escape(line) + "\n" if line != "..." else "(.*\n)*?" for line in self.expected]
        return (
            re.fullmatch("".join(parts), "".join(f"{line}\n" for line in self.printed)) is not None
        )


def steps_of(page: str) -> list[Step]:
    """Return the commands of all console blocks of a page."""
    steps: list[Step] = []
    inside = False
    for number, line in enumerate(page.splitlines(), 1):
        if line.startswith("```"):
            inside = line == "```console"
        elif not inside:
            continue
        elif line.startswith("$ "):
            steps.append(Step(line[2:], number))
        elif line.startswith("> ") and not steps[-1].expected:
            steps[-1].command += "\n" + line[2:]
        else:
            steps[-1].expected.append(line)
    return steps


def run(steps: list[Step], folder: Path, variables: dict[str, str]) -> None:
    """Run the commands in ``folder``, the built program on the path; fill in what they print."""
    # The shell reads the commands from a file, so that standard input is empty for them.
    script = "".join(f"{step.command}\nprintf '\\n{MARK}\\n'\n" for step in steps)
    path = f"{ROOT / 'build' / 'bin'}:{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LAKEHOUSE_")}
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as file:
        file.write(script)
        file.flush()
        done = subprocess.run(
            ["bash", "--norc", file.name],
            cwd=folder,
            env={**environment, "PATH": path, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    outputs = done.stdout.split(f"\n{MARK}\n")
    for step, output in zip(steps, outputs, strict=False):
        step.printed = [line.rstrip() for line in output.splitlines()]


def rewritten(page: str, steps: list[Step]) -> str:
    """Return the page with what was printed in the place of what it says."""
    by_line = {step.line: step for step in steps}
    lines: list[str] = []
    skipping = False
    for number, line in enumerate(page.splitlines(), 1):
        if line.startswith("```") and skipping:
            skipping = False
        if number in by_line:
            step = by_line[number]
            lines += [
                f"{'$' if i == 0 else '>'} {part}"
                for i, part in enumerate(step.command.split("\n"))
            ]
            lines += step.expected if step.matches() else step.printed
            skipping = True
        elif not skipping:
            lines.append(line)
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run the blocks of a page; print each step that differs, or rewrite the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("--folder", type=Path, help="where the commands run (default: a new one)")
    parser.add_argument("--update", action="store_true", help="write what they print into the page")
    arguments = parser.parse_args()
    page = arguments.page.read_text(encoding="utf-8")
    steps = steps_of(page)
    with tempfile.TemporaryDirectory() as fresh:
        run(steps, arguments.folder or Path(fresh), {})
    if arguments.update:
        arguments.page.write_text(rewritten(page, steps), encoding="utf-8")
        return 0
    wrong = [step for step in steps if not step.matches()]
    for step in wrong:
        print(f"{arguments.page}:{step.line}: $ {step.command}\n" + "\n".join(step.printed))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
