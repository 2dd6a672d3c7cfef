"""One local Spark with Delta, as another reader and writer of our tables."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

T = TypeVar("T")

#: A short life and two cores: little time for the compiler, no web pages.
JVM = (
    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xss8m -Dderby.system.home={folder}"
    " -Dlakehouse.spark.log={log} -Dlog4j2.configurationFile={settings}"
)
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.default.parallelism": "1",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.databricks.delta.snapshotPartitions": "1",
    # Tables that others write change under Spark's feet: it must look again each time.
    "spark.databricks.delta.stalenessLimit": "0",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


def dependencies() -> Path:
    """Return the folder into which the set-up puts what tests need."""
    cache = os.environ.get("XDG_CACHE_HOME", "") or str(Path.home() / ".cache")
    return Path(os.environ.get("LAKEHOUSE_DEPS_DIR", "") or Path(cache) / "lakehouse")


class Spark:
    """A session in a Java process of its own, ended with :meth:`close`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "spark.log"
        self._change = threading.Lock()
        self.session: Any = self._start()

    def _start(self) -> Any:
        (package,) = dependencies().glob("spark-*/pyspark")
        if str(package.parent) not in sys.path:
            sys.path[:0] = [str(package.parent)]
        os.environ["SPARK_HOME"] = str(package.parent / "home")
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
        os.environ["PYSPARK_PYTHON"] = sys.executable
        settings = Path(__file__).with_name("spark-log.properties")
        java = JVM.format(folder=self._folder, log=self._log, settings=settings)
        os.environ["PYSPARK_SUBMIT_ARGS"] = (
            f"--driver-memory 2g --driver-java-options '{java}' pyspark-shell"
        )
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master("local[2]").appName("lakehouse tests")
        for name, text in SETTINGS.items():
            builder = builder.config(name, text)
        builder = builder.config("spark.sql.warehouse.dir", str(self._folder / "warehouse"))
        interrupts = signal.getsignal(signal.SIGINT)
        session = builder.config("spark.local.dir", str(self._folder)).getOrCreate()
        # Spark's answer to Ctrl-C would stay for the tests that come later.
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, interrupts)
        return session

    def attempt(self, work: Callable[[int], T]) -> T:
        """Return what the work returns; it is done once more, in a new process, if Spark ended.

        The work gets 0, and 1 the second time: what it makes needs another place then.
        """
        session = self.session
        try:
            return work(0)
        except Exception:
            with self._change:
                if self.session is session:
                    if not _has_ended(session):
                        raise
                    said = self._log.read_text(encoding="utf-8")[-4000:]
                    warnings.warn(f"Spark ended and is started anew: {said}", stacklevel=2)
                    _end(session)
                    self.session = self._start()
            return work(1)

    def run(self, sql: str) -> None:
        """Run a statement whose answer is of no interest."""
        self.session.sql(sql).collect()

    def query(self, sql: str) -> pa.Table:
        """Return the rows of a query, with JSON texts for variants, as we show them."""
        frame = self.session.sql(sql)
        kinds = {field.name: field.dataType.typeName() for field in frame.schema.fields}
        if "variant" in kinds.values():
            shown = [
                f"to_json(`{name}`) AS `{name}`" if kind == "variant" else f"`{name}`"
                for name, kind in kinds.items()
            ]
            frame = frame.selectExpr(*shown)
        return frame.toArrow()

    def read(self, table: Path, version: int | None = None) -> pa.Table:
        """Return the rows of a table, of its latest version or an older one."""
        at = "" if version is None else f" VERSION AS OF {version}"
        return self.query(f"SELECT * FROM delta.`{table}`{at}")

    def read_versions(self, table: Path, versions: list[int]) -> dict[int, pa.Table]:
        """Return the rows of several versions with the same columns, by one query."""
        parts = [
            f"SELECT {version} AS `_version`, * FROM delta.`{table}` VERSION AS OF {version}"
            for version in versions
        ]
        rows = self.query(" UNION ALL ".join(parts))
        numbers = rows.column("_version")
        plain = rows.drop_columns(["_version"])
        return {
            version: plain.filter(pa.array([n == version for n in numbers.to_pylist()], pa.bool_()))
            for version in versions
        }

    def changes(self, table: Path, begin: int, end: int) -> pa.Table:
        """Return the change feed of some versions, both ends included."""
        reader = self.session.read.format("delta").option("readChangeFeed", "true")
        reader = reader.option("startingVersion", begin).option("endingVersion", end)
        return reader.load(str(table)).toArrow()

    def close(self) -> None:
        """Stop the session and its process."""
        self.session.stop()
        _end(self.session)


def _has_ended(session: Any) -> bool:
    """Return whether the process is gone, or goes: it stops its context by itself."""
    try:
        return bool(session.sparkContext._jsc.sc().isStopped())
    except Exception:  # noqa: BLE001 - each failure of the bridge says that nobody is there
        return True


def _end(session: Any) -> None:
    """End the process; a later session starts another one."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    gateway = session.sparkContext._gateway
    gateway.shutdown()
    gateway.proc.stdin.close()
    try:
        gateway.proc.wait(30)
    except subprocess.TimeoutExpired:
        gateway.proc.kill()
        gateway.proc.wait()
    SparkContext._gateway = SparkContext._jvm = SparkContext._active_spark_context = None
    SparkSession._instantiatedSession = None
