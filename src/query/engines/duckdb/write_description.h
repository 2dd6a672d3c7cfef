#pragma once

#include <map>
#include <string>

#include "query/engines/duckdb/changed_files.h"
#include "query/engines/duckdb/pch.h"
#include "storage/row_rules.h"

namespace lakehouse::query::duckdb {

/// The rules for rows that statements of this engine keep.
storage::RowRules KeptRules();

/// Fills in parameters and metrics as Spark names them, while `write` still has its files.
void DescribeWrite(const PendingWrite& write, const std::string& operation,
                   const ChangedFiles& changed, storage::CommitDescription& description);

/// operationParameters of a DELETE, UPDATE or MERGE: its conditions, as JSON texts. Empty for other
/// statements.
std::map<std::string, std::string> ParametersOf(const dk::SQLStatement& statement);

}  // namespace lakehouse::query::duckdb
