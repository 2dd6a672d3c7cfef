#include "query/engines/duckdb/commands/rearrange.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "query/engines/duckdb/commands/optimize_metrics.h"
#include "storage/delta/delta_table.h"

namespace lakehouse::query::duckdb {
namespace {

using storage::DataType;
using storage::NewFile;
using storage::TypeId;

const storage::StorageContext kContext{&SystemClock(), &SystemRandom()};

NewFile File(const std::string& path) {
  NewFile file{.path = path, .size_bytes = 100, .modified_ms = 1};
  file.stats.num_records = 10;
  return file;
}

class Rearrange : public testing::Test {
 protected:
  Rearrange() {
    storage::CreateTableOptions options;
    options.schema = {{{"id", DataType::Primitive(TypeId::kLong), true, {}}}};
    table_ =
        storage::delta::CreateTable(location_, kContext, options, {.operation = "CREATE TABLE"},
                                    {File("a"), File("b"), File("c"), File("d")});
    base_ = table_->Latest();
  }

  /// Two files of the base as one.
  WrittenGroup Group(size_t first, size_t second, const std::string& path) const {
    WrittenFiles written;
    written.files = {File(path)};
    return {{{first, second}, 200}, std::move(written)};
  }
  void Change(std::optional<size_t> removed, const std::string& added) {
    const auto commit = table_->Begin(table_->Latest());
    if (removed) commit->RemoveFile(*removed);
    commit->AddFile(File(added));
    ASSERT_EQ(commit->Commit({}).outcome, storage::CommitOutcome::kCommitted);
  }
  int64_t Commit(std::vector<WrittenGroup>& groups) {
    return CommitRearranged(*table_, base_, groups,
                            [] { return storage::CommitDescription{.operation = "OPTIMIZE"}; });
  }
  std::string Paths() const {
    std::string paths;
    const auto latest = table_->Latest();
    for (size_t i = 0; i < latest->file_count(); ++i) paths += latest->file(i).path;
    return paths;
  }

  std::shared_ptr<io::ObjectStore> store_ = io::MakeMemoryStore();
  io::Location location_{store_, "t"};
  std::shared_ptr<storage::Table> table_;
  storage::SnapshotPtr base_;
};

TEST_F(Rearrange, EveryGroupIsInOneCommit) {
  std::vector<WrittenGroup> groups;
  groups.push_back(Group(0, 1, "x"));
  groups.push_back(Group(2, 3, "y"));
  EXPECT_EQ(Commit(groups), 1);
  EXPECT_EQ(Paths(), "xy");
  OptimizeMetrics metrics;
  CountFiles(*base_, groups, metrics);
  EXPECT_EQ(metrics.added_bytes.size(), 2U);
  EXPECT_EQ(metrics.removed_bytes.size(), 4U);
  EXPECT_EQ(HistoryMetrics(metrics).at("numRemovedBytes"), 400);
}

TEST_F(Rearrange, NewFilesOfOthersAreNoConflict) {
  Change(std::nullopt, "new");
  std::vector<WrittenGroup> groups;
  groups.push_back(Group(0, 1, "x"));
  EXPECT_EQ(Commit(groups), 2);
  EXPECT_EQ(Paths(), "cdnewx");
}

TEST_F(Rearrange, AGroupWhoseFileIsGoneIsLeftOut) {
  Change(0, "a2");
  std::vector<WrittenGroup> groups;
  groups.push_back(Group(0, 1, "x"));
  groups.push_back(Group(2, 3, "y"));
  EXPECT_EQ(Commit(groups), 2);
  EXPECT_EQ(groups.size(), 1U);
  EXPECT_EQ(Paths(), "a2by");
}

TEST_F(Rearrange, WithoutAGroupLeftItIsAConflict) {
  Change(1, "b2");
  std::vector<WrittenGroup> groups;
  groups.push_back(Group(0, 1, "x"));
  EXPECT_EQ(CodeOf([&] { Commit(groups); }), "LK-4013");
  EXPECT_EQ(table_->Latest()->version(), 1);
}

TEST_F(Rearrange, ChangedColumnsAreAConflict) {
  auto metadata = base_->metadata();
  metadata.properties["x"] = "y";
  const auto commit = table_->Begin(base_);
  commit->SetMetadata(metadata);
  ASSERT_EQ(commit->Commit({}).outcome, storage::CommitOutcome::kCommitted);
  std::vector<WrittenGroup> groups;
  groups.push_back(Group(0, 1, "x"));
  EXPECT_EQ(CodeOf([&] { Commit(groups); }), "LK-4013");
}

}  // namespace
}  // namespace lakehouse::query::duckdb
