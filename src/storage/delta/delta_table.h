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

/// OpenTable for a reader of older versions: where the latest one needs a reader feature that we do
/// not have, only Latest() is Unsupported LK-3002.
std::shared_ptr<Table> OpenAnyVersion(const io::Location& location, const StorageContext& context);

/// Writes version 0 with put-if-absent. AlreadyExists LK-3006 when the place already has a log.
/// With `fill`, the files that it adds are part of version 0 (CREATE TABLE AS SELECT).
std::shared_ptr<Table> CreateTable(const io::Location& location, const StorageContext& context,
                                   const CreateTableOptions& options,
                                   const CommitDescription& description,
                                   const std::vector<NewFile>& files = {});

}  // namespace lakehouse::storage::delta
