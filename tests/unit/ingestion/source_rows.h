#pragma once

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ingestion/connectors/connector.h"

namespace lakehouse::ingestion {

/// What one reading of a source gave.
struct SourceRows {
  connectors::Discovery discovery;
  std::shared_ptr<arrow::Table> table;
  std::vector<connectors::RejectedRow> rejected;
  std::vector<std::string> marks;
  int64_t rescued = 0;

  /// Text of a cell, "null" for none.
  std::string Cell(const std::string& column, int64_t row) const {
    return table->GetColumnByName(column)->GetScalar(row).ValueOrDie()->ToString();
  }
  std::string TypeOf(const std::string& column) const {
    return table->schema()->GetFieldByName(column)->type()->ToString();
  }
};

inline SourceRows ReadSource(connectors::Source& source,
                             const connectors::SourceContext& context = {},
                             std::shared_ptr<arrow::Schema> target = nullptr) {
  SourceRows result;
  result.discovery = source.Discover(context);
  if (!result.discovery.anything) return result;
  if (target == nullptr) target = source.ProposeSchema();
  source.Start(target);
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  while (true) {
    connectors::SourceBatch batch;
    if (!source.Next(batch)) break;
    if (batch.rows != nullptr) {
      EXPECT_TRUE(batch.rows->ValidateFull().ok()) << batch.rows->ValidateFull().ToString();
      batches.push_back(batch.rows);
    }
    result.rescued += batch.rows_rescued;
    result.rejected.insert(result.rejected.end(), batch.rejected.begin(), batch.rejected.end());
  }
  result.table = arrow::Table::FromRecordBatches(target, batches).ValueOrDie();
  result.marks = source.FinishedMarks();
  return result;
}

/// The code of the error that `action` throws, empty when it throws none.
template <typename Action>
std::string CodeOf(Action&& action) {
  try {
    action();
    return "";
  } catch (const Error& error) {
    return error.code();
  }
}

}  // namespace lakehouse::ingestion
