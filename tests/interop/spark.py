"""One local Spark with Delta, as another reader and writer of our tables."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

#: A short life and two cores: little time for the compiler, small heap, no web pages.
JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xss4m -Dderby.system.home={folder}"
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
    "spark.log.level": "OFF",
}


def dependencies() -> Path:
    """Return the folder into which the set-up puts what tests need."""
    cache = os.environ.get("XDG_CACHE_HOME", "") or str(Path.home() / ".cache")
    return Path(os.environ.get("LAKEHOUSE_DEPS_DIR", "") or Path(cache) / "lakehouse")


class Spark:
    """A session in a Java process of its own, ended with :meth:`close`."""

    def __init__(self, folder: Path) -> None:
        (package,) = dependencies().glob("spark-*/pyspark")
        sys.path[:0] = [str(package.parent)]
        os.environ["SPARK_HOME"] = str(package.parent / "home")
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
        os.environ["PYSPARK_PYTHON"] = sys.executable
        java = JVM.format(folder=folder)
        os.environ["PYSPARK_SUBMIT_ARGS"] = (
            f"--driver-memory 1g --driver-java-options '{java}' pyspark-shell"
        )
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master("local[2]").appName("lakehouse tests")
        for name, text in SETTINGS.items():
            builder = builder.config(name, text)
        builder = builder.config("spark.sql.warehouse.dir", str(folder / "warehouse"))
        self.session: Any = builder.config("spark.local.dir", str(folder)).getOrCreate()

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
        gateway = self.session.sparkContext._gateway
        self.session.stop()
        gateway.shutdown()
        process = gateway.proc
        process.stdin.close()
        process.wait(30)
