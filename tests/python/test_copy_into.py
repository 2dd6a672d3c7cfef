"""COPY INTO loads each file once, in one commit with the rows."""

from pathlib import Path

import pytest

import data_lakehouse as dl
from data_lakehouse import errors


def copied(lakehouse: dl.Lakehouse, source: Path, clauses: str) -> tuple[object, ...]:
    row = lakehouse.sql(f"COPY INTO main.t FROM '{source}' {clauses}").first()
    assert row is not None
    return tuple(row)


def test_each_file_is_loaded_once(lakehouse: dl.Lakehouse, tmp_path: Path) -> None:
    folder = tmp_path / "incoming"
    folder.mkdir()
    (folder / "a.csv").write_text("id,name\n1,one\n2,two\n")
    (folder / "b.csv").write_text("name,id\nthree,3\n")
    (folder / "c.txt").write_text("id,name\n9,nine\n")
    lakehouse.sql("CREATE TABLE main.t (id BIGINT, name STRING)")
    clauses = "FILEFORMAT = CSV PATTERN = '*.csv' FORMAT_OPTIONS ('header' = 'true')"
    assert copied(lakehouse, folder, clauses) == (3, 3, 2, 0)
    assert copied(lakehouse, folder, clauses) == (0, 0, 0, 2)
    (folder / "d.csv").write_text("id,name\n4,four\n")
    assert copied(lakehouse, folder, clauses) == (1, 1, 1, 2)
    again = clauses.replace("PATTERN = '*.csv'", "FILES = ('a.csv', 'd.csv')")
    assert copied(lakehouse, folder, again + " COPY_OPTIONS ('force' = 'true')") == (3, 3, 2, 0)
    ids = lakehouse.sql("SELECT id FROM main.t ORDER BY id").to_arrow()["id"].to_pylist()
    assert ids == [1, 1, 2, 2, 3, 4, 4]


def test_new_columns_of_files_are_merged(lakehouse: dl.Lakehouse, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name,more\n1,one,x\n")
    (tmp_path / "b.csv").write_text("name,id,extra\ntwo,2,7\n")
    lakehouse.sql("CREATE TABLE main.t (id BIGINT, name STRING)")
    header = "FILEFORMAT = CSV FORMAT_OPTIONS ('header' = 'true', 'mergeSchema' = 'true')"
    with pytest.raises(errors.LakehouseError):
        copied(lakehouse, tmp_path, header)
    merge = header + " COPY_OPTIONS ('mergeSchema' = 'true')"
    assert copied(lakehouse, tmp_path, merge) == (2, 2, 2, 0)
    table = lakehouse.table("main.t")
    assert table.columns == ["id", "name", "more", "extra"]
    assert table.version == 1
    rows = lakehouse.sql("SELECT * FROM main.t ORDER BY id").to_arrow().to_pylist()
    assert [list(row.values()) for row in rows] == [
        [1, "one", "x", None],
        [2, "two", None, 7],
    ]


def test_what_does_not_fit_leaves_nothing(lakehouse: dl.Lakehouse, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("1,one\nmany,two\n")
    lakehouse.sql("CREATE TABLE main.t (id BIGINT, name STRING)")
    wrong = {
        "FILEFORMAT = ORC": "LK-4012",
        "FILEFORMAT = CSV FORMAT_OPTIONS ('heeder' = 'true')": "LK-4071",
        "FILEFORMAT = CSV COPY_OPTIONS ('mergeSchema' = 'maybe')": "LK-4071",
        "FILEFORMAT = CSV FILES = ('*.csv')": "LK-4071",
    }
    for clauses, code in wrong.items():
        with pytest.raises(errors.LakehouseError) as raised:
            copied(lakehouse, tmp_path, clauses)
        assert raised.value.code == code
    with pytest.raises(errors.LakehouseError):
        copied(lakehouse, tmp_path / "x.csv", "FILEFORMAT = CSV")
    assert lakehouse.table("main.t").count() == 0
