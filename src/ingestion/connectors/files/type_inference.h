#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string_view>

namespace lakehouse::ingestion::connectors::files {

/// Narrows down what the cells of one text column have in common.
class TypeInference {
 public:
  /// Takes a cell that is not null.
  void Observe(std::string_view cell);
  /// The first of bigint, double, boolean, date, timestamp that fits every cell, else string;
  /// string also when there was no cell. Numbers with leading zeros (codes such as 00501) are
  /// string.
  std::shared_ptr<arrow::DataType> Result() const;

 private:
  unsigned possible_ = ~0U;
  bool seen_ = false;
};

}  // namespace lakehouse::ingestion::connectors::files
