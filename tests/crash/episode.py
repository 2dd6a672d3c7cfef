"""The life of one lake in which every process is killed: workloads, kills and checks."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from model import Rows, State, Statement, Workload
from processes import Moment, Process, Program, Violation
from table_log import (
    LogFindings,
    age,
    check_log,
    check_metadata,
    temporary_files,
    unreferenced_files,
)

SCRIPT_LENGTH = 12
LONGEST_STATEMENT_S = 0.06
TEMPORARY_DAYS = 2
FILES = (
    "SELECT 'file' AS kind, file, count(*) AS n, count(DISTINCT row) AS d "
    "FROM bronze.files GROUP BY ALL"
)
SETUP = "CREATE SCHEMA IF NOT EXISTS crash; CREATE SCHEMA IF NOT EXISTS bronze;"


class Episode:
    """One lake; every choice comes from its seed."""

    def __init__(self, seed: str, folder: Path, binary: Path) -> None:
        self.choose = random.Random(seed)
        self.folder = folder
        self.program = Program(binary, folder / "lake")
        partitioned, vectors = self.choose.random() < 0.5, self.choose.random() < 0.5
        self.workload = Workload(self.choose, partitioned, vectors)
        self.state = State()
        self.loaded: set[int] = set()  # files seen in the table
        self.pending: set[int] = set()  # files written and not seen yet
        self.sizes: dict[int, int] = {}
        self.checked_versions = 0
        self.counts: Counter[str] = Counter()
        self.typical_s = 0.3  # of a short process that is let be
        self.ingest_s = 0.6  # of a run that is let be
        (folder / "in").mkdir(parents=True)

    def run(self, kills: int) -> None:
        """Kill so often, check after each, and at last check everything."""
        self.kill_setup()
        kinds = (
            [self.kill_sql] * 5 + [self.kill_ingest] * 3 + [self.kill_both, self.kill_checkpoint]
        )
        while self.counts["kills"] < kills:
            self.choose.choice(kinds)()
        self.finish()

    # Rounds: each starts processes, kills them and checks what is left.

    def kill_setup(self) -> None:
        """Kill the process that opens the lake for the first time; then let it be."""
        process = self.program.sql(SETUP)
        self.kill(process, Moment(0, self.choose.uniform(0, self.typical_s)))
        again = self.program.sql(SETUP)
        again.finish()
        self.typical_s = max(again.seconds, 0.05)
        check_metadata(self.program.data_root)

    def kill_sql(self) -> None:
        """Kill a process that runs statements."""
        statements, process = self.start_sql()
        self.kill(process, self.sql_moment())
        self.check(statements, process)

    def kill_ingest(self) -> None:
        """Kill a process that loads files."""
        process = self.start_ingest()
        self.kill(process, self.ingest_moment())
        self.check([], None)
        self.settle_ingest(process)

    def kill_both(self) -> None:
        """Kill two processes that work on one lake."""
        statements, first = self.start_sql()
        second = self.start_ingest()
        moments = [(first, self.sql_moment()), (second, self.ingest_moment())]
        for process, moment in moments:
            self.kill(process, moment)
        self.check(statements, first)
        self.settle_ingest(second)

    def kill_checkpoint(self) -> None:
        """Kill a process that writes a checkpoint."""
        if not self.state.versions:
            return self.kill_sql()
        process = self.program.run("table", "checkpoint", "crash.rows")
        self.kill(process, Moment(0, self.choose.uniform(0, self.typical_s)))
        return self.check([], None)

    def kill(self, process: Process, moment: Moment) -> None:
        """Kill and count; a process that ended before must have succeeded."""
        process.kill_at(moment)
        self.counts["kills" if process.killed else "ended before the kill"] += 1
        if not process.killed and process.exit_code != 0:
            raise Violation(f"exit code {process.exit_code}: {process.talk}")

    def sql_moment(self) -> Moment:
        """Most kills hit a statement at work, some the start of the process."""
        acknowledged = self.choose.randint(0, 6)
        longest = self.typical_s if acknowledged == 0 else LONGEST_STATEMENT_S
        return Moment(acknowledged, self.choose.uniform(0, longest))

    def ingest_moment(self) -> Moment:
        """At any time of a run."""
        return Moment(0, self.choose.uniform(0, self.ingest_s))

    def start_sql(self) -> tuple[list[Statement], Process]:
        """Start statements of which each is acknowledged by a line."""
        statements = self.workload.script(self.state, SCRIPT_LENGTH)
        script = "".join(
            f"{statement.sql};\nSELECT {number} AS acknowledged;\n"
            for number, statement in enumerate(statements)
        )
        return statements, self.program.sql(script)

    def start_ingest(self) -> Process:
        """Write some files, each with rows of its own, and start to load them."""
        for _ in range(self.choose.randint(1, 3)):
            number = len(self.sizes) + 1
            self.sizes[number] = self.choose.randint(1, 40)
            lines = [f"{number},{row}" for row in range(self.sizes[number])]
            path = self.folder / "in" / f"f{number:04}.csv"
            path.write_text("\n".join(["file,row", *lines]) + "\n", encoding="utf-8")
            self.pending.add(number)
        return self.program.run("ingest", f"{self.folder}/in/*.csv", "--into", "bronze.files")

    # Checks.

    def check(self, statements: list[Statement], process: Process | None) -> None:
        """Compare the lake with what was acknowledged: that, or the statement at hand, too."""
        done = process.acknowledged if process else 0
        self.counts["acknowledged"] += done
        before = statements[done - 1].after if done > 0 else self.state
        flying = statements[done] if done < len(statements) else None
        self.state = before
        after = flying.after if flying else before
        self.state = self.find_state([before, after])
        self.check_files()
        if flying and before is not after:
            applied = self.state is after
            self.counts["in flight, applied" if applied else "in flight, not applied"] += 1
            if not applied:
                self.repeat(flying)

    def repeat(self, statement: Statement) -> None:
        """A client that heard nothing looks, and runs the statement again."""
        self.program.sql(statement.sql + ";").finish()
        self.state = self.find_state([statement.after])

    def find_state(self, candidates: list[State]) -> State:
        """Return the one of the states that the lake is in."""
        oldest, newest = candidates[0], candidates[-1]
        script = ["SHOW TABLES IN crash", "SHOW TABLES IN bronze"]
        log = LogFindings()
        if oldest.versions:
            log = check_log(self.program.data_root / "crash" / "rows")
            script.append("SELECT 'row' AS kind, id, v FROM crash.rows")
            script += self.version_queries(log)
        for name in sorted(oldest.tables & newest.tables):
            script.append(f"SELECT '{name}' AS kind, count(*) AS n FROM crash.{name}")
        if self.loaded:
            script.append(FILES)
        lines = self.program.sql(";\n".join(script) + ";\n").finish()
        names = {str(line["tableName"]) for line in lines if line.get("namespace") == "crash"}
        if self.loaded:
            self.check_loaded(line for line in lines if line.get("kind") == "file")
        elif any(line.get("tableName") == "files" for line in lines):
            self.check_loaded(self.program.sql(FILES + ";").finish())
        rows = [(line["id"], line["v"]) for line in lines if line.get("kind") == "row"]
        folder = self.program.data_root / "crash" / "rows" / "_delta_log"
        changes = sum(not same for same in log.maintained) or sum(1 for _ in folder.glob("*.json"))
        for state in candidates:
            if names != {*state.tables, *(["rows"] if state.versions else [])}:
                continue
            if changes != len(state.versions):
                continue
            if not oldest.versions or sorted(rows) == sorted(state.rows.items()):
                self.check_lines(lines, state, log.maintained)
                return state
        raise Violation(
            f"the lake is in no state that was acknowledged: tables {sorted(names)}, {changes} "
            f"changes, rows {sorted(rows)}, expected one of "
            f"{[(s.tables, len(s.versions), s.rows) for s in candidates]}"
        )

    def version_queries(self, log: LogFindings) -> list[str]:
        """Ask for the versions that are new since the last check, and for some older ones."""
        old = range(log.oldest, self.checked_versions)
        new = range(max(log.oldest, self.checked_versions), log.versions)
        asked = {*self.choose.sample(old, min(2, len(old))), *new}
        self.checked_versions = log.versions
        return [
            f"SELECT 'version' AS kind, {version} AS n, count(*) AS c, "
            "coalesce(sum(id), 0)::BIGINT AS i, coalesce(sum(v), 0)::BIGINT AS s "
            f"FROM crash.rows VERSION AS OF {version}"
            for version in sorted(asked)
        ]

    def check_lines(
        self, lines: Iterable[dict[str, object]], state: State, maintained: list[bool]
    ) -> None:
        """Compare old versions and other tables."""
        for line in lines:
            kind = str(line.get("kind"))
            if kind == "version":
                version = int(str(line["n"]))
                rows = state.versions[version - sum(maintained[: version + 1])]
                if (line["c"], line["i"], line["s"]) != sums(rows):
                    raise Violation(f"version {line['n']} reads {line}, expected {sums(rows)}")
                self.counts["versions read"] += 1
            elif kind.startswith("other_") and line["n"] != len(kind):
                raise Violation(f"table {kind} has {line['n']} rows")

    def check_loaded(self, lines: Iterable[dict[str, object]]) -> None:
        """Compare the loaded files: each is there once and whole, and those of one run together."""
        found = set()
        for line in lines:
            number = int(str(line["file"]))
            size = self.sizes[number]
            if line["n"] != size or line["d"] != size:
                raise Violation(f"file {number} has {size} rows, the table {line}")
            found.add(number)
        if not self.loaded <= found:
            raise Violation(f"loaded files are gone: {sorted(self.loaded - found)}")
        new = found - self.loaded
        if new and new != self.pending:
            raise Violation(f"a run loaded {sorted(new)} of {sorted(self.pending)}")
        self.counts["files loaded"] += len(new)
        self.loaded, self.pending = found, self.pending - new

    def settle_ingest(self, process: Process) -> None:
        """What a run said is true; sometimes the next one is let be and loads the rest."""
        if not process.killed and self.pending:
            raise Violation(f"an acknowledged run did not load {sorted(self.pending)}")
        if self.choose.random() < 0.5:
            self.load_rest()

    def load_rest(self) -> None:
        """Load what is pending; nothing twice."""
        if not self.sizes:
            return
        process = self.program.run("ingest", f"{self.folder}/in/*.csv", "--into", "bronze.files")
        process.finish()
        self.ingest_s = process.seconds
        self.check_loaded(self.program.sql(FILES + ";").finish())
        if self.pending:
            raise Violation(f"a run that succeeded did not load {sorted(self.pending)}")

    def check_files(self) -> dict[Path, LogFindings]:
        """Look at the folder of every table that has a name, and at the metadata store."""
        root = self.program.data_root
        check_metadata(root)
        names = [f"crash/{name}" for name in self.state.tables]
        names += ["crash/rows"] * bool(self.state.versions) + ["bronze/files"] * bool(self.loaded)
        return {root / name: check_log(root / name) for name in names}

    def finish(self) -> None:
        """Load the rest, read every version, and see what was left lying."""
        self.load_rest()
        self.checked_versions = 0
        self.find_state([self.state])
        for table, found in self.check_files().items():
            self.counts["unreferenced files"] += unreferenced_files(table, found)
        left = temporary_files(self.program.data_root)
        self.counts["temporary files"] += len(left)
        self.sweep(left)
        shutil.rmtree(self.folder)

    def sweep(self, left: list[Path]) -> None:
        """The next writer of a folder removes what is older than a day."""
        age(left, TEMPORARY_DAYS)
        if self.state.versions:
            # Four rows a file: one that goes is in a deletion vector, in the table's folder. Of
            # fewer rows the rest would be written anew.
            rows = ", ".join(f"({-number - 1}, 0, {number % 3})" for number in range(12))
            self.program.sql(f"INSERT INTO crash.rows VALUES {rows};").finish()
            self.program.sql("DELETE FROM crash.rows WHERE id = -1;").finish()
        self.start_ingest().finish()
        kept = [path for path in left if path.exists() and "other_" not in str(path)]
        if kept:
            raise Violation(f"temporary files stay: {kept}")


def sums(rows: Rows) -> tuple[int, int, int]:
    """Return number of rows, sum of ids and sum of values."""
    return len(rows), sum(rows), sum(rows.values())
