#include "query/engines/duckdb/read_predicate.h"

#include <algorithm>
#include <duckdb/planner/filter/conjunction_filter.hpp>
#include <duckdb/planner/filter/optional_filter.hpp>
#include <duckdb/planner/filter/struct_filter.hpp>

#include "query/engines/duckdb/file_predicate.h"
#include "query/engines/duckdb/pruning.h"

namespace lakehouse::query::duckdb {
namespace {

/// A Bloom filter is part of the join that made it.
bool OutlivesRun(const dk::TableFilter& filter) {
  const auto every = [](const auto& children) {
    return std::all_of(children.begin(), children.end(),
                       [](const auto& child) { return OutlivesRun(*child); });
  };
  switch (filter.filter_type) {
    case dk::TableFilterType::BLOOM_FILTER:
      return false;
    case dk::TableFilterType::OPTIONAL_FILTER: {
      const auto& child = filter.Cast<dk::OptionalFilter>().child_filter;
      return !child || OutlivesRun(*child);
    }
    case dk::TableFilterType::STRUCT_EXTRACT:
      return OutlivesRun(*filter.Cast<dk::StructFilter>().child_filter);
    case dk::TableFilterType::CONJUNCTION_AND:
      return every(filter.Cast<dk::ConjunctionAndFilter>().child_filters);
    case dk::TableFilterType::CONJUNCTION_OR:
      return every(filter.Cast<dk::ConjunctionOrFilter>().child_filters);
    default:
      return true;
  }
}

}  // namespace

void ScanRead::Narrow(const dk::vector<dk::unique_ptr<dk::Expression>>& filters,
                      const std::vector<dk::column_t>& columns) {
  if (filters.empty()) return;
  Part part;
  part.columns = columns;
  for (const auto& filter : filters) part.filters.push_back(filter->Copy());
  std::lock_guard lock(mutex_);
  parts_.push_back(std::move(part));
}

void ScanRead::Start(const std::vector<std::pair<size_t, const dk::TableFilter*>>& filters) {
  std::lock_guard lock(mutex_);
  if (++starts_ > 1) return start_.clear();
  for (const auto& [column, filter] : filters) {
    if (OutlivesRun(*filter)) start_.emplace_back(column, filter->Copy());
  }
}

void ScanRead::Begin() {
  std::lock_guard lock(mutex_);
  begun_ = true;
}

bool ScanRead::IsNothing() const {
  std::lock_guard lock(mutex_);
  return !begun_ && !all_ && starts_ == 0 && parts_.empty();
}

void ScanRead::ReadAll() {
  std::lock_guard lock(mutex_);
  all_ = true;
}

bool ScanRead::IsEverything() const {
  std::lock_guard lock(mutex_);
  return all_ || (parts_.empty() && start_.empty());
}

bool ScanRead::MayMatch(dk::ClientContext& context, const storage::Snapshot& files,
                        size_t index) const {
  std::lock_guard lock(mutex_);
  if (all_) return true;
  std::vector<std::pair<size_t, const dk::TableFilter*>> filters;
  for (const auto& [column, filter] : start_) filters.emplace_back(column, filter.get());
  if (PruneFiles(files, {index}, filters).empty()) return false;
  return std::all_of(parts_.begin(), parts_.end(), [&](const Part& part) {
    return !FilesThatMayPass(context, files, {index}, part.filters, part.columns).empty();
  });
}

std::vector<size_t> ScanRead::WhollyRead(dk::ClientContext& context,
                                         const storage::Snapshot& snapshot,
                                         const std::vector<size_t>& candidates) const {
  std::lock_guard lock(mutex_);
  if (all_) return {};
  std::vector<size_t> files = candidates;
  for (const Part& part : parts_) {
    files = FilesThatMustPass(context, snapshot, files, part.filters, part.columns);
  }
  return files;
}

}  // namespace lakehouse::query::duckdb
