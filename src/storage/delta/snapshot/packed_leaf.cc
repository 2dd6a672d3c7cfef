#include "storage/delta/snapshot/packed_leaf.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "storage/delta/log/stats_json.h"

namespace lakehouse::storage::delta {

namespace {

/// Of the values of a type of whole numbers.
std::optional<std::pair<int64_t, int64_t>> RangeOf(const DataType& type) {
  switch (type.id()) {
    case TypeId::kByte:
      return std::pair<int64_t, int64_t>(INT8_MIN, INT8_MAX);
    case TypeId::kShort:
      return std::pair<int64_t, int64_t>(INT16_MIN, INT16_MAX);
    case TypeId::kInteger:
      return std::pair<int64_t, int64_t>(INT32_MIN, INT32_MAX);
    case TypeId::kLong:
      return std::pair<int64_t, int64_t>(INT64_MIN, INT64_MAX);
    default:
      return std::nullopt;
  }
}

bool IsNumbers(const PackedValues* values) { return values != nullptr && values->is_number(); }

}  // namespace

PackedLeaf::PackedLeaf(const PackedStats& stats, const ColumnPath& column, const DataType& type)
    : stats_(stats), column_(column), type_(type), range_(RangeOf(type)) {
  for (const PackedStats::Rows& rows : stats.shapes()) {
    Shape shape{BoundIn(rows, "minValues", type, false), BoundIn(rows, "maxValues", type, true),
                BoundIn(rows, "nullCount", *count_type_, false)};
    shape.is_whole = range_ && IsNumbers(shape.min.values) && IsNumbers(shape.max.values);
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
  leaf.null_count = NullsOf(shape, row);
  return leaf;
}

int64_t PackedLeaf::NullsOf(const Shape& shape, size_t row) const {
  if (IsNumbers(shape.nulls.values)) {
    return std::max<int64_t>(shape.nulls.values->number(row), -1);
  }
  const auto nulls = ValueOf(shape.nulls, row, *count_type_, false);
  return nulls && !nulls->is_null() ? std::max<int64_t>(std::get<int64_t>(nulls->data), -1) : -1;
}

void PackedLeaf::SetWhole(const Shape& shape, size_t row, size_t file,
                          const NumberBounds& bounds) const {
  const auto set = [&](const Bound& bound, const ValueColumn::NumberWriter& numbers) {
    const int64_t there = bound.values->number(row);
    if (there >= range_->first && there <= range_->second) numbers.Set(file, there);
  };
  set(shape.min, bounds.min);
  set(shape.max, bounds.max);
  bounds.nulls[file] = NullsOf(shape, row);
}

void PackedLeaf::NumberBounds::Set(size_t file, const Value& least, const Value& greatest,
                                   int64_t null_count) const {
  if (!least.is_null()) min.Set(file, std::get<int64_t>(least.data));
  if (!greatest.is_null()) max.Set(file, std::get<int64_t>(greatest.data));
  nulls[file] = null_count;
}

bool PackedLeaf::IsFound(size_t place, size_t row, Found& last) const {
  const Shape& shape = shapes_[place];
  if (IsNumbers(shape.min.values) || IsNumbers(shape.max.values)) {
    last.shape = SIZE_MAX;
    return false;
  }
  const auto code = [&](const Bound& bound) {
    return bound.values == nullptr ? 0 : bound.values->code(row);
  };
  const size_t min = code(shape.min), max = code(shape.max);
  const bool found = last.shape == place && last.min == min && last.max == max;
  last.shape = place;
  last.min = min;
  last.max = max;
  return found;
}

template <typename Bounds>
void PackedLeaf::FillAny(std::span<const uint32_t> files, uint32_t gone, Bounds& bounds) const {
  Found last;
  for (size_t index = 0; index < files.size(); ++index) {
    const size_t file = files[index];
    if (file == gone) continue;
    const size_t place = stats_.ShapeOf(index);
    const size_t row = stats_.RowOf(index);
    if (place >= shapes_.size()) {
      const LeafStats leaf = at(index);
      bounds.Set(file, leaf.min, leaf.max, leaf.null_count);
      continue;
    }
    const Shape& shape = shapes_[place];
    if constexpr (std::is_same_v<Bounds, const NumberBounds>) {
      if (shape.is_whole) {
        SetWhole(shape, row, file, bounds);
        continue;
      }
    }
    if (!IsFound(place, row, last)) last.leaf = at(index);
    bounds.Set(file, last.leaf.min, last.leaf.max, NullsOf(shape, row));
  }
}

void PackedLeaf::Fill(std::span<const uint32_t> files, uint32_t gone, ColumnBounds& bounds) const {
  if (HasNumbers(type_)) return Fill(files, gone, NumberBounds(bounds));
  FillAny(files, gone, bounds);
}

void PackedLeaf::Fill(std::span<const uint32_t> files, uint32_t gone,
                      const NumberBounds& bounds) const {
  FillAny(files, gone, bounds);
}

bool PackedLeaf::HasNumbers(const DataType& type) {
  return RangeOf(type) || type.id() == TypeId::kDate || type.id() == TypeId::kTimestamp ||
         type.id() == TypeId::kTimestampNtz;
}

}  // namespace lakehouse::storage::delta
