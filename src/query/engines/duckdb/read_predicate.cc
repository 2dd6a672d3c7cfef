#include "query/engines/duckdb/read_predicate.h"

#include <algorithm>

#include "query/engines/duckdb/file_predicate.h"
#include "query/engines/duckdb/pruning.h"

namespace lakehouse::query::duckdb {

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
  for (const auto& [column, filter] : filters) start_.emplace_back(column, filter->Copy());
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
