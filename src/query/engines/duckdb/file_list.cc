#include "query/engines/duckdb/file_list.h"

#include <algorithm>
#include <duckdb/storage/statistics/node_statistics.hpp>
#include <iterator>

#include "query/engines/duckdb/distinct_filters.h"
#include "query/engines/duckdb/file_predicate.h"
#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/metadata_column.h"
#include "query/engines/duckdb/pruning.h"
#include "storage/file_place.h"

namespace lakehouse::query::duckdb {

LakeFileList::LakeFileList(dk::ClientContext& context, const LakeScanInfo& scanned,
                           std::vector<size_t> kept)
    : context_(context), scanned_(scanned), kept_(std::move(kept)) {}

size_t LakeFileList::IndexOf(const dk::OpenFileInfo& file) {
  return file.extended_info->options.at("lake_index").GetValue<uint64_t>();
}

dk::OpenFileInfo LakeFileList::GetFile(dk::idx_t index) const {
  if (index >= kept_.size()) return {};
  auto entry = snapshot_->file(kept_[index]);
  auto& session = SessionOf(context_);
  io::Location place = session.Guard(
      [&] { return storage::LocateFile(entry.path, scanned_.root, &session.lake->stores()); });
  dk::OpenFileInfo info(session.Grant(place, entry.size_bytes));
  info.extended_info = dk::make_shared_ptr<dk::ExtendedOpenFileInfo>();
  auto& options = info.extended_info->options;
  options["lake_index"] = dk::Value::UBIGINT(kept_[index]);
  options["file_size"] = dk::Value::UBIGINT(static_cast<uint64_t>(entry.size_bytes));
  if (entry.deleted_records > 0 ||
      (scanned_.selection && scanned_.selection->hidden.count(kept_[index]) > 0)) {
    options["has_deletes"] = dk::Value::BOOLEAN(true);  // else COUNT(*) comes from the footer
  }
  options["validate_external_file_cache"] = dk::Value::BOOLEAN(false);
  return info;
}

dk::vector<dk::OpenFileInfo> LakeFileList::GetAllFiles() const {
  dk::vector<dk::OpenFileInfo> files;
  for (size_t i = 0; i < kept_.size(); ++i) files.push_back(GetFile(i));
  return files;
}

dk::FileExpandResult LakeFileList::GetExpandResult() const {
  if (kept_.empty()) return dk::FileExpandResult::NO_FILES;
  if (kept_.size() > 1) return dk::FileExpandResult::MULTIPLE_FILES;
  // DuckDB gives a single file one thread for each row group that it saw when binding, and our
  // binding opens no file: one that has several is scanned as if there were several files.
  const int64_t rows = snapshot_->file(kept_.front()).num_records;
  const bool one_group = rows >= 0 && rows <= static_cast<int64_t>(DEFAULT_ROW_GROUP_SIZE);
  return one_group ? dk::FileExpandResult::SINGLE_FILE : dk::FileExpandResult::MULTIPLE_FILES;
}

dk::unique_ptr<dk::NodeStatistics> LakeFileList::GetCardinality(dk::ClientContext&) const {
  const auto all = snapshot_->total_records();
  if (all && kept_.size() == snapshot_->file_count()) {
    return dk::make_uniq<dk::NodeStatistics>(static_cast<dk::idx_t>(std::max<int64_t>(*all, 0)));
  }
  dk::idx_t rows = 0;
  for (size_t file : kept_) {
    auto entry = snapshot_->file(file);
    // Without statistics: a guess of 100 bytes a row.
    rows += static_cast<dk::idx_t>(entry.num_records >= 0 ? entry.live_records()
                                                          : entry.size_bytes / 100);
  }
  return dk::make_uniq<dk::NodeStatistics>(rows);
}

dk::unique_ptr<dk::MultiFileList> LakeFileList::Copy() const {
  if (scanned_.read) scanned_.read->ReadAll();
  return Without(context_, kept_);
}

dk::unique_ptr<LakeFileList> LakeFileList::WithoutFiles(const std::vector<size_t>& taken) const {
  std::vector<size_t> kept;
  std::set_difference(kept_.begin(), kept_.end(), taken.begin(), taken.end(),
                      std::back_inserter(kept));
  return Without(context_, std::move(kept));
}

dk::unique_ptr<LakeFileList> LakeFileList::WithKeys(Keys keys) const {
  auto list = Without(context_, kept_);
  list->keys_ = std::move(keys);
  return list;
}

dk::unique_ptr<LakeFileList> LakeFileList::Without(dk::ClientContext& context,
                                                   std::vector<size_t> kept) const {
  auto list = dk::make_uniq<LakeFileList>(context, scanned_, std::move(kept));
  list->keys_ = keys_;
  return list;
}

dk::unique_ptr<dk::MultiFileList> LakeFileList::ComplexFilterPushdown(
    dk::ClientContext& context, const dk::MultiFileOptions&, dk::MultiFilePushdownInfo& info,
    dk::vector<dk::unique_ptr<dk::Expression>>& filters) const {
  WithoutDistinct(filters);
  if (scanned_.read) {
    scanned_.read->Narrow(filters, {info.column_ids.begin(), info.column_ids.end()});
  }
  dk::FilterCombiner combiner(context);
  for (auto filter = filters.rbegin(); filter != filters.rend(); ++filter) {
    combiner.AddFilter((*filter)->Copy());
  }
  dk::vector<dk::FilterPushdownResult> results;
  auto pushed = combiner.GenerateTableScanFilters(info.column_indexes, results);
  std::vector<std::pair<size_t, const dk::TableFilter*>> by_column;
  for (const auto& [column, filter] : pushed.filters) {
    if (column < snapshot_->schema().fields.size()) by_column.emplace_back(column, filter.get());
  }
  auto& session = SessionOf(context);
  auto kept = session.Guard([&] {
    return FilesThatMayPass(context, *snapshot_, PruneFiles(*snapshot_, kept_, by_column), filters,
                            {info.column_ids.begin(), info.column_ids.end()},
                            [&](size_t file, const std::string& field) {
                              return MetadataOf(scanned_, session, file, field);
                            });
  });
  if (kept.size() == kept_.size()) return nullptr;
  session.files_skipped += static_cast<int64_t>(kept_.size() - kept.size());
  return Without(context, std::move(kept));
}

dk::unique_ptr<dk::MultiFileList> LakeFileList::DynamicFilterPushdown(
    dk::ClientContext& context, const dk::MultiFileOptions&, const dk::vector<std::string>&,
    const dk::vector<dk::LogicalType>&, const dk::vector<dk::column_t>& column_ids,
    dk::TableFilterSet& filters) const {
  std::vector<std::pair<size_t, const dk::TableFilter*>> by_column;
  for (const auto& [position, filter] : filters.filters) {
    if (position >= column_ids.size()) continue;
    auto column = column_ids[position];
    if (column < snapshot_->schema().fields.size()) by_column.emplace_back(column, filter.get());
  }
  if (scanned_.read) scanned_.read->Start(by_column);
  auto& session = SessionOf(context);
  auto kept = session.Guard([&] {
    auto files = PruneFiles(*snapshot_, kept_, by_column);
    for (const auto& [column, keys] : keys_) keys->Prune(*snapshot_, column, files);
    return files;
  });
  const bool ordered = session.Guard([&] { return OrderForTopN(*snapshot_, by_column, kept); });
  if (kept.size() == kept_.size() && !ordered) return nullptr;
  session.files_skipped += static_cast<int64_t>(kept_.size() - kept.size());
  return Without(context, std::move(kept));
}

}  // namespace lakehouse::query::duckdb
