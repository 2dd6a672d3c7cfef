#pragma once

#include <arrow/type_fwd.h>

#include <string>
#include <vector>

namespace lakehouse::sqltest {

/// Every row as its cells separated by tabs, as FormatCell writes them.
void ReadRows(arrow::RecordBatchReader& reader, std::vector<std::string>& rows);

}  // namespace lakehouse::sqltest
