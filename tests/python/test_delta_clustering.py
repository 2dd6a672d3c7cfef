"""OPTIMIZE of tables with clustering columns, whose logs begin as Spark writes them."""

import json
from pathlib import Path
from typing import Any

import deltalake
import pytest

import data_lakehouse as dl

FIELDS: list[dict[str, object]] = [
    {"name": name, "type": "long", "nullable": True, "metadata": {}} for name in ("a", "b", "c")
]


def make_table(lakehouse: dl.Lakehouse, columns: list[Any], target: str = "64mb") -> Path:
    """Write version 0 of a table that is clustered by ``columns``, and give it the name t."""
    place = Path(str(lakehouse.config["storage.data_root"])) / "main" / "t"
    features = ["appendOnly", "invariants", "domainMetadata", "clustering"]
    actions = [
        {"commitInfo": {"timestamp": 1, "operation": "CREATE TABLE", "operationParameters": {}}},
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": features}},
        {
            "metaData": {
                "id": "5f0e2f2e-3f3a-4d1c-9d5b-0f9a3c1b7a11",
                "format": {"provider": "parquet", "options": {}},
                "schemaString": json.dumps({"type": "struct", "fields": FIELDS}),
                "partitionColumns": [],
                "configuration": {"delta.targetFileSize": target},
                "createdTime": 1,
            }
        },
        {
            "domainMetadata": {
                "domain": "delta.clustering",
                "configuration": json.dumps({"clusteringColumns": columns}),
                "removed": False,
            }
        },
    ]
    log = place / "_delta_log"
    log.mkdir(parents=True)
    (log / f"{0:020}.json").write_text("".join(json.dumps(line) + "\n" for line in actions))
    lakehouse.catalog.register_table("main.t", place)
    return place


def last_adds(place: Path) -> list[dict[str, Any]]:
    """Return the add actions of the newest commit."""
    newest = sorted((place / "_delta_log").glob("*.json"))[-1]
    actions = [json.loads(line) for line in newest.read_text().splitlines()]
    return [action["add"] for action in actions if "add" in action]


def insert(lakehouse: dl.Lakehouse, begin: int, end: int) -> None:
    lakehouse.sql(
        f"INSERT INTO t SELECT hash(range) % 1000, hash(range + 7) % 1000, range"
        f" FROM range({begin}, {end})"
    )


def metrics_of(lakehouse: dl.Lakehouse, statement: str) -> dict[str, Any]:
    row = lakehouse.sql(statement).to_arrow().to_pylist()[0]
    return dict(row["metrics"])


@pytest.mark.parametrize("columns", [[["a"], ["b"]], ["a", "b"]], ids=["paths", "names"])
def test_new_files_become_a_cube(lakehouse: dl.Lakehouse, columns: list[Any]) -> None:
    place = make_table(lakehouse, columns)
    for part in range(3):
        insert(lakehouse, part * 1000, part * 1000 + 1000)
    done = metrics_of(lakehouse, "OPTIMIZE t")
    assert (done["numFilesAdded"], done["numFilesRemoved"]) == (1, 3)
    assert done["clusteringStats"]["numOutputZCubes"] == 1
    (add,) = last_adds(place)
    assert json.loads(add["tags"]["ZCUBE_ZORDER_BY"]) == ["a", "b"]
    assert add["tags"]["ZCUBE_ID"] and add["clusteringProvider"] == "liquid"
    assert add["dataChange"] is False
    assert lakehouse.sql("SELECT count(*), sum(c) FROM t").first() == (3000, 4498500)
    assert deltalake.DeltaTable(str(place)).to_pyarrow_table().num_rows == 3000


def test_only_what_is_new_is_clustered(lakehouse: dl.Lakehouse) -> None:
    place = make_table(lakehouse, [["a"], ["b"]], target="1000")
    insert(lakehouse, 0, 30000)
    assert metrics_of(lakehouse, "OPTIMIZE t")["numFilesRemoved"] == 1
    (first,) = last_adds(place)
    assert metrics_of(lakehouse, "OPTIMIZE t")["numFilesRemoved"] == 0
    insert(lakehouse, 30000, 30100)
    done = metrics_of(lakehouse, "OPTIMIZE t")
    # The first cube is complete: larger than a hundred target files.
    assert (done["numFilesAdded"], done["numFilesRemoved"]) == (1, 1)
    assert last_adds(place)[0]["tags"]["ZCUBE_ID"] != first["tags"]["ZCUBE_ID"]
    assert metrics_of(lakehouse, "OPTIMIZE t FULL")["numFilesRemoved"] == 0


def test_clauses_that_do_not_fit_are_refused(lakehouse: dl.Lakehouse) -> None:
    make_table(lakehouse, [["a"]])
    for clause in ("ZORDER BY (b)", "WHERE a = 1"):
        with pytest.raises(dl.LakehouseError) as caught:
            lakehouse.sql(f"OPTIMIZE t {clause}")
        assert caught.value.code == "LK-4078"
