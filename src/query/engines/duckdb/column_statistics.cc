#include "query/engines/duckdb/column_statistics.h"

#include <algorithm>
#include <duckdb/storage/statistics/base_statistics.hpp>
#include <duckdb/storage/statistics/numeric_stats.hpp>
#include <optional>

#include "query/engines/duckdb/file_list.h"
#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/types.h"

namespace lakehouse::query::duckdb {
namespace {

/// Beyond it, parsing the statistics of every file costs more than a better plan saves.
constexpr size_t kMaxFiles = 4096;

bool HasExactBounds(const storage::DataType& type) {
  switch (type.id()) {
    case storage::TypeId::kByte:
    case storage::TypeId::kShort:
    case storage::TypeId::kInteger:
    case storage::TypeId::kLong:
    case storage::TypeId::kDate:
      return true;
    default:
      return false;
  }
}

/// Bounds of one column over several files.
struct Summary {
  int64_t min = INT64_MAX;
  int64_t max = INT64_MIN;
  bool nulls = false;
};

/// Nothing when a file leaves a bound open, or no file has a value.
std::optional<Summary> Summarize(const storage::Snapshot& snapshot,
                                 const storage::ColumnBounds& bounds,
                                 const std::vector<size_t>& files) {
  Summary all;
  for (const size_t file : files) {
    const int64_t nulls = bounds.null_count[file];
    all.nulls = all.nulls || nulls != 0;
    if (nulls >= 0 && nulls == snapshot.file(file).num_records) continue;
    if (bounds.min[file].is_null() || bounds.max[file].is_null()) return std::nullopt;
    all.min = std::min(all.min, std::get<int64_t>(bounds.min[file].data));
    all.max = std::max(all.max, std::get<int64_t>(bounds.max[file].data));
  }
  return all.min <= all.max ? std::optional(all) : std::nullopt;
}

}  // namespace

dk::unique_ptr<dk::BaseStatistics> ColumnStatisticsOf(dk::ClientContext& context,
                                                      const dk::FunctionData* bind_data,
                                                      dk::column_t column) {
  const auto& list =
      dynamic_cast<const LakeFileList&>(*bind_data->Cast<dk::MultiFileBindData>().file_list);
  const storage::Snapshot& snapshot = *list.snapshot();
  const std::vector<size_t>& files = list.kept();
  if (column >= snapshot.schema().fields.size() || files.size() > kMaxFiles) return nullptr;
  const storage::Field& field = snapshot.schema().fields[column];
  if (!HasExactBounds(*field.type)) return nullptr;
  const auto bounds = SessionOf(context).Guard([&] { return snapshot.Bounds({field.name}); });
  const auto all = bounds ? Summarize(snapshot, *bounds, files) : std::nullopt;
  if (!all) return nullptr;
  auto statistics = dk::BaseStatistics::CreateUnknown(ToDuckDb(*field.type));
  dk::NumericStats::SetMin(statistics, ToDuckDb(storage::Value{all->min}, *field.type));
  dk::NumericStats::SetMax(statistics, ToDuckDb(storage::Value{all->max}, *field.type));
  if (all->nulls) {
    statistics.SetHasNull();
  } else {
    statistics.Set(dk::StatsInfo::CANNOT_HAVE_NULL_VALUES);
  }
  statistics.SetHasNoNull();
  return statistics.ToUnique();
}

}  // namespace lakehouse::query::duckdb
