#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "query/engines/duckdb/pch.h"
#include "storage/snapshot.h"

namespace lakehouse::query::duckdb {

/// Which rows of a table one scan of a statement reads: those that pass every filter which the
/// engine pushed down to it. Another commit that adds no such row does not change what the
/// statement did. Thread-safe.
class ScanRead {
 public:
  /// The scan's rows pass `filters` too. `columns` are positions in the schema by the scan's column
  /// index.
  void Narrow(const dk::vector<dk::unique_ptr<dk::Expression>>& filters,
              const std::vector<dk::column_t>& columns);
  /// The scan begins, with these filters on columns of the table (those of joins among them).
  void Start(const std::vector<std::pair<size_t, const dk::TableFilter*>>& filters);
  /// Rows are read now.
  void Begin();
  /// Another scan shares this one: whatever was, or will be, said of filters does not count.
  void ReadAll();

  /// May file `index` of `files` have a row that the scan reads? Without the engine's answer: yes.
  bool MayMatch(dk::ClientContext& context, const storage::Snapshot& files, size_t index) const;
  /// Of `candidates` those in which every row passes every filter, as is known without reading.
  std::vector<size_t> WhollyRead(dk::ClientContext& context, const storage::Snapshot& snapshot,
                                 const std::vector<size_t>& candidates) const;
  /// No filter was pushed down: every row is read.
  bool IsEverything() const;
  /// Nothing was asked of the table: the statement was described only.
  bool IsNothing() const;

 private:
  /// One push-down.
  struct Part {
    dk::vector<dk::unique_ptr<dk::Expression>> filters;
    std::vector<dk::column_t> columns;
  };

  mutable std::mutex mutex_;
  bool all_ = false;
  bool begun_ = false;
  int starts_ = 0;  ///< filters of the start count only when there was one
  std::vector<std::pair<size_t, dk::unique_ptr<dk::TableFilter>>> start_;
  std::vector<Part> parts_;
};

}  // namespace lakehouse::query::duckdb
