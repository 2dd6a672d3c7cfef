#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "storage/table.h"

namespace lakehouse::storage::delta {

/// Is there a `_delta_log` with at least one commit or checkpoint?
bool IsDeltaTable(const io::Location& location);

/// Opens an existing table. NotFound LK-3001 "not a Delta table" when there is no log; Unsupported
/// LK-3002 with the feature's name for reader features (or a reader version) that we do not have;
/// Corruption LK-3003 for a log that breaks the protocol (gap, duplicate or missing protocol or
/// metadata, bad JSON).
std::shared_ptr<Table> OpenTable(const io::Location& location, const StorageContext& context);

/// Protocol and metadata of the latest version: from its version checksum where there is one, so
/// that no commit is read, else as OpenTable finds them. Errors as OpenTable.
TableHead ReadTableHead(const io::Location& location);

/// The table at a place without reading anything: what OpenTable would find is found by who asks
/// for a snapshot, and a reader of older versions gets them also where only the latest one is
/// Unsupported LK-3002.
std::shared_ptr<Table> OpenAnyVersion(const io::Location& location, const StorageContext& context);

/// The latest version for who wants to know what the table is and not which files it has: by the
/// version's checksum, where there is one, so that no commit and no checkpoint is read. The files
/// of that version are read when they are asked for; NotFound LK-3004 when the log was cleaned
/// meanwhile. Errors as Table::Latest().
SnapshotPtr LatestHead(Table& table);

/// Writes version 0 with put-if-absent. AlreadyExists LK-3006 when the place already has a log.
/// With `fill`, the files that it adds are part of version 0 (CREATE TABLE AS SELECT).
std::shared_ptr<Table> CreateTable(const io::Location& location, const StorageContext& context,
                                   const CreateTableOptions& options,
                                   const CommitDescription& description,
                                   const std::vector<NewFile>& files = {});

}  // namespace lakehouse::storage::delta
