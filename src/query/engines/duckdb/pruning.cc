#include "query/engines/duckdb/pruning.h"

#include <algorithm>
#include <duckdb/planner/filter/conjunction_filter.hpp>
#include <duckdb/planner/filter/dynamic_filter.hpp>
#include <duckdb/planner/filter/optional_filter.hpp>
#include <duckdb/planner/table_filter.hpp>
#include <duckdb/storage/statistics/base_statistics.hpp>
#include <duckdb/storage/statistics/numeric_stats.hpp>
#include <duckdb/storage/statistics/string_stats.hpp>
#include <optional>

#include "query/engines/duckdb/number_filter.h"
#include "query/engines/duckdb/types.h"

namespace lakehouse::query::duckdb {
namespace {

/// What is known of one column in one file.
struct FileFacts {
  storage::Value min, max;  ///< null: unknown
  bool may_be_null = true;
  bool is_all_null = false;
  friend bool operator==(const FileFacts&, const FileFacts&) = default;
};

/// The same in the engine's form; unknown parts are left open.
dk::BaseStatistics StatisticsOf(const storage::DataType& type, const FileFacts& facts) {
  auto target = ToDuckDb(type);
  const auto& [min, max, may_be_null, is_all_null] = facts;
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
  if (may_be_null) {
    statistics.SetHasNull();
  } else {
    statistics.Set(dk::StatsInfo::CANNOT_HAVE_NULL_VALUES);
  }
  if (is_all_null) {
    statistics.Set(dk::StatsInfo::CANNOT_HAVE_VALID_VALUES);
  } else {
    statistics.SetHasNoNull();
  }
  return statistics;
}

const dk::DynamicFilterData* TopNFilter(const dk::TableFilter& filter);

const dk::DynamicFilterData* FirstTopN(const dk::vector<dk::unique_ptr<dk::TableFilter>>& filters) {
  for (const auto& filter : filters) {
    if (const auto* found = TopNFilter(*filter)) return found;
  }
  return nullptr;
}

/// The filter of a Top-N in `filter`, or null.
const dk::DynamicFilterData* TopNFilter(const dk::TableFilter& filter) {
  switch (filter.filter_type) {
    case dk::TableFilterType::DYNAMIC_FILTER:
      return filter.Cast<dk::DynamicFilter>().filter_data.get();
    case dk::TableFilterType::OPTIONAL_FILTER: {
      const auto& child = filter.Cast<dk::OptionalFilter>().child_filter;
      return child ? TopNFilter(*child) : nullptr;
    }
    case dk::TableFilterType::CONJUNCTION_AND:
      return FirstTopN(filter.Cast<dk::ConjunctionAndFilter>().child_filters);
    case dk::TableFilterType::CONJUNCTION_OR:  // with NULLS FIRST
      return FirstTopN(filter.Cast<dk::ConjunctionOrFilter>().child_filters);
    default:
      return nullptr;
  }
}

/// Does the Top-N want the greatest values?
bool WantsGreatest(const dk::DynamicFilterData& data) {
  const auto comparison = data.filter->comparison_type;
  return comparison == dk::ExpressionType::COMPARE_GREATERTHAN ||
         comparison == dk::ExpressionType::COMPARE_GREATERTHANOREQUALTO;
}

}  // namespace

bool HasTopN(const std::vector<std::pair<size_t, const dk::TableFilter*>>& filters) {
  return std::any_of(filters.begin(), filters.end(),
                     [](const auto& filter) { return TopNFilter(*filter.second) != nullptr; });
}

bool OrderForTopN(const storage::Snapshot& snapshot,
                  const std::vector<std::pair<size_t, const dk::TableFilter*>>& filters,
                  std::vector<size_t>& files) {
  for (const auto& [column, filter] : filters) {
    const auto* data = TopNFilter(*filter);
    const auto& field = snapshot.schema().fields[column];
    if (data == nullptr || !data->filter || field.type->is_nested()) continue;
    const auto bounds = snapshot.Bounds({field.name});
    if (!bounds) return true;
    const bool greatest = WantsGreatest(*data);
    const auto& best = greatest ? bounds->max : bounds->min;
    // Files of which nothing is known come last: their rows are rarely the best.
    std::sort(files.begin(), files.end(), [&](size_t a, size_t b) {
      if (best[a].is_null() != best[b].is_null()) return best[b].is_null();
      if (best[a].is_null()) return a < b;
      const auto order = storage::Compare(best[a], best[b]);
      if (order == 0) return a < b;
      return greatest ? order > 0 : order < 0;
    });
    return true;
  }
  return false;
}

namespace {

/// Are all rows of a file null? Only then is its record count needed.
bool IsAllNull(const storage::Snapshot& snapshot, size_t file, int64_t nulls) {
  return nulls > 0 && nulls == snapshot.file(file).num_records;
}

void PruneByNumbers(const storage::Snapshot& snapshot, const storage::ColumnBounds& bounds,
                    const NumberFilter& filter, std::vector<size_t>& kept) {
  const int64_t* const least = bounds.min.numbers();
  const int64_t* const greatest = bounds.max.numbers();
  std::erase_if(kept, [&](size_t file) {
    const int64_t nulls = bounds.null_count[file];
    NumberFacts facts;
    facts.may_be_null = nulls != 0;
    facts.may_be_value = !IsAllNull(snapshot, file, nulls);
    facts.bounded = !bounds.min.IsNull(file) && !bounds.max.IsNull(file);
    if (facts.bounded) {
      facts.min = least[file];
      facts.max = greatest[file];
    }
    return !filter.MayPass(facts);
  });
}

/// By the engine's own statistics; neighbours that are alike are decided once.
void PruneByStatistics(const storage::Snapshot& snapshot, const storage::DataType& type,
                       const storage::ColumnBounds& bounds, const dk::TableFilter& filter,
                       std::vector<size_t>& kept) {
  std::optional<FileFacts> last;
  bool goes = false;
  std::erase_if(kept, [&](size_t file) {
    const int64_t nulls = bounds.null_count[file];
    FileFacts facts{bounds.min[file], bounds.max[file], nulls != 0,
                    IsAllNull(snapshot, file, nulls)};
    if (last == facts) return goes;
    last = std::move(facts);
    auto statistics = StatisticsOf(type, *last);
    goes = filter.CheckStatistics(statistics) == dk::FilterPropagateResult::FILTER_ALWAYS_FALSE;
    return goes;
  });
}

}  // namespace

std::vector<size_t> PruneFiles(
    const storage::Snapshot& snapshot, const std::vector<size_t>& candidates,
    const std::vector<std::pair<size_t, const dk::TableFilter*>>& filters) {
  std::vector<size_t> kept = candidates;
  for (const auto& [column, filter] : filters) {
    if (kept.empty()) break;
    const auto& field = snapshot.schema().fields[column];
    // The log floors float bounds' text; NaN has no place in an order of bounds.
    bool real =
        field.type->id() == storage::TypeId::kFloat || field.type->id() == storage::TypeId::kDouble;
    if (field.type->is_nested() || real) continue;
    const auto bounds = snapshot.Bounds({field.name});
    if (!bounds) continue;
    if (const auto numbers = NumberFilter::Of(*filter, ToDuckDb(*field.type))) {
      PruneByNumbers(snapshot, *bounds, *numbers, kept);
    } else {
      PruneByStatistics(snapshot, *field.type, *bounds, *filter, kept);
    }
  }
  return kept;
}

}  // namespace lakehouse::query::duckdb
