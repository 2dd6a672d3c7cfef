#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lakehouse::ingestion::connectors {

/// Collects what did not fit into the columns of one batch, by row.
class Rescue {
 public:
  /// `origin` is the file, or the table of a database. Without a column for it (`enabled` false),
  /// Add throws InvalidSchema LK-5033.
  Rescue(std::string origin, bool enabled) : origin_(std::move(origin)), enabled_(enabled) {}

  void Add(int64_t row, std::string_view column, std::string_view raw);
  int64_t rows() const { return static_cast<int64_t>(values_.size()); }
  /// The _rescued_data column: {"column": "raw", ..., "_file_path": origin} or null.
  std::shared_ptr<arrow::Array> Finish(int64_t row_count) const;

 private:
  std::string origin_;
  bool enabled_;
  std::map<int64_t, std::vector<std::pair<std::string, std::string>>> values_;
};

}  // namespace lakehouse::ingestion::connectors
