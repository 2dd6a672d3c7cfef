#pragma once

#include <cstdint>
#include <optional>

#include "storage/snapshot.h"

namespace lakehouse::storage::delta {

/// Looks through the type changes that fields of the schema have been through (PROTOCOL.md, "Type
/// Change Metadata"). Unsupported LK-3002 for one that readers need not know how to convert.
void CheckTypeChanges(const Schema& schema);

/// Changes the type of the column, or the element, key or value, at `path` to a wider one, and
/// writes the change down (delta.typeChanges). NotFound LK-4056 for a column that is not there;
/// InvalidArgument LK-4058 for a change that is no widening, or when delta.enableTypeWidening is
/// not true. The same type changes nothing. `preview_version` is the version of the commit, for a
/// table that has the feature by the name of its preview.
TableMetadata WidenType(TableMetadata metadata, const ColumnPath& path, const DataTypePtr& type,
                        std::optional<int64_t> preview_version = std::nullopt);

}  // namespace lakehouse::storage::delta
