#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lakehouse::ingestion::connectors::files {

/// Arrow's type of a name such as "bigint", "string" or "decimal(10,2)"; null when there is none.
std::shared_ptr<arrow::DataType> ParseTypeName(std::string_view name);

/// Reads the option `columns`: a JSON object {"name": "type"} or "name type, name type".
/// InvalidArgument LK-5002 for text that is neither and for unknown types.
std::vector<std::pair<std::string, std::shared_ptr<arrow::DataType>>> ParseColumns(
    const std::string& text);

}  // namespace lakehouse::ingestion::connectors::files
