#include "storage/delta/snapshot/packed_leaf.h"

#include <algorithm>
#include <utility>

#include "storage/delta/log/stats_json.h"

namespace lakehouse::storage::delta {

PackedLeaf::PackedLeaf(const PackedStats& stats, const ColumnPath& column, const DataType& type)
    : stats_(stats), column_(column), type_(type) {
  for (const PackedStats::Rows& rows : stats.shapes()) {
    Shape shape{BoundIn(rows, "minValues", type, false), BoundIn(rows, "maxValues", type, true),
                BoundIn(rows, "nullCount", *count_type_, false)};
    shapes_.push_back(std::move(shape));
  }
}

PackedLeaf::Bound PackedLeaf::BoundIn(const PackedStats::Rows& rows, const char* group,
                                      const DataType& type, bool upper) const {
  Bound bound;
  const int slot = rows.shape->SlotAt(group, column_);
  if (slot < 0) return bound;
  bound.values = &rows.values[static_cast<size_t>(slot)];
  bound.quoted = rows.shape->slots()[static_cast<size_t>(slot)].is_text;
  for (size_t code = 0; code < bound.values->distinct(); ++code) {
    bound.by_code.push_back(BoundOfText(bound.values->text(code), bound.quoted, type, upper));
  }
  return bound;
}

std::optional<Value> PackedLeaf::ValueOf(const Bound& bound, size_t row, const DataType& type,
                                         bool upper) {
  if (bound.values == nullptr) return Value{};
  if (bound.values->is_number()) return BoundOfNumber(bound.values->number(row), type, upper);
  return bound.by_code[bound.values->code(row)];
}

LeafStats PackedLeaf::at(size_t index) const {
  const size_t place = stats_.ShapeOf(index);
  if (place >= shapes_.size()) return ParseLeaf(stats_.Text(index), column_, type_);
  const size_t row = stats_.RowOf(index);
  const Shape& shape = shapes_[place];
  LeafStats leaf;
  auto min = ValueOf(shape.min, row, type_, false);
  auto max = ValueOf(shape.max, row, type_, true);
  // A text that is no value of the type says nothing.
  if (min && max) {
    leaf.min = *std::move(min);
    leaf.max = *std::move(max);
  }
  const auto nulls = ValueOf(shape.nulls, row, *count_type_, false);
  if (nulls && !nulls->is_null()) {
    leaf.null_count = std::max<int64_t>(std::get<int64_t>(nulls->data), -1);
  }
  return leaf;
}

}  // namespace lakehouse::storage::delta
