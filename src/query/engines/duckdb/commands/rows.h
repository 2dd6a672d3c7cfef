#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lakehouse::query::duckdb {

/// Microseconds since 1970-01-01 in UTC.
struct Instant {
  int64_t microseconds = 0;
};

using Texts = std::vector<std::string>;
using TextMap = std::map<std::string, std::string>;
/// A value of a command's answer; monostate is null.
using Cell = std::variant<std::monostate, bool, int64_t, std::string, Instant, Texts, TextMap>;

enum class CellType { kBoolean, kInteger, kText, kInstant, kTexts, kTextMap };

struct Column {
  std::string name;
  CellType type = CellType::kText;
};

/// Rows as one batch; each row has a cell of the column's type, or null, for every column.
std::shared_ptr<arrow::RecordBatch> MakeRows(const std::vector<Column>& columns,
                                             const std::vector<std::vector<Cell>>& rows);

}  // namespace lakehouse::query::duckdb
