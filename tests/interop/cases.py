"""Tables for every feature of Delta: how they are made, in SQL that both engines understand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


def rows(begin: int, end: int) -> str:
    """Return rows (id, g, v, n) as the list of VALUES."""
    return ", ".join(f"({i}, {i % 3}, 'v{i}', {i * 10})" for i in range(begin, end))


INSERTS = (
    f"INSERT INTO {{t}} (id, g, v, n) VALUES {rows(0, 20)}",
    f"INSERT INTO {{t}} (id, g, v, n) VALUES {rows(20, 30)}, (NULL, NULL, NULL, NULL)",
)
UPDATE = "UPDATE {t} SET v = concat(v, ' new') WHERE id % 7 = 1"
DELETE = "DELETE FROM {t} WHERE id % 5 = 0"
MERGE = (
    "MERGE INTO {t} t USING (SELECT * FROM (VALUES (1, 'm1'), (2, 'm2'), (100, 'm100'))"
    " AS s(id, v)) s ON t.id = s.id WHEN MATCHED AND s.id = 2 THEN DELETE"
    " WHEN MATCHED THEN UPDATE SET v = s.v"
    " WHEN NOT MATCHED THEN INSERT (id, g, v, n) VALUES (s.id, 1, s.v, 7)"
)
CHANGES = (UPDATE, DELETE, MERGE)
DML = (*INSERTS, *CHANGES)
COLUMNS = "id BIGINT, g INT, v STRING, n INT"


@dataclass(frozen=True)
class Case:
    """A table for one feature.

    ``ours`` are the statements with which the lakehouse makes it, ``spark`` those of Spark; none
    means that the table is not made by that side.
    """

    feature: str
    name: str
    ours: tuple[str, ...]
    spark: tuple[str, ...] = ()
    properties: dict[str, str] = field(default_factory=dict)


def made(
    feature: str,
    name: str,
    *statements: str,
    columns: str = COLUMNS,
    clause: str = "",
    by_spark: bool = False,
    **properties: str,
) -> Case:
    """Return a case that begins with CREATE TABLE; ``properties`` have _ in the place of dots."""
    given = {"delta." + key.replace("__", "."): text for key, text in properties.items()}
    listed = ", ".join(f"'{key}' = '{text}'" for key, text in given.items())
    create = f"CREATE TABLE {{t}} ({columns}) USING DELTA {clause}"
    create += f" TBLPROPERTIES ({listed})" if listed else ""
    script = (create, *statements)
    return Case(feature, name, script, script if by_spark else (), given)


def spark_alone(feature: str, name: str, *statements: str, columns: str) -> Case:
    """Return a case in functions of Spark that our SQL does not have."""
    return replace(made(feature, name, *statements, columns=columns, by_spark=True), ours=())


PRIMITIVES = (
    "id BIGINT, a TINYINT, b SMALLINT, c INT, d FLOAT, e DOUBLE, f DECIMAL(10, 2),"
    " h DECIMAL(38, 10), i STRING, j BOOLEAN, k BINARY, l DATE, m TIMESTAMP"
)
PRIMITIVE_ROWS = (
    "INSERT INTO {t} VALUES (1, 127, 32767, 2147483647, CAST(1.5 AS FLOAT), 2.25, 12345678.90,"
    " 1234567890123456789012345678.0123456789, 'text ä€😀', true, CAST('bytes' AS BINARY),"
    " DATE '2024-02-29', TIMESTAMP '2024-02-29 12:34:56.123456'), (2, -128, -32768, -2147483648,"
    " CAST(-0.5 AS FLOAT), 1e300, -0.01, 0, '', false, CAST('' AS BINARY), DATE '1582-10-15',"
    " TIMESTAMP '1969-12-31 23:59:59.999999')",
    "INSERT INTO {t} (id) VALUES (3)",
)
VARIANTS = "id BIGINT, v VARIANT"
VARIANT_ROWS = (
    """INSERT INTO {t} VALUES (1, parse_json('{"a": [1, 2.5, "x", null], "b": {"c": 300}}')),"""
    " (2, parse_json('null')), (3, NULL), (4, parse_json('\"text\"')),"
    " (5, parse_json('123456789012345678901234567890.5')), (6, parse_json('-70000'))",
    "UPDATE {t} SET v = parse_json('[7]') WHERE id = 1",
    "MERGE INTO {t} t USING (SELECT 4 AS id, parse_json('{}') AS v UNION ALL SELECT 9,"
    " parse_json('9')) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = s.v"
    " WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, s.v)",
    "DELETE FROM {t} WHERE id = 6",
)
PLACES = (
    "INSERT INTO {t} (id, p, q) VALUES (1, 'a b', DATE '2024-01-01'), (2, 'c/d=e%f', NULL),"
    " (3, NULL, DATE '1969-12-31'), (4, 'ä:?#', DATE '2024-01-01'), (5, '__HIVE', NULL)"
)

CASES = (
    made("types", "primitives", *PRIMITIVE_ROWS, columns=PRIMITIVES, by_spark=True),
    spark_alone(
        "types",
        "nested",
        "INSERT INTO {t} SELECT 1, named_struct('a', 1, 'b', array('x', NULL)), map('k', 1)",
        "INSERT INTO {t} (id) VALUES (2)",
        columns="id INT, s STRUCT<a: INT, b: ARRAY<STRING>>, m MAP<STRING, INT>",
    ),
    made(
        "types",
        "nested_plain",
        "INSERT INTO {t} VALUES (1, {'a': 1, 'b': ['x', NULL]}, MAP {'k': 1}), (2, NULL, NULL)",
        "UPDATE {t} SET s = {'a': 5, 'b': NULL} WHERE id = 2",
        columns="id INT, s STRUCT<a: INT, b: ARRAY<STRING>>, m MAP<STRING, INT>",
    ),
    made("DML", "copy_on_write", *DML),
    made(
        "INSERT OVERWRITE",
        "overwritten",
        INSERTS[0],
        "INSERT OVERWRITE {t} SELECT id, g, v, n FROM {t} WHERE id > 10",
    ),
    made("partitions", "partitioned", *DML, clause="PARTITIONED BY (g)"),
    made(
        "partitions",
        "places",
        PLACES,
        "DELETE FROM {t} WHERE p = 'a b'",
        columns="id INT, p STRING, q DATE",
        clause="PARTITIONED BY (p, q)",
        by_spark=True,
    ),
    made("checkpoints", "classic", *DML, checkpointInterval="2"),
    made(
        "timestampNtz",
        "ntz",
        "INSERT INTO {t} VALUES (1, TIMESTAMP '2024-02-29 12:34:56.5'), (2, NULL)",
        columns="id INT, at TIMESTAMP_NTZ",
        by_spark=True,
    ),
    made("variantType", "variants", *VARIANT_ROWS, columns=VARIANTS, by_spark=True),
    made(
        "variantType",
        "variants_with_vectors",
        *VARIANT_ROWS,
        columns=VARIANTS,
        by_spark=True,
        enableDeletionVectors="true",
        columnMapping__mode="name",
    ),
    made(
        "DROP FEATURE",
        "without_vectors",
        *DML,
        "ALTER TABLE {t} DROP FEATURE deletionVectors",
        INSERTS[0],
        enableDeletionVectors="true",
    ),
    made(
        "DROP FEATURE",
        "without_mapping",
        *DML,
        "ALTER TABLE {t} DROP FEATURE columnMapping",
        UPDATE,
        columnMapping__mode="name",
    ),
    made("appendOnly", "append_only", *INSERTS, appendOnly="true"),
    made(
        "invariants", "not_null", *INSERTS[:1], columns="id BIGINT NOT NULL, g INT, v STRING, n INT"
    ),
    made("deletionVectors", "vectors", *DML, enableDeletionVectors="true"),
    made(
        "columnMapping",
        "mapped_by_name",
        *DML,
        "ALTER TABLE {t} RENAME COLUMN v TO w",
        "ALTER TABLE {t} DROP COLUMN n",
        "INSERT INTO {t} (id, w) VALUES (500, 'after')",
        columnMapping__mode="name",
    ),
    made(
        "columnMapping",
        "mapped_by_id",
        *DML,
        clause="PARTITIONED BY (g)",
        columnMapping__mode="id",
    ),
    made("changeDataFeed", "feed", *DML, enableChangeDataFeed="true"),
    made("rowTracking", "row_ids", *DML, enableRowTracking="true"),
    made("inCommitTimestamp", "times", *DML, enableInCommitTimestamps="true"),
    made("v2Checkpoint", "v2", *DML, checkpointPolicy="v2", checkpointInterval="2"),
    made(
        "checkConstraints",
        "checked",
        "ALTER TABLE {t} ADD CONSTRAINT small CHECK (n IS NULL OR n < 100000)",
        *DML,
    ),
    made(
        "generatedColumns",
        "generated",
        *DML,
        columns=COLUMNS + ", twice BIGINT GENERATED ALWAYS AS (id * 2)",
        by_spark=True,
    ),
    made(
        "identityColumns",
        "identity",
        *INSERTS,
        columns=COLUMNS + ", number BIGINT GENERATED BY DEFAULT AS IDENTITY",
        by_spark=True,
    ),
    made(
        "allowColumnDefaults",
        "defaults",
        "INSERT INTO {t} (id) VALUES (1), (2)",
        "INSERT INTO {t} VALUES (3, DEFAULT), (4, 'given')",
        columns="id INT, v STRING DEFAULT 'nothing'",
        by_spark=True,
        feature__allowColumnDefaults="supported",
    ),
    made(
        "typeWidening",
        "widened",
        *INSERTS[:1],
        "ALTER TABLE {t} ALTER COLUMN n TYPE BIGINT",
        *INSERTS[1:],
        by_spark=True,
        enableTypeWidening="true",
    ),
    made(
        "clustering",
        "clustered",
        *INSERTS,
        "OPTIMIZE {t}",
        clause="CLUSTER BY (id, v)",
        by_spark=True,
    ),
    made("OPTIMIZE", "compacted", *DML, "OPTIMIZE {t}", *INSERTS[:1]),
    made(
        "OPTIMIZE",
        "z_ordered",
        *DML,
        "OPTIMIZE {t} ZORDER BY (id, n)",
        clause="PARTITIONED BY (g)",
    ),
    made(
        "RESTORE",
        "restored",
        *DML,
        "RESTORE TABLE {t} TO VERSION AS OF 2",
        UPDATE,
    ),
    made(
        "ALTER TABLE",
        "more_columns",
        INSERTS[0],
        "ALTER TABLE {t} ADD COLUMN more DATE",
        INSERTS[1],
        "UPDATE {t} SET more = DATE '2024-01-01' WHERE id < 3",
    ),
    made(
        "all together",
        "everything",
        *DML,
        UPDATE,
        columns="id BIGINT, g INT, v STRING, n INT",
        clause="PARTITIONED BY (g)",
        by_spark=True,
        enableDeletionVectors="true",
        columnMapping__mode="name",
        enableChangeDataFeed="true",
        enableRowTracking="true",
        enableInCommitTimestamps="true",
        checkpointPolicy="v2",
        checkpointInterval="3",
    ),
)
