#include "storage/overlay_snapshot.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "storage/delta/delta_table.h"

namespace lakehouse::storage {
namespace {

const StorageContext kContext{&SystemClock(), &SystemRandom()};

NewFile FileOf(const std::string& path, const std::string& part, int64_t rows, int64_t least) {
  NewFile file;
  file.path = path;
  file.size_bytes = 100;
  file.partition_values = {part.empty() ? Value{} : Value{part}};
  file.stats.num_records = rows;
  file.stats.leaves[{"id"}] = {Value{least}, Value{least + rows - 1}, 0};
  return file;
}

RowSet Rows(const std::vector<uint64_t>& rows) {
  RowSet set;
  set.Add(rows);
  return set;
}

class OverlaySnapshotTest : public testing::Test {
 protected:
  OverlaySnapshotTest() {
    CreateTableOptions options;
    options.schema = {{{"id", DataType::Primitive(TypeId::kLong)},
                       {"part", DataType::Primitive(TypeId::kString)}}};
    options.partition_columns = {"part"};
    const auto table = delta::CreateTable(location_, kContext, options, {});
    auto commit = table->Begin(table->Latest());
    commit->AddFile(FileOf("a.parquet", "x", 10, 0));
    commit->AddFile(FileOf("b.parquet", "y", 5, 10));
    commit->Commit({});
    base_ = table->Latest();
  }

  io::Location location_{io::MakeMemoryStore(), "t"};
  SnapshotPtr base_;
};

TEST_F(OverlaySnapshotTest, ShowsPendingFilesBehindThoseOfTheBase) {
  PendingChanges changes;
  changes.files = {FileOf("c.parquet", "", 3, 100)};
  const auto overlay = Overlay(base_, std::move(changes));
  ASSERT_EQ(overlay->file_count(), 3u);
  EXPECT_EQ(overlay->version(), base_->version());
  EXPECT_EQ(overlay->file(0).path, base_->file(0).path);
  EXPECT_EQ(overlay->file(2).path, "c.parquet");
  EXPECT_TRUE(overlay->partition_value(2, 0).is_null());
  EXPECT_EQ(overlay->partition_value(1, 0), base_->partition_value(1, 0));
  EXPECT_EQ(overlay->total_records(), 18);
  EXPECT_EQ(overlay->total_bytes(), 300);
  EXPECT_EQ(overlay->DeletedRows(2), nullptr);
}

TEST_F(OverlaySnapshotTest, KnowsTheBoundsOfPendingFiles) {
  PendingChanges changes;
  changes.files = {FileOf("c.parquet", "z", 3, 100)};
  const auto overlay = Overlay(base_, std::move(changes));
  const auto ids = overlay->Bounds({"id"});
  ASSERT_EQ(ids->min.size(), 3u);
  EXPECT_EQ(ids->min[0], Value{int64_t{0}});
  EXPECT_EQ(ids->max[2], Value{int64_t{102}});
  EXPECT_EQ(ids->null_count[2], 0);
  EXPECT_EQ(overlay->Bounds({"part"})->min[2], Value{std::string("z")});
  EXPECT_TRUE(overlay->Bounds({"unknown"})->min[2].is_null());
}

TEST_F(OverlaySnapshotTest, HidesDeletedRowsOfBoth) {
  PendingChanges changes;
  changes.files = {FileOf("c.parquet", "z", 3, 100)};
  changes.deleted[0] = Rows({1, 2});
  changes.deleted[2] = Rows({0, 1, 2});
  const auto overlay = Overlay(base_, std::move(changes));
  EXPECT_EQ(overlay->file(0).live_records(), 8);
  EXPECT_EQ(overlay->file(2).live_records(), 0);
  EXPECT_EQ(overlay->DeletedRows(0)->size(), 2);
  EXPECT_EQ(overlay->DeletedRows(1), nullptr);
  EXPECT_EQ(overlay->total_records(), 13);
}

TEST_F(OverlaySnapshotTest, HasOnlyPendingFilesWhenTheBaseWasReplaced) {
  PendingChanges changes;
  changes.files = {FileOf("c.parquet", "z", 3, 100)};
  changes.deleted[0] = Rows({2});
  changes.replaced = true;
  const auto overlay = Overlay(base_, std::move(changes));
  ASSERT_EQ(overlay->file_count(), 1u);
  EXPECT_EQ(overlay->file(0).live_records(), 2);
  EXPECT_EQ(overlay->partition_value(0, 0), Value{std::string("z")});
  EXPECT_EQ(overlay->Bounds({"id"})->min.size(), 1u);
  EXPECT_EQ(overlay->total_bytes(), 100);
}

}  // namespace
}  // namespace lakehouse::storage
