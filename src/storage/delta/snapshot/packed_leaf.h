#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
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
  /// Sets the bounds of the files whose numbers are in `files`, in the order of the block; those of
  /// number `gone` are left out. As at(), for many in less time.
  void Fill(std::span<const uint32_t> files, uint32_t gone, ColumnBounds& bounds) const;

  /// Are the bounds of such a column whole numbers?
  static bool HasNumbers(const DataType& type);
  /// Where the bounds of such a column go: Fill, also by several threads for files of their own.
  struct NumberBounds {
    explicit NumberBounds(ColumnBounds& bounds)
        : min(bounds.min.Numbers()), max(bounds.max.Numbers()), nulls(bounds.null_count) {}
    void Set(size_t file, const Value& least, const Value& greatest, int64_t null_count) const;

    ValueColumn::NumberWriter min, max;
    std::vector<int64_t>& nulls;
  };
  void Fill(std::span<const uint32_t> files, uint32_t gone, const NumberBounds& bounds) const;

 private:
  /// One bound of the files of one shape.
  struct Bound {
    const PackedValues* values = nullptr;  ///< null: the shape has none
    bool quoted = false;
    std::vector<std::optional<Value>> by_code;  ///< where there are few values
  };
  struct Shape {
    Bound min, max, nulls;
    bool is_whole = false;  ///< both bounds are numbers, and the column has no other
  };
  /// Bounds that were found, and by what.
  struct Found {
    LeafStats leaf;
    size_t shape = SIZE_MAX, min = 0, max = 0;
  };
  Bound BoundIn(const PackedStats::Rows& rows, const char* group, const DataType& type,
                bool upper) const;
  template <typename Bounds>
  void FillAny(std::span<const uint32_t> files, uint32_t gone, Bounds& bounds) const;
  void SetWhole(const Shape& shape, size_t row, size_t file, const NumberBounds& bounds) const;
  /// True when `last` has the bounds of this row already, but for its count of nulls; else it gets
  /// to know by what it is to be found.
  bool IsFound(size_t place, size_t row, Found& last) const;
  int64_t NullsOf(const Shape& shape, size_t row) const;
  static std::optional<Value> ValueOf(const Bound& bound, size_t row, const DataType& type,
                                      bool upper);

  const PackedStats& stats_;
  const ColumnPath& column_;
  const DataType& type_;
  const DataTypePtr count_type_ = DataType::Primitive(TypeId::kLong);
  std::optional<std::pair<int64_t, int64_t>> range_;  ///< of a column of whole numbers
  std::vector<Shape> shapes_;
};

}  // namespace lakehouse::storage::delta
