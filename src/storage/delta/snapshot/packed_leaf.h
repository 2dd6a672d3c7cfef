#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "storage/delta/snapshot/packed_stats.h"
#include "storage/snapshot.h"

namespace lakehouse::storage::delta {

/// What the statistics of a block's files say of one leaf column: ParseLeaf of each text, in less
/// time. Valid as long as what it is made of.
class PackedLeaf {
 public:
  /// `column` is the way to it in data files.
  PackedLeaf(const PackedStats& stats, const ColumnPath& column, const DataType& type);

  LeafStats at(size_t index) const;

 private:
  /// One bound of the files of one shape.
  struct Bound {
    const PackedValues* values = nullptr;  ///< null: the shape has none
    bool quoted = false;
    std::vector<std::optional<Value>> by_code;  ///< where there are few values
  };
  struct Shape {
    Bound min, max, nulls;
  };
  Bound BoundIn(const PackedStats::Rows& rows, const char* group, const DataType& type,
                bool upper) const;
  static std::optional<Value> ValueOf(const Bound& bound, size_t row, const DataType& type,
                                      bool upper);

  const PackedStats& stats_;
  const ColumnPath& column_;
  const DataType& type_;
  const DataTypePtr count_type_ = DataType::Primitive(TypeId::kLong);
  std::vector<Shape> shapes_;
};

}  // namespace lakehouse::storage::delta
