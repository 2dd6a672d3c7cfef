#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "query/engines/duckdb/pch.h"
#include "query/engines/duckdb/scan.h"
#include "query/engines/duckdb/source_keys.h"

namespace lakehouse::query::duckdb {

/// The live files of one snapshot, or those left after pruning. Immutable.
class LakeFileList : public dk::MultiFileList {
 public:
  LakeFileList(dk::ClientContext& context, const LakeScanInfo& scanned, std::vector<size_t> kept);

  const LakeScanInfo& scanned() const { return scanned_; }
  const storage::SnapshotPtr& snapshot() const { return snapshot_; }
  dk::optional_ptr<LakeTable> table() const { return scanned_.table; }
  /// Indexes in the snapshot, in the order in which they are read.
  const std::vector<size_t>& kept() const { return kept_; }
  /// Files that were left out when they were opened, as other rows had become better.
  size_t left_out() const { return left_out_; }
  void LeaveOut() const { ++left_out_; }
  /// The same, of which a join drops files when it begins: rows match that have one of `keys` in
  /// its column, by position in the schema.
  using Keys = std::vector<std::pair<size_t, std::shared_ptr<const SourceKeys>>>;
  dk::unique_ptr<LakeFileList> WithKeys(Keys keys) const;
  /// The same without the files `taken`, ascending indexes in the snapshot.
  dk::unique_ptr<LakeFileList> WithoutFiles(const std::vector<size_t>& taken) const;
  /// Index in the snapshot of a file handed out by a list.
  static size_t IndexOf(const dk::OpenFileInfo& file);

  dk::unique_ptr<dk::MultiFileList> ComplexFilterPushdown(
      dk::ClientContext& context, const dk::MultiFileOptions& options,
      dk::MultiFilePushdownInfo& info,
      dk::vector<dk::unique_ptr<dk::Expression>>& filters) const override;
  dk::unique_ptr<dk::MultiFileList> DynamicFilterPushdown(
      dk::ClientContext& context, const dk::MultiFileOptions& options,
      const dk::vector<std::string>& names, const dk::vector<dk::LogicalType>& types,
      const dk::vector<dk::column_t>& column_ids, dk::TableFilterSet& filters) const override;
  dk::vector<dk::OpenFileInfo> GetAllFiles() const override;
  dk::FileExpandResult GetExpandResult() const override;
  dk::idx_t GetTotalFileCount() const override { return kept_.size(); }
  dk::unique_ptr<dk::NodeStatistics> GetCardinality(dk::ClientContext& context) const override;
  dk::unique_ptr<dk::MultiFileList> Copy() const override;

 protected:
  bool FileIsAvailable(dk::idx_t) const override { return true; }
  dk::OpenFileInfo GetFile(dk::idx_t index) const override;

 private:
  dk::unique_ptr<LakeFileList> Without(dk::ClientContext& context, std::vector<size_t> kept) const;

  dk::ClientContext& context_;
  const LakeScanInfo scanned_;
  const storage::SnapshotPtr& snapshot_ = scanned_.snapshot;
  const std::vector<size_t> kept_;  ///< indexes in the snapshot
  Keys keys_;
  mutable std::atomic<size_t> left_out_ = 0;
};

}  // namespace lakehouse::query::duckdb
