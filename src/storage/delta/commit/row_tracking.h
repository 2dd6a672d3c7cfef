#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "storage/delta/log/actions.h"

namespace lakehouse::storage::delta {

// Row ids and commit versions (PROTOCOL.md, "Row Tracking").

constexpr char kRowTrackingDomain[] = "delta.rowTracking";

/// Must new files get row ids? (The feature is there and not suspended.)
bool AssignsRowIds(const Protocol& protocol, const TableMetadata& metadata);

/// Is delta.enableRowTracking on, with its feature?
bool TracksRows(const Protocol& protocol, const TableMetadata& metadata);

/// The highest row id that the text of the domain says; -1 when there is none.
int64_t ParseRowIdMark(const std::string& configuration);
int64_t RowIdMarkOf(const std::map<std::string, std::string>& domains);

/// Gives the added files that have none a base row id above `mark` and `version` as their commit
/// version, and sets the domain when the mark moved. InvalidArgument LK-3022 for a file without a
/// record count.
void AssignRowIds(int64_t mark, int64_t version, Actions& actions);

/// Names for the columns that keep the ids of rows that are copied, where the metadata has none and
/// tracks rows.
void NameRowIdColumns(TableMetadata& metadata, Random& random);

}  // namespace lakehouse::storage::delta
