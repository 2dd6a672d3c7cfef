#pragma once

#include <string>
#include <vector>

#include "storage/snapshot.h"

namespace lakehouse::storage::parquet {

/// The columns in a list as delta.dataSkippingStatsColumns has it: "a, b.c, `odd name`.d", without
/// regard to case; in the spelling of the schema. Names that are not there are left out.
std::vector<ColumnPath> FindColumns(const Schema& schema, const std::string& list);

/// Such a list.
std::string ColumnList(const std::vector<ColumnPath>& columns);

}  // namespace lakehouse::storage::parquet
