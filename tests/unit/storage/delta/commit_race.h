#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "storage/delta/delta_table.h"
#include "storage/delta/snapshot/delta_snapshot.h"

namespace lakehouse::storage::delta {

inline RowSet Rows(const std::vector<uint64_t>& rows) {
  RowSet set;
  set.Add(rows);
  return set;
}

/// A table of made-up files, each of ten rows whose ids are known by bounds.
class CommitRace : public testing::Test {
 protected:
  using Properties = std::map<std::string, std::string>;

  void Create(Properties properties = {{"delta.enableDeletionVectors", "true"}}) {
    CreateTableOptions options;
    options.schema = {{{"id", DataType::Primitive(TypeId::kLong), true, {}}}};
    options.properties = std::move(properties);
    table_ = CreateTable(location_, context_, options, {.operation = "CREATE TABLE"},
                         {File("low", 0), File("high", 100)});
  }
  static NewFile File(const std::string& path, int64_t low) {
    NewFile file{path, 100, 1, {}, {}};
    file.stats.num_records = 10;
    file.stats.leaves[{"id"}] = {Value{low}, Value{low + 9}, 0};
    return file;
  }
  std::unique_ptr<Transaction> Begin() { return table_->Begin(table_->Latest()); }
  /// The position of a file in `snapshot`.
  static size_t IndexOf(const Snapshot& snapshot, const std::string& path) {
    for (size_t i = 0; i < snapshot.file_count(); ++i) {
      if (snapshot.file(i).path == path) return i;
    }
    ADD_FAILURE() << path << " is not there";
    return 0;
  }
  static void Delete(Transaction& transaction, const std::string& path,
                     const std::vector<uint64_t>& rows) {
    transaction.DeleteRows(IndexOf(*transaction.base(), path), Rows(rows));
  }
  /// Rows with ids from `low` to `high` are read.
  static Transaction::MayMatch Reads(int64_t low, int64_t high) {
    return [low, high](const Snapshot& files, size_t index) {
      const auto bounds = files.Bounds({"id"});
      if (bounds->min[index].is_null()) return true;
      return Compare(bounds->max[index], Value{low}) >= 0 &&
             Compare(bounds->min[index], Value{high}) <= 0;
    };
  }
  std::vector<uint64_t> DeletedIn(const std::string& path) {
    const auto latest = OpenTable(location_, context_)->Latest();
    const size_t index = IndexOf(*latest, path);
    const auto rows = latest->DeletedRows(index);
    const auto records = static_cast<uint64_t>(latest->file(index).num_records);
    std::vector<uint64_t> list;
    for (uint64_t row = 0; rows && row < records; ++row) {
      if (rows->Contains(row)) list.push_back(row);
    }
    return list;
  }
  size_t VectorFiles() const {
    size_t count = 0;
    for (const auto& object : store_->List("t")) {
      if (object.path.find("deletion_vector_") != std::string::npos) ++count;
    }
    return count;
  }
  AddFile Add(const Snapshot& snapshot, const std::string& path) {
    return dynamic_cast<const DeltaSnapshot&>(snapshot).add(IndexOf(snapshot, path));
  }

  const StorageContext context_{&SystemClock(), &SystemRandom()};
  std::shared_ptr<io::ObjectStore> store_ = io::MakeMemoryStore();
  io::Location location_{store_, "t"};
  std::shared_ptr<Table> table_;
};

}  // namespace lakehouse::storage::delta
