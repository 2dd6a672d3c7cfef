#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <vector>

#include "storage/column_mapping.h"
#include "storage/delta/log/stats_json.h"
#include "storage/snapshot.h"

namespace lakehouse::storage::delta {

/// Statistics as a struct of typed columns: `stats_parsed` of a checkpoint (PROTOCOL.md,
/// "Checkpoint Schema"), by physical names. The first leaf columns that
/// `delta.dataSkippingNumIndexedCols` allows, partition columns left out.
class StatsColumns {
 public:
  StatsColumns(const TableMetadata& metadata, ColumnMapping mapping);

  /// struct<numRecords, tightBounds, minValues, maxValues, nullCount>; groups without a column are
  /// left out.
  std::shared_ptr<arrow::DataType> type() const { return type_; }
  /// Appends what the text says; null for a text that is none.
  void Append(std::string_view stats, arrow::StructBuilder& builder) const;

 private:
  /// A column or struct of the table; `leaf` is its place in leaves_, or -1 for a struct.
  struct Node {
    std::string name;
    int leaf = -1;
    std::vector<Node> children;
  };
  enum class Group { kMin, kMax, kNullCount };

  std::vector<Node> NodesOf(const std::vector<Field>& fields, ColumnMapping mapping,
                            ColumnPath& path, int& budget);
  std::shared_ptr<arrow::DataType> TypeOf(const std::vector<Node>& nodes, Group group) const;
  bool HasBounds(const Node& node) const;
  void AppendGroup(const std::vector<Node>& nodes, Group group, const ParsedStats& stats,
                   arrow::StructBuilder& builder) const;

  std::vector<Node> nodes_;
  std::vector<StatsLeaf> leaves_;
  std::shared_ptr<arrow::DataType> type_;
};

/// Internal LK-0001 unless a builder did what it was told.
void CheckBuilt(const arrow::Status& status);

/// Appends a value of a primitive type to the builder of its Arrow form; null for null.
void AppendValue(const Value& value, const DataType& type, arrow::ArrayBuilder& builder);

}  // namespace lakehouse::storage::delta
