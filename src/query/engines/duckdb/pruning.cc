#include "query/engines/duckdb/pruning.h"

#include <duckdb/planner/table_filter.hpp>
#include <duckdb/storage/statistics/base_statistics.hpp>
#include <duckdb/storage/statistics/numeric_stats.hpp>
#include <duckdb/storage/statistics/string_stats.hpp>

#include "query/engines/duckdb/types.h"

namespace lakehouse::query::duckdb {
namespace {

/// What the engine may assume of one column in one file; unknown parts are left open.
dk::BaseStatistics StatisticsOf(const storage::DataType& type, const storage::ColumnBounds& bounds,
                                size_t file, int64_t rows) {
  auto target = ToDuckDb(type);
  const auto& min = bounds.min[file];
  const auto& max = bounds.max[file];
  bool text = type.id() == storage::TypeId::kString;
  bool bounded = !min.is_null() && !max.is_null() && type.id() != storage::TypeId::kBinary &&
                 type.id() != storage::TypeId::kBoolean;
  dk::BaseStatistics statistics = bounded && text ? dk::StringStats::CreateEmpty(target)
                                                  : dk::BaseStatistics::CreateUnknown(target);
  if (bounded && text) {
    dk::StringStats::Update(statistics, dk::string_t(std::get<std::string>(min.data)));
    dk::StringStats::Update(statistics, dk::string_t(std::get<std::string>(max.data)));
    dk::StringStats::ResetMaxStringLength(statistics);
    dk::StringStats::SetContainsUnicode(statistics);
  } else if (bounded) {
    dk::NumericStats::SetMin(statistics, ToDuckDb(min, type));
    dk::NumericStats::SetMax(statistics, ToDuckDb(max, type));
  }
  int64_t nulls = bounds.null_count[file];
  if (nulls == 0) {
    statistics.Set(dk::StatsInfo::CANNOT_HAVE_NULL_VALUES);
  } else {
    statistics.SetHasNull();
  }
  if (rows >= 0 && nulls == rows) {
    statistics.Set(dk::StatsInfo::CANNOT_HAVE_VALID_VALUES);
  } else {
    statistics.SetHasNoNull();
  }
  return statistics;
}

}  // namespace

std::vector<size_t> PruneFiles(
    const storage::Snapshot& snapshot, const std::vector<size_t>& candidates,
    const std::vector<std::pair<size_t, const dk::TableFilter*>>& filters) {
  std::vector<size_t> kept = candidates;
  for (const auto& [column, filter] : filters) {
    const auto& field = snapshot.schema().fields[column];
    // The log floors float bounds' text; NaN has no place in an order of bounds.
    bool real =
        field.type->id() == storage::TypeId::kFloat || field.type->id() == storage::TypeId::kDouble;
    if (field.type->is_nested() || real) continue;
    auto bounds = snapshot.Bounds({field.name});
    if (!bounds) continue;
    std::erase_if(kept, [&](size_t file) {
      auto statistics = StatisticsOf(*field.type, *bounds, file, snapshot.file(file).num_records);
      return filter->CheckStatistics(statistics) == dk::FilterPropagateResult::FILTER_ALWAYS_FALSE;
    });
  }
  return kept;
}

}  // namespace lakehouse::query::duckdb
