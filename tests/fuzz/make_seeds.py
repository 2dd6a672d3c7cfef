"""Writes the inputs that fuzzing begins with: small ones, and files of conformance tables.

usage: make_seeds.py CORPUS_DIRECTORY [CONFORMANCE_DIRECTORY]
"""

import gzip
import hashlib
import io
import struct
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = (
    '{"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{}},'
    '{"name":"b","type":"string","nullable":false,"metadata":{"comment":"c"}},'
    '{"name":"d","type":"decimal(10,2)","nullable":true,"metadata":{}},'
    '{"name":"e","type":{"type":"array","elementType":"date","containsNull":true},'
    '"nullable":true,"metadata":{}},{"name":"f","type":{"type":"map","keyType":"string",'
    '"valueType":"timestamp","valueContainsNull":true},"nullable":true,"metadata":{}},'
    '{"name":"g","type":{"type":"struct","fields":[{"name":"h","type":"double",'
    '"nullable":true,"metadata":{}},{"name":"i","type":"timestamp_ntz","nullable":true,'
    '"metadata":{}}]},"nullable":true,"metadata":{}}]}'
)
STATS = (
    '{"numRecords":2,"minValues":{"a":-1,"b":"x","d":1.5,"g":{"h":-0.5,'
    '"i":"2024-01-01T00:00:00.000"}},"maxValues":{"a":9223372036854775807,"b":"z","d":2.25,'
    '"g":{"h":1e308,"i":"2024-01-01T00:00:00.999"}},"nullCount":{"a":0,"b":1,"d":0,"g":{"h":0}}}'
)
QUOTED = SCHEMA.replace('"', '\\"')
LOG = (
    '{"commitInfo":{"timestamp":1,"operation":"WRITE","operationParameters":{"mode":"Append"},'
    '"txnId":"x","isBlindAppend":true}}\n'
    '{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["timestampNtz"],'
    '"writerFeatures":["timestampNtz","domainMetadata"]}}\n'
    '{"metaData":{"id":"i","format":{"provider":"parquet","options":{}},"schemaString":"'
    + QUOTED
    + '","partitionColumns":["b"],"configuration":{"delta.appendOnly":"true"},"createdTime":1}}\n'
    '{"add":{"path":"b=x%20y/f.parquet","partitionValues":{"b":"x y"},"size":1,'
    '"modificationTime":2,"dataChange":true,"stats":"{\\"numRecords\\":1}","tags":{"k":"v"}}}\n'
    '{"remove":{"path":"g.parquet","deletionTimestamp":3,"dataChange":true}}\n'
    '{"txn":{"appId":"a","version":4,"lastUpdated":5}}\n'
    '{"domainMetadata":{"domain":"d","configuration":"{}","removed":false}}\n'
)
CHECKSUM = (
    '{"tableSizeBytes":1,"numFiles":1,"numMetadata":1,"numProtocol":1,"setTransactions":'
    '[{"appId":"a","version":1}],"domainMetadata":[{"domain":"d","configuration":"{}",'
    '"removed":false}],"metadata":{"id":"i","format":{"provider":"parquet","options":{}},'
    '"schemaString":"' + QUOTED + '","partitionColumns":[],"configuration":{},"createdTime":1},'
    '"protocol":{"minReaderVersion":1,"minWriterVersion":2},"numDeletedRecordsOpt":0}'
)
HTTP = (
    "POST /v1/sql?x=%20a&y HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    'Content-Length: 35\r\n\r\n{"sql": "SELECT 1", "roles": ["a"]}',
    "GET /v1/jobs/a%2fb/runs HTTP/1.1\r\nHost: [::1]:8443\r\nX-Request-Id: r-1\r\n\r\n",
    "POST /v1/sql HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
)
S3_ANSWERS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>lake</Name>'
    "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
    "<NextContinuationToken>a+b/=</NextContinuationToken><Contents><Key>t/a+b%2Bc%C3%A4&amp;</Key>"
    "<LastModified>2009-10-12T17:50:30.125Z</LastModified><ETag>&quot;e&quot;</ETag>"
    "<Size>42</Size></Contents><CommonPrefixes><Prefix>t/d/</Prefix></CommonPrefixes>"
    "</ListBucketResult>",
    "<Error><Code>PermanentRedirect</Code><Message>no</Message><Region>eu</Region></Error>",
    "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
    "<!DOCTYPE x [<!ENTITY a 'b'>]><ListBucketResult>&a;</ListBucketResult>",
)
CSV = (
    "a,b,c,d,e,f,g\n"
    '1,"x ""y"", z",1.5,2024-02-29,2024-01-01T10:00:00Z,12.50,true\n'
    ",,,,,,\n"
    '-9223372036854775808,"two\nlines",NaN,1970-01-01,2024-01-01 10:00:00.123456,-0.01,f\n'
    "too,few\n"
    "1,2,3,4,5,6,7,8\n"
)
NDJSON = (
    '{"a":1,"b":"x","c":1.5,"d":"2024-02-29","e":"2024-01-01T10:00:00Z","f":12.5,"g":true}\n'
    '{"a":"not a number","b":{"x":[1,2,{"y":null}]},"new":"\\u00e9\\ud83d\\ude00"}\n'
    '\n[1,2]\n{"a":1,}\n'
    '{"a":9223372036854775808,"c":1e400,"f":123456789.123,"g":null,"a":2}\n'
)
CONFIG = """storage:
  data_root: /tmp/x
  target_file_size: 64MiB
  allowed_locations: [/data, "${env:X}"]
query: {threads: 2, timeout: 1h, memory_limit: 2GiB}
server:
  port: 0
monitoring: {log_level: info}
"""
STATEMENTS = [
    "SELECT * FROM a.b.c VERSION AS OF 3 WHERE x = 'it''s' -- c\n; SELECT 1",
    "CREATE TABLE IF NOT EXISTS a.b (x BIGINT NOT NULL COMMENT 'c', y DECIMAL(10,2), "
    "z MAP<STRING, ARRAY<INT>>) USING DELTA PARTITIONED BY (x) TBLPROPERTIES ('k' = 'v') "
    "COMMENT 't' LOCATION '/x'",
    "INSERT OVERWRITE t SELECT * FROM delta.`/p` TIMESTAMP AS OF '2024-01-01'",
    "DESCRIBE HISTORY t; DESCRIBE DETAIL t; SHOW TABLES IN a LIKE 'x*'; SHOW TBLPROPERTIES t",
    "CREATE OR REPLACE VIEW v (a, b) AS SELECT $1, E'\\n', $$ ; $$ /* /* nested */ */",
    "ALTER TABLE t ADD COLUMNS (a.b INT NOT NULL COMMENT 'x' AFTER c, d STRING FIRST)",
    "ALTER TABLE t ALTER COLUMN a.element SET DATA TYPE DECIMAL(10, 2)",
    "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0 AND b <> ')')",
    "ALTER TABLE t SET TBLPROPERTIES ('delta.appendOnly' = TRUE, a.b = -1)",
    "CREATE TABLE t (id BIGINT GENERATED ALWAYS AS IDENTITY (START WITH -1 INCREMENT BY 2), "
    "a INT DEFAULT 1 + f(2), b DATE GENERATED ALWAYS AS (CAST(a AS DATE)), CHECK (a < 3)) "
    "CLUSTER BY (a, s.b)",
    "INSERT OVERWRITE t PARTITION (p = 1, q) (a) VALUES (2)",
    "INSERT INTO t REPLACE WHERE a IS DISTINCT FROM 3 SELECT at FROM u WHERE at < 3",
    "MERGE INTO t AS x USING s ON x.a = s.a WHEN MATCHED THEN UPDATE SET x.a = s.a",
    "ALTER TABLE a RENAME TO b; DROP TABLE IF EXISTS t PURGE; EXPLAIN ANALYZE SELECT 1",
]
PARTITION_TEXTS = {
    0: ["true", "FALSE"],
    4: ["-9223372036854775808", "0"],
    6: ["NaN", "-Infinity", "1e-320", "0.1"],
    7: ["a b/c=%", "\u00e9"],
    8: ["\\u0001\\u0041"],
    9: ["2024-02-29", "-0001-01-01", "9999-12-31"],
    10: ["2024-01-01T00:00:00.123456Z", "2024-01-01 00:00:00"],
    11: ["1969-12-31 23:59:59.999999"],
    30: ["12.50", "-0.01", "99999999999999999999999999999999999999"],
}


def copy_row(*cells: bytes | None) -> bytes:
    """Return one row of PostgreSQL's binary COPY."""
    row = struct.pack(">h", len(cells))
    for cell in cells:
        row += struct.pack(">i", -1) if cell is None else struct.pack(">i", len(cell)) + cell
    return row


def copy_streams() -> Iterator[bytes]:
    """Yield streams for pairs of columns; the first byte chooses them (copy_fuzz.cc)."""
    values = [
        b"\1", struct.pack(">h", -2), struct.pack(">i", 7), struct.pack(">q", 1 << 62),
        struct.pack(">I", 26), struct.pack(">f", 1.5), struct.pack(">d", -0.0),
        struct.pack(">hhHhhh", 2, 0, 0, 2, 12, 5000), struct.pack(">hhHh", 0, 0, 0xC000, 0),
        struct.pack(">hhHhh", 1, 0, 0x4000, 3, 1), "h\u00e9".encode(), b'\1{"a":1}', b"\0\xff",
        struct.pack(">i", 8000), struct.pack(">q", 0x7FFFFFFFFFFFFFFF),
        struct.pack(">iiiiiiii", 1, 1, 23, 2, 1, 4, 9, -1),
        struct.pack(">iiiiii", 1, 0, 25, 1, 1, 1) + b"x",
        struct.pack(">iiiiii", 1, 0, 1700, 1, 1, 10) + struct.pack(">hhHhh", 1, 0, 0, 0, 42),
    ]  # fmt: skip
    for choice in range(len(values)):
        first, second = values[choice], values[choice * 7 % len(values)]
        body = copy_row(first, second) + copy_row(None, second) + b"\xff\xff"
        for special in range(3):
            yield bytes([choice, special]) + body


def parquet(table: pa.Table, **options: object) -> bytes:
    """Return a table as the bytes of a Parquet file."""
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def parquet_files() -> Iterator[bytes]:
    """Yield small Parquet files of several encodings."""
    table = pa.table(
        {
            "a": pa.array([1, None, 3], pa.int64()),
            "b": ["x", "y", None],
            "c": [[1, 2], [], None],
            "d": [{"e": 1.5}, None, {"e": None}],
        }
    )
    for codec in ["none", "snappy", "zstd", "gzip"]:
        yield parquet(table, compression=codec)
    yield parquet(table, use_dictionary=False, data_page_version="2.0", write_statistics=False)
    yield parquet(table.slice(0, 0))


def checkpoint() -> bytes:
    """Return a classic checkpoint."""
    text = pa.string()
    pairs = pa.map_(text, text)
    schema = pa.schema(
        {
            "protocol": pa.struct({"minReaderVersion": pa.int32(), "minWriterVersion": pa.int32()}),
            "metaData": pa.struct(
                {
                    "id": text,
                    "schemaString": text,
                    "partitionColumns": pa.list_(text),
                    "configuration": pairs,
                    "createdTime": pa.int64(),
                }
            ),
            "add": pa.struct(
                {
                    "path": text,
                    "partitionValues": pairs,
                    "size": pa.int64(),
                    "modificationTime": pa.int64(),
                    "stats": text,
                }
            ),
        }
    )
    rows = [
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {"metaData": {"id": "i", "schemaString": SCHEMA, "partitionColumns": ["b"],
                      "configuration": [("k", "v")], "createdTime": 1}},
        {"add": {"path": "b=x/f.parquet", "partitionValues": [("b", "x")], "size": 1,
                 "modificationTime": 1, "stats": STATS}},
    ]  # fmt: skip
    return parquet(pa.Table.from_pylist(rows, schema=schema))


def texts(kind: int, text: str) -> Iterator[bytes]:
    """Yield a text file plain, as gzip and as zip, behind the byte of its options."""
    plain = text.encode()
    yield bytes([kind]) + plain
    yield bytes([kind]) + gzip.compress(plain, mtime=0)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr(zipfile.ZipInfo("x.csv"), plain)
    yield bytes([kind]) + archive.getvalue()


def deletion_vectors() -> Iterator[bytes]:
    """Yield vectors with an array, a bitset and runs, in both forms."""
    array = struct.pack("<IIHHIHH", 12346, 1, 0, 1, 16, 3, 9)
    bits = struct.pack("<IIHHI", 12346, 1, 2, 4999, 16) + b"\xff" * 625 + b"\0" * 7567
    runs = struct.pack("<HHBHHHHHHH", 12347, 0, 1, 0, 299, 2, 5, 99, 200, 199)
    for bitmap in (array, bits, runs):
        yield struct.pack("<IQI", 1681511377, 1, 0) + bitmap
        yield struct.pack("<III", 1681511376, 1, len(bitmap)) + bitmap
    yield b"HelloWorld"


def variants() -> Iterator[bytes]:
    """Yield JSON texts, and metadata and value behind the length of the metadata."""
    yield b'{"a": [1, 2.50, "x", null, true, 1e300], "b": {"c": -129}}'
    yield b'[12345678901234567890.5, 70000, "' + b"x" * 70 + b'"]'
    metadata = b"\x01\x01\x00\x01a"
    for value in (
        b"\x02\x01\x00\x00\x02\x0c\x01",
        b"\x03\x01\x00\x01\x00",
        b"\x2c\x00\x4e\x00\x00",
    ):
        yield bytes([len(metadata)]) + metadata + value


def seeds() -> dict[str, list[bytes]]:
    """Return the inputs of each target."""
    return {
        "config": [CONFIG.encode(), b"storage:\n  data_rot: x\n", b"{}"],
        "delta_log": [LOG.encode(), LOG.splitlines()[0].encode()],
        "dialect": [sql.encode() for sql in STATEMENTS],
        "parquet": list(parquet_files()),
        "checkpoint": [checkpoint(), *(bytes([first]) * 200 for first in range(0, 70, 7))],
        "schema": [SCHEMA.encode(), SCHEMA.encode() + b"\0" + STATS.encode()],
        "partition": [
            bytes([kind]) + text.encode() for kind, some in PARTITION_TEXTS.items() for text in some
        ],
        "csv": [seed for kind in (0, 1, 2, 8, 16) for seed in texts(kind, CSV)],
        "ndjson": [seed for kind in (0, 1) for seed in texts(kind, NDJSON)],
        "copy": list(copy_streams()),
        "delta_checksum": [CHECKSUM.encode(), b"{}"],
        "deletion_vector": list(deletion_vectors()),
        "variant": list(variants()),
        "http": [request.encode() for request in HTTP],
        "s3_xml": [xml.encode() for xml in S3_ANSWERS],
    }


def conformance(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield what others wrote, as far as it is small; it is read where it lies and never kept."""
    kinds = {
        "*.json": "delta_log",
        "*.crc": "delta_checksum",
        "*.checkpoint.parquet": "checkpoint",
        "part-*.parquet": "parquet",
    }
    limit = 16 * 1024
    for pattern, target in kinds.items():
        for path in sorted(folder.rglob(pattern))[:400]:
            if path.is_file() and path.stat().st_size <= limit:
                yield target, path.read_bytes()


def main() -> None:
    """Write one folder of inputs per target."""
    corpus = Path(sys.argv[1])
    inputs = [(target, seed) for target, some in seeds().items() for seed in some]
    if len(sys.argv) > 2:
        inputs += conformance(Path(sys.argv[2]))
    for target, seed in inputs:
        folder = corpus / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)


if __name__ == "__main__":
    main()
