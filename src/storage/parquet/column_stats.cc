#include "storage/parquet/column_stats.h"

#include <arrow/api.h>
#include <arrow/util/utf8.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "storage/parquet/arrow_io.h"

namespace lakehouse::storage::parquet {
namespace {

/// Longer strings are cut for the lower bound and give no upper one.
constexpr size_t kMaxStringBytes = 1024;

void Widen(LeafStats& stats, Value low, Value high) {
  if (stats.min.is_null() || Compare(low, stats.min) < 0) stats.min = std::move(low);
  if (stats.max.is_null() || Compare(high, stats.max) > 0) stats.max = std::move(high);
}

/// Least and greatest non-null value by the array's own order; nothing when all are null.
template <typename ArrayType, typename Get>
auto Extremes(const ArrayType& array, Get get)
    -> std::optional<std::pair<decltype(get(array, 0)), decltype(get(array, 0))>> {
  std::optional<std::pair<decltype(get(array, 0)), decltype(get(array, 0))>> found;
  const bool nulls = array.null_count() > 0;
  for (int64_t i = 0; i < array.length(); ++i) {
    if (nulls && array.IsNull(i)) continue;
    const auto value = get(array, i);
    if (!found) {
      found.emplace(value, value);
    } else if (value < found->first) {
      found->first = value;
    } else if (found->second < value) {
      found->second = value;
    }
  }
  return found;
}

template <typename ArrayType>
void AddIntegers(const arrow::Array& array, LeafStats& stats) {
  const auto found = Extremes(static_cast<const ArrayType&>(array),
                              [](const ArrayType& a, int64_t i) { return a.Value(i); });
  if (found) {
    Widen(stats, Value{static_cast<int64_t>(found->first)},
          Value{static_cast<int64_t>(found->second)});
  }
}

/// False when a NaN is among the values.
template <typename ArrayType>
bool AddFloats(const arrow::Array& array, LeafStats& stats) {
  const auto& floats = static_cast<const ArrayType&>(array);
  for (int64_t i = 0; i < floats.length(); ++i) {
    if (floats.IsValid(i) && std::isnan(floats.Value(i))) return false;
  }
  const auto found = Extremes(floats, [](const ArrayType& a, int64_t i) { return a.Value(i); });
  // Zeros have two signs and one order: the wider sign on each side.
  if (found) {
    Widen(stats, Value{found->first == 0 ? -0.0 : static_cast<double>(found->first)},
          Value{found->second == 0 ? 0.0 : static_cast<double>(found->second)});
  }
  return true;
}

void AddDecimals(const arrow::Array& array, LeafStats& stats) {
  const auto& decimals = static_cast<const arrow::Decimal128Array&>(array);
  const auto found = Extremes(decimals, [](const arrow::Decimal128Array& a, int64_t i) {
    Int128 value = 0;
    std::memcpy(&value, a.GetValue(i), sizeof(value));
    return value;
  });
  if (found) Widen(stats, Value{found->first}, Value{found->second});
}

/// The longest prefix within the limit that ends between two characters.
std::string_view KeptPrefix(std::string_view text) {
  if (text.size() <= kMaxStringBytes) return text;
  size_t end = kMaxStringBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

void StatsCollector::AddStrings(const arrow::Array& array, Leaf& leaf) {
  const auto found = Extremes(static_cast<const arrow::StringArray&>(array),
                              [](const arrow::StringArray& a, int64_t i) { return a.GetView(i); });
  if (!found) return;
  const auto& [low, high] = *found;
  if (!arrow::util::ValidateUTF8(low) || !arrow::util::ValidateUTF8(high)) {
    leaf.unbounded = true;
    return;
  }
  leaf.no_max = leaf.no_max || high.size() > kMaxStringBytes;
  Widen(leaf.stats, Value{std::string(KeptPrefix(low))},
        Value{leaf.no_max ? std::string() : std::string(high)});
  if (leaf.no_max) leaf.stats.max = Value{};
}

void StatsCollector::Add(const arrow::RecordBatch& batch) {
  rows_ += batch.num_rows();
  int budget = columns_.first;
  ColumnPath path;
  for (int c = 0; c < batch.num_columns(); ++c) {
    path.assign(1, batch.column_name(c));
    AddArray(*batch.column(c), path, budget);
  }
}

void StatsCollector::AddArray(const arrow::Array& array, ColumnPath& path, int& budget) {
  const auto& variants = columns_.variants;
  const bool variant = std::find(variants.begin(), variants.end(), path) != variants.end();
  if (array.type_id() == arrow::Type::STRUCT && !variant) {
    const auto& parent = static_cast<const arrow::StructArray&>(array);
    // Flatten gives each child the nulls of its parent.
    const auto children = Check(parent.Flatten(), "collecting statistics");
    for (int i = 0; i < parent.num_fields(); ++i) {
      path.push_back(parent.struct_type()->field(i)->name());
      AddArray(*children[static_cast<size_t>(i)], path, budget);
      path.pop_back();
    }
    return;
  }
  if (!IsWanted(path, budget)) return;
  if (array.type_id() == arrow::Type::LIST || array.type_id() == arrow::Type::MAP) return;
  AddLeaf(array, leaves_[path]);
}

bool StatsCollector::IsWanted(const ColumnPath& path, int& budget) const {
  const auto covers = [&](const ColumnPath& named) {
    return named.size() <= path.size() && std::equal(named.begin(), named.end(), path.begin());
  };
  const auto any = [&](const std::vector<ColumnPath>& paths) {
    return std::any_of(paths.begin(), paths.end(), covers);
  };
  const bool counted = columns_.named ? any(*columns_.named) : budget-- > 0;
  return counted || any(columns_.always);
}

void StatsCollector::AddLeaf(const arrow::Array& array, Leaf& leaf) {
  LeafStats& stats = leaf.stats;
  stats.null_count = std::max<int64_t>(stats.null_count, 0) + array.null_count();
  if (leaf.unbounded) return;
  switch (array.type_id()) {
    case arrow::Type::INT8:
      return AddIntegers<arrow::Int8Array>(array, stats);
    case arrow::Type::INT16:
      return AddIntegers<arrow::Int16Array>(array, stats);
    case arrow::Type::INT32:
      return AddIntegers<arrow::Int32Array>(array, stats);
    case arrow::Type::INT64:
      return AddIntegers<arrow::Int64Array>(array, stats);
    case arrow::Type::DATE32:
      return AddIntegers<arrow::Date32Array>(array, stats);
    case arrow::Type::TIMESTAMP:
      return AddIntegers<arrow::TimestampArray>(array, stats);
    case arrow::Type::DECIMAL128:
      return AddDecimals(array, stats);
    case arrow::Type::FLOAT:
      leaf.unbounded = !AddFloats<arrow::FloatArray>(array, stats);
      break;
    case arrow::Type::DOUBLE:
      leaf.unbounded = !AddFloats<arrow::DoubleArray>(array, stats);
      break;
    case arrow::Type::STRING:
      AddStrings(array, leaf);
      break;
    default:
      break;
  }
  if (leaf.unbounded) stats.min = stats.max = Value{};
}

FileStats StatsCollector::Take() {
  FileStats stats;
  stats.num_records = rows_;
  for (auto& [path, leaf] : leaves_) stats.leaves.emplace(path, std::move(leaf.stats));
  rows_ = 0;
  leaves_.clear();
  return stats;
}

}  // namespace lakehouse::storage::parquet
