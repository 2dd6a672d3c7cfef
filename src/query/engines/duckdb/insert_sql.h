#pragma once

#include <optional>
#include <string>

#include "query/engines/duckdb/dialect/dialect.h"
#include "storage/snapshot.h"

namespace lakehouse::query::duckdb {

/// Begins the message of a row that does not match the condition of its REPLACE WHERE.
inline constexpr char kReplaceWhereMark[] = "REPLACE WHERE: ";

/// The engine's statement for an INSERT into a table with this metadata. `target` is the table's
/// quoted name. What is replaced and what is new are one MERGE, and so one commit:
/// - PARTITION (p = 1, q): the rows get the constant, q comes last.
/// - OVERWRITE with PARTITION, or with `dynamic` on a partitioned table: rows of the partitions
/// that
///   are named, with `dynamic` of those that get new rows.
/// - REPLACE WHERE: rows that match; a new row that does not is LK-4070.
/// InvalidArgument LK-4069 for a PARTITION clause that does not fit the table.
std::string InsertSql(const dialect::InsertRows& insert, const std::string& target,
                      const storage::TableMetadata& metadata, bool dynamic);

/// The condition on the rows that an INSERT takes the place of, as it is in the history; empty for
/// the partitions of the new rows. Nothing when it only adds rows, or replaces all of them.
std::optional<std::string> ReplacedRows(const dialect::InsertRows& insert,
                                        const storage::TableMetadata& metadata, bool dynamic);

/// Are all rows of the table to be replaced?
bool OverwritesAll(const dialect::InsertRows& insert, const storage::TableMetadata& metadata,
                   bool dynamic);

}  // namespace lakehouse::query::duckdb
