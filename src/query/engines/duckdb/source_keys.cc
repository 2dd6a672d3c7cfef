#include "query/engines/duckdb/source_keys.h"

#include <algorithm>

#include "query/engines/duckdb/types.h"

namespace lakehouse::query::duckdb {
namespace {

constexpr size_t kMostNumbers = 256 << 10;
constexpr size_t kMostTexts = 32 << 10;

int64_t NumberOf(const dk::Value& value) {
  switch (value.type().InternalType()) {
    case dk::PhysicalType::INT8:
      return value.GetValueUnsafe<int8_t>();
    case dk::PhysicalType::INT16:
      return value.GetValueUnsafe<int16_t>();
    case dk::PhysicalType::INT32:
      return value.GetValueUnsafe<int32_t>();
    default:
      return value.GetValueUnsafe<int64_t>();
  }
}

}  // namespace

template <typename T>
void RangeSet<T>::Add(T value) {
  if (!ranges_.empty() && ranges_.back().first == value) return;
  ranges_.emplace_back(value, value);
  if (ranges_.size() >= sorted_ + most_) Sort();
}

template <typename T>
void RangeSet<T>::Sort() {
  std::sort(ranges_.begin(), ranges_.end());
  std::vector<std::pair<T, T>> joined;
  for (auto& range : ranges_) {
    if (joined.empty() || joined.back().second < range.first) {
      joined.push_back(std::move(range));
    } else {
      joined.back().second = std::max(joined.back().second, range.second);
    }
  }
  while (joined.size() > most_) {
    std::vector<std::pair<T, T>> pairs;
    for (size_t i = 0; i < joined.size(); i += 2) {
      const size_t last = std::min(i + 1, joined.size() - 1);
      pairs.emplace_back(joined[i].first, joined[last].second);
    }
    joined = std::move(pairs);
  }
  ranges_ = std::move(joined);
  sorted_ = ranges_.size();
}

template <typename T>
bool RangeSet<T>::Reaches(const T& min, const T& max) const {
  const auto first =
      std::lower_bound(ranges_.begin(), ranges_.end(), min,
                       [](const auto& range, const T& value) { return range.second < value; });
  return first != ranges_.end() && first->first <= max;
}

template class RangeSet<int64_t>;
template class RangeSet<std::string>;

bool SourceKeys::Has(const dk::LogicalType& type) {
  switch (type.id()) {
    case dk::LogicalTypeId::TINYINT:
    case dk::LogicalTypeId::SMALLINT:
    case dk::LogicalTypeId::INTEGER:
    case dk::LogicalTypeId::BIGINT:
    case dk::LogicalTypeId::DATE:
    case dk::LogicalTypeId::TIMESTAMP:
    case dk::LogicalTypeId::TIMESTAMP_TZ:
    case dk::LogicalTypeId::VARCHAR:
      return true;
    case dk::LogicalTypeId::DECIMAL:
      return type.InternalType() != dk::PhysicalType::INT128;
    default:
      return false;
  }
}

SourceKeys::SourceKeys(dk::LogicalType type)
    : type_(std::move(type)), numbers_(kMostNumbers), texts_(kMostTexts) {}

template <typename T>
void SourceKeys::AddNumbers(const dk::UnifiedVectorFormat& keys, dk::idx_t count) {
  const auto* values = dk::UnifiedVectorFormat::GetData<T>(keys);
  for (dk::idx_t i = 0; i < count; ++i) {
    const auto at = keys.sel->get_index(i);
    if (keys.validity.RowIsValid(at)) numbers_.Add(static_cast<int64_t>(values[at]));
  }
}

void SourceKeys::Add(dk::Vector& keys, dk::idx_t count) {
  dk::UnifiedVectorFormat format;
  keys.ToUnifiedFormat(count, format);
  std::lock_guard lock(mutex_);
  sorted_ = false;
  switch (type_.InternalType()) {
    case dk::PhysicalType::INT8:
      return AddNumbers<int8_t>(format, count);
    case dk::PhysicalType::INT16:
      return AddNumbers<int16_t>(format, count);
    case dk::PhysicalType::INT32:
      return AddNumbers<int32_t>(format, count);
    case dk::PhysicalType::INT64:
      return AddNumbers<int64_t>(format, count);
    default:
      break;
  }
  const auto* texts = dk::UnifiedVectorFormat::GetData<dk::string_t>(format);
  for (dk::idx_t i = 0; i < count; ++i) {
    const auto at = format.sel->get_index(i);
    if (format.validity.RowIsValid(at)) texts_.Add(texts[at].GetString());
  }
}

bool SourceKeys::Reaches(const dk::Value& min, const dk::Value& max) const {
  if (type_.id() != dk::LogicalTypeId::VARCHAR) {
    return numbers_.Reaches(NumberOf(min), NumberOf(max));
  }
  return texts_.Reaches(dk::StringValue::Get(min), dk::StringValue::Get(max));
}

void SourceKeys::Prune(const storage::Snapshot& snapshot, size_t column,
                       std::vector<size_t>& files) const {
  std::lock_guard lock(mutex_);
  if (!sorted_) {
    numbers_.Sort();
    texts_.Sort();
    sorted_ = true;
  }
  const auto& field = snapshot.schema().fields[column];
  const auto bounds = snapshot.Bounds({field.name});
  if (!bounds) return;
  std::erase_if(files, [&](size_t file) {
    const auto& min = bounds->min[file];
    const auto& max = bounds->max[file];
    if (min.is_null() || max.is_null()) return false;
    const auto least = ToDuckDb(min, *field.type);
    const auto most = ToDuckDb(max, *field.type);
    if (least.type() != type_ || most.type() != type_) return false;
    return !Reaches(least, most);
  });
}

}  // namespace lakehouse::query::duckdb
