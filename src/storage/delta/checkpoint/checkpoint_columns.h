#pragma once

#include <arrow/type_fwd.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/delta/checkpoint/add_rows.h"
#include "storage/delta/snapshot/delta_snapshot.h"

namespace lakehouse::storage::delta {

/// Which actions a file of a checkpoint has columns for.
enum class CheckpointPart {
  kClassic,  ///< everything that is in a checkpoint of the V1 spec
  kTop,      ///< of the V2 spec: everything but the rows of files
  kSidecar,  ///< add and remove
};

/// A sidecar that was written.
struct WrittenSidecar {
  std::string name;
  int64_t size_bytes = 0;
  int64_t modified_ms = 0;
};

/// Makes the rows of one file of a checkpoint (PROTOCOL.md, "Checkpoint Schema"), as batches with
/// rows of one kind of action each. `delta.checkpoint.writeStatsAsJson` (default true) and
/// `delta.checkpoint.writeStatsAsStruct` (default false) say which statistics add has.
/// Not thread-safe.
class CheckpointColumns {
 public:
  using Batch = std::shared_ptr<arrow::RecordBatch>;

  /// `partition_time_zone` is that of StorageContext.
  CheckpointColumns(CheckpointPart part, const Protocol& protocol, const TableMetadata& metadata,
                    const std::string& partition_time_zone);

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

  Batch Rows(const Protocol& protocol) const;
  Batch Rows(const TableMetadata& metadata, const std::string& schema_text) const;
  Batch Rows(const std::map<std::string, AppTransaction>& transactions) const;
  Batch DomainRows(const std::map<std::string, std::string>& domains) const;
  /// The batch must be gone before the next but one is made, or costs memory of its own.
  Batch Rows(const std::vector<FileRow>& adds);
  Batch Rows(const std::vector<const RemoveFile*>& removes) const;
  Batch Rows(const std::vector<WrittenSidecar>& sidecars) const;
  /// checkpointMetadata
  Batch OwnRow(int64_t version, const std::map<std::string, std::string>& tags) const;

 private:
  class Builder;

  AddRows adds_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::shared_ptr<arrow::Array>> nulls_;  ///< of the columns after add
};

}  // namespace lakehouse::storage::delta
