#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "query/engines/duckdb/commands/file_rewriter.h"
#include "storage/maintenance/compaction.h"

namespace lakehouse::query::duckdb {

/// A group of files and what was written in their place. Destroyed before Keep, it deletes what was
/// written.
class WrittenGroup {
 public:
  WrittenGroup(storage::maintenance::FileGroup sources, WrittenFiles written)
      : sources_(std::move(sources)), written_(std::move(written)) {}
  WrittenGroup(WrittenGroup&&) = default;
  WrittenGroup& operator=(WrittenGroup&& other) noexcept {
    std::swap(sources_, other.sources_);
    std::swap(written_, other.written_);
    return *this;
  }
  ~WrittenGroup();

  const storage::maintenance::FileGroup& sources() const { return sources_; }
  std::vector<storage::NewFile>& files() { return written_.files; }
  const std::vector<storage::NewFile>& files() const { return written_.files; }
  /// See WrittenFiles.
  const std::vector<size_t>& order() const { return written_.sources; }
  /// The files are in the table, or may be.
  void Keep() { written_.writer.reset(); }

 private:
  storage::maintenance::FileGroup sources_;
  WrittenFiles written_;
};

/// The rules for rows that FileRewriter keeps: data files have physical names, and rows their ids.
storage::RowRules RulesOfRewrites();

/// Commits the groups as one version in which rows only move. When another commit came first the
/// groups whose files are there as they were are committed after it, and the others are taken from
/// `groups`; CommitConflict LK-4013 when none is left or the columns changed, CommitStateUnknown
/// LK-4014. `describe` is called for each attempt. Returns the version.
int64_t CommitRearranged(storage::Table& table, const storage::SnapshotPtr& base,
                         std::vector<WrittenGroup>& groups,
                         const std::function<storage::CommitDescription()>& describe);

}  // namespace lakehouse::query::duckdb
