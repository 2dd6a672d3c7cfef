"""Delta tables made by hand: logs line by line, files by pyarrow, deletion vectors in bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def z85(data: bytes) -> str:
    """Encode bytes, whose length is a multiple of 4."""
    text = ""
    for (word,) in struct.iter_unpack(">I", data):
        text += "".join(Z85[word // 85**power % 85] for power in (4, 3, 2, 1, 0))
    return text


def deletion_vector(rows: Iterable[int]) -> dict[str, Any]:
    """Return the descriptor of an inline vector of rows below 65,536."""
    values = sorted(rows)
    bitmap = struct.pack("<IIHHI", 12346, 1, 0, len(values) - 1, 16)
    bitmap += b"".join(struct.pack("<H", value) for value in values)
    data = struct.pack("<IQI", 1681511377, 1, 0) + bitmap
    padded = data + b"\0" * (-len(data) % 4)
    return {
        "storageType": "i",
        "pathOrInlineDv": z85(padded),
        "sizeInBytes": len(data),
        "cardinality": len(values),
    }


def field(name: str, kind: Any, identifier: int = 0, physical: str = "", **more: Any) -> Any:
    """Return a field of a schema; with ``identifier`` it is a mapped one."""
    metadata: dict[str, Any] = dict(more)
    if identifier:
        metadata["delta.columnMapping.id"] = identifier
        metadata["delta.columnMapping.physicalName"] = physical
    return {"name": name, "type": kind, "nullable": True, "metadata": metadata}


def record(*fields: Any) -> dict[str, Any]:
    """Return a struct type."""
    return {"type": "struct", "fields": list(fields)}


class Table:
    """A table that grows by the commits that it is given."""

    def __init__(
        self,
        path: Path,
        schema: dict[str, Any],
        *,
        partitions: Iterable[str] = (),
        properties: dict[str, str] | None = None,
        features: Iterable[str] = (),
        writer_features: Iterable[str] = (),
        reader: int = 3,
    ) -> None:
        self.path = path
        self.version = -1
        (path / "_delta_log").mkdir(parents=True)
        protocol: dict[str, Any] = {"minReaderVersion": 1, "minWriterVersion": 2}
        if features or writer_features:
            protocol = {"minReaderVersion": reader, "minWriterVersion": 7}
            if reader == 3:
                protocol["readerFeatures"] = list(features)
            protocol["writerFeatures"] = [*features, *writer_features]
        self.protocol = protocol
        self.metadata = {
            "id": "5fba94ed-9794-4965-ba6e-6ee3c0d22af9",
            "format": {"provider": "parquet", "options": {}},
            "schemaString": json.dumps(schema),
            "partitionColumns": list(partitions),
            "configuration": properties or {},
            "createdTime": 1,
        }

    def create(self, *actions: dict[str, Any], **info: Any) -> None:
        """Write version 0."""
        self.commit({"protocol": self.protocol}, {"metaData": self.metadata}, *actions, **info)

    def file(self, version: int, ending: str = "json") -> Path:
        """Return the place of a file of the log."""
        return self.path / "_delta_log" / f"{version:020}.{ending}"

    def commit(self, *actions: dict[str, Any], **info: Any) -> None:
        """Write the next version."""
        self.version += 1
        lines = [{"commitInfo": {"timestamp": 1, "operation": "WRITE", **info}}, *actions]
        self.file(self.version).write_text("\n".join(map(json.dumps, lines)) + "\n")

    def data(self, name: str, rows: pa.Table) -> dict[str, Any]:
        """Write a data file and return what an ``add`` says of it."""
        place = self.path / name
        place.parent.mkdir(exist_ok=True)
        pq.write_table(rows, place)
        return {
            "path": name,
            "partitionValues": {},
            "size": place.stat().st_size,
            "modificationTime": 1,
            "dataChange": True,
            "stats": json.dumps({"numRecords": rows.num_rows}),
        }
