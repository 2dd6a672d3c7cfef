#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "storage/parquet/data_file_writer.h"
#include "storage/table.h"

namespace lakehouse::storage {

enum class WriteMode { kAppend, kOverwrite };

struct AppendOptions {
  WriteMode mode = WriteMode::kAppend;
  /// Makes of what the table is what it is from this commit on; null: that stays.
  std::function<TableMetadata(const TableMetadata&)> evolve = nullptr;
  parquet::DataFileOptions files;
  CommitDescription description;
  /// Progress that is committed with the rows: application id and its new version.
  std::optional<std::pair<std::string, int64_t>> app_transaction;
  std::map<std::string, std::string> domains;  ///< domain -> state, committed with the rows
};

/// The rules for rows that who only appends, or replaces all rows, keeps; with values for all
/// columns of the table, or not.
RowRules RulesOfAppends(bool all_columns);

/// Writes all rows of `rows` as data files and commits them. Columns are matched by name without
/// regard to case; missing nullable columns become null; others, and types that do not fit without
/// loss, are InvalidSchema LK-3521. A table with rules for rows that are not kept here
/// (RulesOfAppends) is Unsupported LK-3020 before anything is written. On kConflict the files are
/// deleted, on kUnknown they stay.
CommitResult Append(Table& table, arrow::RecordBatchReader& rows, const AppendOptions& options,
                    const StorageContext& context);

}  // namespace lakehouse::storage
