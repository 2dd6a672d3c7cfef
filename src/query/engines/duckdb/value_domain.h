#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "query/engines/duckdb/pch.h"
#include "storage/snapshot.h"

namespace lakehouse::query::duckdb {

/// What is known of the value of an expression in the rows of one file.
struct ValueDomain {
  dk::Value min = dk::Value();  ///< NULL: no lower bound is known
  dk::Value max = dk::Value();
  bool may_be_null = true;
  bool may_be_value = true;  ///< false: it is NULL in every row
};

class GeneratedBounds;

/// What is known of a file in a field of the column `_metadata`; nothing for another field.
using FileFacts = std::function<std::optional<dk::Value>(size_t file, const std::string& field)>;

/// Finds the domains of expressions over the columns of a scan, from partition values and
/// statistics: of columns, fields of structs and of `_metadata`, constants, and what monotone
/// functions and casts make of them. Anything else is unbounded. For one statement and thread.
class DomainFinder {
 public:
  /// `columns`: positions in the schema by the scan's column index.
  DomainFinder(dk::ClientContext& context, const storage::Snapshot& snapshot,
               std::vector<dk::column_t> columns, FileFacts facts = nullptr);

  ValueDomain Find(const dk::Expression& expression, size_t file);

  /// The value of an expression in which every column is a partition column; false when there is
  /// another column, or it cannot be computed beforehand. Values are kept, by those of the columns.
  bool Evaluate(const dk::Expression& expression, size_t file, dk::Value& value);

 private:
  ValueDomain OfPath(const storage::ColumnPath& path, const storage::DataType& type, size_t file);
  ValueDomain OfFunction(const dk::BoundFunctionExpression& call, size_t file);
  /// The domain of `apply` over `argument`, which grows with it.
  ValueDomain Map(const ValueDomain& argument, bool by_time_zone, bool falling,
                  const std::function<bool(dk::Value&)>& apply);
  const storage::Field* FieldOf(const dk::Expression& expression, storage::ColumnPath& path) const;
  /// The value of a field of `_metadata`; nothing for another expression.
  std::optional<dk::Value> FactOf(const dk::Expression& expression, size_t file) const;
  bool Substitute(dk::unique_ptr<dk::Expression>& expression, size_t file, std::string& key);

  dk::ClientContext& context_;
  const storage::Snapshot& snapshot_;
  const std::vector<dk::column_t> columns_;
  const FileFacts facts_;
  const std::shared_ptr<const GeneratedBounds> generated_;
  std::map<storage::ColumnPath, std::shared_ptr<const storage::ColumnBounds>> bounds_;
  std::map<std::string, std::pair<bool, dk::Value>> evaluated_;
};

}  // namespace lakehouse::query::duckdb
