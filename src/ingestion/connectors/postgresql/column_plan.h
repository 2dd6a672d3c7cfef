#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ingestion/connectors/postgresql/value_decoder.h"

namespace lakehouse::ingestion::connectors::postgresql {

/// One column as the server's catalog describes it; a domain is described by its base type.
struct ServerColumn {
  std::string name;
  uint32_t type_oid = 0;
  int32_t type_modifier = -1;
  uint32_t element_oid = 0;  ///< of an array type, else 0
};

/// How one column is copied.
struct ColumnPlan {
  std::string name;
  std::string expression;  ///< in the SELECT of the copy
  WireForm form = WireForm::kText;
  WireForm element = WireForm::kText;
  std::shared_ptr<arrow::DataType> type;
};

struct PlanOptions {
  /// Type of numeric without precision and scale, or with more than decimal has; empty means
  /// string.
  std::shared_ptr<arrow::DataType> unconstrained_numeric;
  bool arrays_as_text = false;
};

/// bool, integers, floats, numeric, money, text, bytea, date, timestamps, JSON and one-dimensional
/// arrays of them exactly; every other type as the server's text of it.
ColumnPlan PlanColumn(const ServerColumn& column, const PlanOptions& options);

}  // namespace lakehouse::ingestion::connectors::postgresql
