"""One table's log in every layout that the Delta protocol knows, written without the engine."""

from __future__ import annotations

import copy
import json
import os
import re
import struct
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from handmade import z85

Action = dict[str, Any]

LAYOUTS = ("json", "v1", "multi-part", "v2-json", "v2-parquet", "compacted")
#: What each writer version brought: a table that gets its first feature by name lists them.
OLD_FEATURES = (
    (2, ["appendOnly", "invariants"]),
    (3, ["checkConstraints"]),
    (4, ["changeDataFeed", "generatedColumns"]),
    (5, ["columnMapping"]),
    (6, ["identityColumns"]),
)
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"

TEXTS = pa.map_(pa.string(), pa.string())
NAMES = pa.list_(pa.string())
VECTOR = pa.struct(
    {
        "storageType": pa.string(),
        "pathOrInlineDv": pa.string(),
        "offset": pa.int32(),
        "sizeInBytes": pa.int32(),
        "cardinality": pa.int64(),
    }
)
FILE = {
    "path": pa.string(),
    "partitionValues": TEXTS,
    "size": pa.int64(),
    "stats": pa.string(),
    "tags": TEXTS,
    "deletionVector": VECTOR,
    "baseRowId": pa.int64(),
    "defaultRowCommitVersion": pa.int64(),
    "dataChange": pa.bool_(),
}
COLUMNS = {
    "protocol": pa.struct(
        {
            "minReaderVersion": pa.int32(),
            "minWriterVersion": pa.int32(),
            "readerFeatures": NAMES,
            "writerFeatures": NAMES,
        }
    ),
    "metaData": pa.struct(
        {
            "id": pa.string(),
            "name": pa.string(),
            "description": pa.string(),
            "format": pa.struct({"provider": pa.string(), "options": TEXTS}),
            "schemaString": pa.string(),
            "partitionColumns": NAMES,
            "configuration": TEXTS,
            "createdTime": pa.int64(),
        }
    ),
    "txn": pa.struct({"appId": pa.string(), "version": pa.int64(), "lastUpdated": pa.int64()}),
    "domainMetadata": pa.struct(
        {"domain": pa.string(), "configuration": pa.string(), "removed": pa.bool_()}
    ),
    "add": pa.struct(
        {**FILE, "modificationTime": pa.int64(), "clusteringProvider": pa.string()}  # type: ignore
    ),
    "remove": pa.struct(
        {**FILE, "deletionTimestamp": pa.int64(), "extendedFileMetadata": pa.bool_()}
    ),
}
V2_COLUMNS = {
    **COLUMNS,
    "sidecar": pa.struct(
        {"path": pa.string(), "sizeInBytes": pa.int64(), "modificationTime": pa.int64()}
    ),
    "checkpointMetadata": pa.struct({"version": pa.int64()}),
}


def file_key(action: Action) -> tuple[str, str]:
    """Return what identifies a logical file: its path and deletion vector."""
    vector = action.get("deletionVector")
    if not vector:
        return action["path"], ""
    return (
        action["path"],
        f"{vector['storageType']}{vector['pathOrInlineDv']}{vector.get('offset')}",
    )


@dataclass
class State:
    """What some commits say, reconciled."""

    protocol: Action = field(default_factory=dict)
    metadata: Action = field(default_factory=dict)
    transactions: dict[str, Action] = field(default_factory=dict)
    domains: dict[str, Action] = field(default_factory=dict)
    adds: dict[tuple[str, str], Action] = field(default_factory=dict)
    removes: dict[tuple[str, str], Action] = field(default_factory=dict)
    time: int | None = None

    def apply(self, commit: list[Action]) -> None:
        """Replay one commit: what it removes, then what it adds."""
        for action in commit:
            if removed := action.get("remove"):
                self.adds.pop(file_key(removed), None)
                self.removes[file_key(removed)] = removed
        for action in commit:
            ((kind, body),) = action.items()
            if kind == "add":
                self.adds[file_key(body)] = body
                self.removes.pop(file_key(body), None)
            elif kind == "txn":
                self.transactions[body["appId"]] = body
            elif kind == "domainMetadata":
                self.domains[body["domain"]] = body
            elif kind == "protocol":
                self.protocol = body
            elif kind == "metaData":
                self.metadata = body
            elif kind == "commitInfo":
                self.time = body.get("inCommitTimestamp")

    def small(self, *, removed_domains: bool) -> list[Action]:
        """Return all but the files."""
        found = [{"protocol": self.protocol}] if self.protocol else []
        found += [{"metaData": self.metadata}] if self.metadata else []
        found += [{"txn": body} for body in self.transactions.values()]
        return found + [
            {"domainMetadata": body}
            for body in self.domains.values()
            if removed_domains or not body["removed"]
        ]

    def files(self) -> list[Action]:
        """Return the files and tombstones, those in a checkpoint being no change of data."""
        found = [{"add": {**body, "dataChange": False}} for body in self.adds.values()]
        return found + [{"remove": {**body, "dataChange": False}} for body in self.removes.values()]


def without_base85(text: str) -> bytes:
    """Decode Z85."""
    values = [DIGITS.index(letter) for letter in text]
    words = []
    for i in range(0, len(values), 5):
        number = 0
        for digit in values[i : i + 5]:
            number = number * 85 + digit
        words.append(struct.pack(">I", number))
    return b"".join(words)


def inlined(vector: Action, table: Path) -> Action:
    """Return the descriptor that holds the bytes of a vector in a file of the table."""
    text = vector["pathOrInlineDv"]
    name = f"deletion_vector_{uuid.UUID(bytes=without_base85(text[-20:]))}.bin"
    data = (table / text[:-20] / name).read_bytes()
    begin, size = vector["offset"], vector["sizeInBytes"]
    assert struct.unpack(">I", data[begin : begin + 4]) == (size,)
    held = data[begin + 4 : begin + 4 + size]
    return {
        "storageType": "i",
        "pathOrInlineDv": z85(held + b"\0" * (-size % 4)),
        "sizeInBytes": size,
        "cardinality": vector["cardinality"],
    }


class LaidTable:
    """A table with JSON commits, whose log is written anew beside links to its data files."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.commits: list[list[Action]] = []
        names = sorted(os.listdir(place / "_delta_log"))
        for version, name in enumerate(n for n in names if re.fullmatch(r"\d{20}\.json", n)):
            assert int(name[:20]) == version
            lines = (place / "_delta_log" / name).read_text(encoding="utf-8").splitlines()
            self.commits.append([json.loads(line) for line in lines if line])

    def inline_vectors(self) -> None:
        """Put every deletion vector into the log."""
        for commit in self.commits:
            for action in commit:
                for body in action.values():
                    if isinstance(body, dict) and body.get("deletionVector"):
                        body["deletionVector"] = inlined(body["deletionVector"], self.place)

    def set_domain(self, version: int, domain: str, configuration: str, removed: bool) -> None:
        """Let a commit set or remove a domain of somebody else."""
        body = {"domain": domain, "configuration": configuration, "removed": removed}
        self.commits[version].append({"domainMetadata": body})

    def allow_v2(self) -> LaidTable:
        """Return a table whose protocol lets its checkpoints be of the second kind."""
        other = copy.copy(self)
        other.commits = copy.deepcopy(self.commits)
        for protocol in (a["protocol"] for c in other.commits for a in c if "protocol" in a):
            listed = protocol.setdefault("writerFeatures", [])
            if protocol["minWriterVersion"] < 7:
                for version, names in OLD_FEATURES:
                    listed += names if version <= protocol["minWriterVersion"] else []
            readers = protocol.setdefault("readerFeatures", [])
            # What readers must know is in both lists, or in none.
            if protocol["minReaderVersion"] == 2:
                readers.append("columnMapping")
            elif "columnMapping" in listed and "columnMapping" not in readers:
                listed.remove("columnMapping")
            protocol.update(minReaderVersion=3, minWriterVersion=7)
            for names in (readers, listed):
                names += [] if "v2Checkpoint" in names else ["v2Checkpoint"]
        return other

    def state(self, version: int, begin: int = 0) -> State:
        """Return what the commits from ``begin`` to ``version`` say."""
        state = State()
        for commit in self.commits[begin : version + 1]:
            state.apply(commit)
        return state

    def lay(self, target: Path, layout: str, *, checksums: bool) -> list[int]:
        """Write the table into a folder; return the versions that can be read there."""
        if layout.startswith("v2"):
            return self.allow_v2().lay_log(target, layout, checksums)
        return self.lay_log(target, layout, checksums)

    def lay_log(self, target: Path, layout: str, checksums: bool) -> list[int]:
        """Link the data files and write the log."""
        for file in self.place.rglob("*"):
            name = file.relative_to(self.place)
            if file.is_file() and name.parts[0] != "_delta_log":
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                os.link(file, target / name)
        log = Writer(target / "_delta_log", self)
        last = len(self.commits) - 1
        first = 0
        if layout == "compacted":
            log.compact(0, 2)
            log.compact(3, last - 1)
        elif layout != "json":
            # The commits before the first checkpoint are gone, so that it is needed; another one
            # is before the end, so that commits follow it.
            first = 2
            for version in (first, last - 1):
                log.checkpoint(version, layout)
        for version in range(first, last + 1):
            log.commit(version)
            if checksums:
                log.checksum(version)
        return [*range(first, last + 1)]


def texts(kind: pa.DataType, value: Any) -> Any:
    """Return a value as pyarrow takes it for a type: maps are lists of pairs."""
    if value is None:
        return None
    if pa.types.is_map(kind):
        return [*value.items()]
    if pa.types.is_struct(kind):
        return {f.name: texts(f.type, value.get(f.name)) for f in kind}
    return value


def write_parquet(place: Path, columns: dict[str, pa.DataType], actions: list[Action]) -> None:
    """Write actions as the rows of a checkpoint."""
    rows = [{kind: texts(columns[kind], body) for kind, body in a.items()} for a in actions]
    place.parent.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, pa.schema(columns)), place)


class Writer:
    """Writes the files of one log."""

    def __init__(self, folder: Path, table: LaidTable) -> None:
        self.folder = folder
        self.table = table
        folder.mkdir(parents=True)

    def lines(self, name: str, actions: list[Action]) -> None:
        """Write a file of one action a line."""
        text = "".join(json.dumps(action) + "\n" for action in actions)
        (self.folder / name).write_text(text, encoding="utf-8")

    def commit(self, version: int) -> None:
        """Write a commit."""
        self.lines(f"{version:020}.json", self.table.commits[version])

    def compact(self, begin: int, end: int) -> None:
        """Write a log compaction file."""
        state = self.table.state(end, begin)
        self.lines(
            f"{begin:020}.{end:020}.compacted.json",
            state.small(removed_domains=True) + state.files(),
        )

    def checksum(self, version: int) -> None:
        """Write the checksum of a version."""
        state = self.table.state(version)
        content: Action = {
            "txnId": str(uuid.uuid4()),
            "tableSizeBytes": sum(body["size"] for body in state.adds.values()),
            "numFiles": len(state.adds),
            "numMetadata": 1,
            "numProtocol": 1,
            "setTransactions": [*state.transactions.values()],
            "domainMetadata": [body for body in state.domains.values() if not body["removed"]],
            "metadata": state.metadata,
            "protocol": state.protocol,
        }
        if state.time is not None:
            content["inCommitTimestampOpt"] = state.time
        (self.folder / f"{version:020}.crc").write_text(json.dumps(content), encoding="utf-8")

    def checkpoint(self, version: int, layout: str) -> None:
        """Write a checkpoint of a version and the hint to it."""
        state = self.table.state(version)
        small, files = state.small(removed_domains=False), state.files()
        hint: Action = {"version": version, "size": len(small) + len(files)}
        name = f"{version:020}.checkpoint"
        if layout == "v1":
            write_parquet(self.folder / f"{name}.parquet", COLUMNS, small + files)
        elif layout == "multi-part":
            hint["parts"] = 3
            actions = files + small
            for part in range(3):
                place = self.folder / f"{name}.{part + 1:010}.{3:010}.parquet"
                write_parquet(place, COLUMNS, actions[part::3])
        else:
            self.second_kind(f"{name}.{uuid.uuid4()}", version, layout, small, files)
        (self.folder / "_last_checkpoint").write_text(json.dumps(hint), encoding="utf-8")

    def second_kind(
        self, name: str, version: int, layout: str, small: list[Action], files: list[Action]
    ) -> None:
        """Write a V2 checkpoint: the files in sidecars, or, in one of two in JSON, in itself."""
        actions = [{"checkpointMetadata": {"version": version}}, *small]
        if layout == "v2-json" and version % 2 == 0:
            self.lines(f"{name}.json", actions + files)
            return
        for part in (files[::2], files[1::2]):
            place = self.folder / "_sidecars" / f"{uuid.uuid4()}.parquet"
            write_parquet(place, {kind: COLUMNS[kind] for kind in ("add", "remove")}, part)
            body = {"path": place.name, "sizeInBytes": place.stat().st_size, "modificationTime": 1}
            actions.append({"sidecar": body})
        if layout == "v2-parquet":
            write_parquet(self.folder / f"{name}.parquet", V2_COLUMNS, actions)
        else:
            self.lines(f"{name}.json", actions)
