"""Random statements on the lakehouse and on a plain DuckDB; both must hold the same rows.

``differential.py --seed S --kind NAME`` repeats one sequence, ``--statements N`` runs as many over
all kinds of tables, in processes side by side.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from replay import Difference, Replay
from shrink import shrink
from statements import Sequence, Statement
from table_kinds import KINDS, PROBES, TableKind

import data_lakehouse as dl
from data_lakehouse.errors import LakehouseError

HERE = Path(__file__).resolve().parent
#: Statements of one sequence, the creation with them.
LENGTH = 40
#: Sequences that one opened lakehouse runs before the next is opened.
SEQUENCES = 25


def memory_folder() -> str | None:
    """Return a folder in memory, where syncing costs nothing, if the machine has one."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


Abilities = frozenset[str]


def sequence_of(
    seed: int, kind: TableKind, abilities: Abilities = frozenset(), length: int = LENGTH
) -> list[Statement]:
    """Return the statements of a seed, with those that need one of ``abilities``."""
    return Sequence(random.Random(f"{seed} {kind.name}"), kind, abilities).make(length)


def is_accepted(lake: dl.Lakehouse, script: list[str]) -> bool:
    """Return whether a script runs; what it is refused with is printed."""
    try:
        for sql in ("DROP TABLE IF EXISTS d.probe PURGE", *script):
            lake.sql(sql)
    except LakehouseError as error:
        print(f"left out: {error.code} {error.message}: {sql[:90]}", file=sys.stderr)
        return False
    return True


def what_there_is() -> Abilities:
    """Return the kinds of statements that are understood."""
    script = [
        "CREATE TABLE d.probe (k INT, v STRING) USING DELTA",
        "INSERT INTO d.probe VALUES (1, 'a'), (2, 'b')",
    ]
    with tempfile.TemporaryDirectory(dir=memory_folder()) as folder, dl.connect(folder) as lake:
        lake.sql("CREATE SCHEMA d")
        found = {name for name, probe in PROBES.items() if is_accepted(lake, [*script, probe])}
    if hasattr(dl.Lakehouse, "transaction"):
        found.add("transaction")
    return frozenset(found)


def run_once(script: list[Statement], kind: TableKind) -> str:
    """Run a script in a lakehouse of its own; return what is wrong, or nothing."""
    with tempfile.TemporaryDirectory(dir=memory_folder()) as folder:
        replay = Replay(Path(folder) / "lake", kind)
        try:
            replay.run(script)
        except Difference as difference:
            return str(difference)
        except LakehouseError as error:
            return f"here {error.code} {error.message}"
        finally:
            replay.close()
    return ""


def text_of(script: list[Statement]) -> str:
    """Return the script as SQL, with what the plain side runs where that differs."""
    lines = []
    for statement in script:
        if statement.reopens:
            lines.append("-- the lakehouse is opened again")
        elif statement.parts:
            end = "COMMIT" if statement.commits else "ROLLBACK"
            lines.append(f"BEGIN;\n{text_of(list(statement.parts))}\n{end};")
        elif statement.back:
            lines.append(f"-- RESTORE to {statement.back} versions ago")
        else:
            lines.append(f"{statement.ours};")
    return "\n".join(lines)


def explain(seed: int, kind: TableKind, abilities: Abilities, length: int) -> str:
    """Return the shortest script that still fails, and how to repeat it."""
    script = sequence_of(seed, kind, abilities, length)
    script, message = shrink(script, lambda s: run_once(s, kind))
    again = f"differential.py --seed {seed} --kind {kind.name} --length {length}"
    return f"{message}\n{text_of(script)}\n(tests/differential/{again})"


def run_share(
    seeds: range, kinds: list[TableKind], abilities: Abilities, length: int
) -> dict[str, object]:
    """Run the sequences of ``seeds`` for each kind; stop at the first failure."""
    counts: Counter[str] = Counter()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(dir=memory_folder()) as folder:
        for kind in kinds:
            replay: Replay | None = None
            for number, seed in enumerate(seeds):
                if replay is None or number % SEQUENCES == 0:
                    if replay:
                        replay.close()
                    replay = Replay(Path(folder) / f"{kind.name}-{number}", kind)
                try:
                    counts.update(replay.run(sequence_of(seed, kind, abilities, length)))
                except (Difference, LakehouseError):
                    return {"failure": explain(seed, kind, abilities, length), "counts": counts}
            if replay:
                replay.close()
    return {"failure": "", "counts": counts, "seconds": time.monotonic() - begin}


def run_side_by_side(
    first: int,
    statements: int,
    kinds: list[TableKind],
    abilities: Abilities,
    processes: int,
    length: int = LENGTH,
) -> tuple[list[str], Counter[str]]:
    """Run ``statements`` in several processes; return what failed and what was done."""
    each = max(1, statements // (processes * len(kinds) * length))
    names = ",".join(kind.name for kind in kinds)
    started = []
    for number in range(processes):
        seeds = f"{first + number * each}:{first + (number + 1) * each}"
        command = [sys.executable, "-B", __file__, "--share", seeds, "--kinds", names]
        command += ["--abilities", ",".join(abilities), "--length", str(length)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    failures, counts = [], Counter[str]()
    for process in started:
        out, _ = process.communicate()
        if process.returncode != 0:
            failures.append(f"a process ended with {process.returncode}: {process.args}")
            continue
        result = json.loads(out)
        counts.update(result["counts"])
        if result["failure"]:
            failures.append(result["failure"])
    return failures, counts


def main() -> int:
    """Run one sequence, a share, or many."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the only or first seed")
    parser.add_argument("--kind", help="run one sequence on this kind of table")
    parser.add_argument("--statements", type=int, default=2000)
    parser.add_argument("--kinds", default="", help="names with commas; all of them")
    parser.add_argument("--abilities", help="names with commas; all that are not refused")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--length", type=int, default=LENGTH)
    parser.add_argument("--share", help=argparse.SUPPRESS)
    given = parser.parse_args()
    able: Abilities = frozenset() if given.share else what_there_is()
    names = [name for name in (given.kind or given.kinds).split(",") if name]
    kinds = [kind for kind in KINDS if not names or kind.name in names]
    if given.abilities is not None:
        able = frozenset(name for name in given.abilities.split(",") if name)
    if given.share:
        begin, end = map(int, given.share.split(":"))
        print(json.dumps(run_share(range(begin, end), kinds, able, given.length)))
        return 0
    if given.kind:
        message = run_once(sequence_of(given.seed, kinds[0], able, given.length), kinds[0])
        print(explain(given.seed, kinds[0], able, given.length) if message else "no difference")
        return bool(message)
    begin = time.monotonic()
    failures, counts = run_side_by_side(
        given.seed, given.statements, kinds, able, given.processes, given.length
    )
    print("\n\n".join(failures))
    print(f"{[kind.name for kind in kinds]} {sorted(able)}")
    print(f"{dict(counts)} in {time.monotonic() - begin:.0f} s")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
