// Two commits from one snapshot: which pairs both succeed (docs/format/delta.md, "Commits at the
// same time").
#include <atomic>
#include <functional>
#include <thread>

#include "commit_race.h"
#include "temporary_directory.h"

namespace lakehouse::storage::delta {
namespace {

using Step = std::function<void(Transaction&)>;

class Conflicts : public CommitRace {
 protected:
  static Step Insert(const std::string& path, int64_t low) {
    return [=](Transaction& t) { t.AddFile(File(path, low)); };
  }
  /// UPDATE ... WHERE id BETWEEN low AND low + 9, which replaces the file.
  static Step Update(const std::string& old, const std::string& path, int64_t low) {
    return [=](Transaction& t) {
      t.MarkRead(Reads(low, low + 9), true);
      t.RemoveFile(IndexOf(*t.base(), old));
      t.AddFile(File(path, low));
    };
  }
  static Step DeleteFrom(const std::string& path, int64_t low, std::vector<uint64_t> rows) {
    return [=](Transaction& t) {
      t.MarkRead(Reads(low, low + 9), true);
      Delete(t, path, rows);
    };
  }
  static Step Compact(const std::string& path) {
    return [=](Transaction& t) {
      t.MarkRearranged();
      t.MarkRead();
      for (size_t i = 0; i < t.base()->file_count(); ++i) t.RemoveFile(i);
      t.AddFile(File(path, 0));
    };
  }
  static Step At(IsolationLevel level, const Step& step) {
    return [=](Transaction& t) {
      t.SetIsolation(level);
      step(t);
    };
  }
  static Step Properties(const std::string& key, const std::string& value) {
    return [=](Transaction& t) {
      TableMetadata metadata = t.base()->metadata();
      metadata.properties[key] = value;
      t.SetMetadata(std::move(metadata));
    };
  }
  /// What becomes of `ours` after `winner`, on a new table.
  CommitOutcome Race(const Step& winner, const Step& ours) {
    store_ = io::MakeMemoryStore();
    location_ = {store_, "t"};
    Create();
    const auto first = Begin();
    const auto second = Begin();
    winner(*first);
    ours(*second);
    EXPECT_EQ(first->Commit({}).outcome, CommitOutcome::kCommitted);
    const CommitResult result = second->Commit({});
    reason_ = result.reason;
    EXPECT_EQ(result.reason.empty(), result.outcome == CommitOutcome::kCommitted);
    OpenTable(location_, context_)->Latest();  // the log is whole
    return result.outcome;
  }
  void ExpectBoth(const Step& winner, const Step& ours) {
    EXPECT_EQ(Race(winner, ours), CommitOutcome::kCommitted) << reason_;
  }
  void ExpectConflict(const Step& winner, const Step& ours) {
    EXPECT_EQ(Race(winner, ours), CommitOutcome::kConflict);
  }
  static constexpr auto kStrict = IsolationLevel::kSerializable;
  std::string reason_;
};

TEST_F(Conflicts, AnInsertStandsAfterEverything) {
  const Step ours = Insert("new", 0);
  for (const Step& winner :
       {Insert("other", 0), Update("low", "x", 0), Compact("all"), DeleteFrom("low", 0, {1})}) {
    ExpectBoth(winner, ours);
    ExpectBoth(winner, At(kStrict, ours));
  }
}

TEST_F(Conflicts, BlindAppendsMatterOnlyToTheStrict) {
  for (const Step& ours : {DeleteFrom("low", 0, {1}), Update("low", "y", 0)}) {
    ExpectBoth(Insert("new", 0), ours);
    ExpectConflict(Insert("new", 0), At(kStrict, ours));
    ExpectBoth(Insert("new", 500), At(kStrict, ours));
  }
  ExpectBoth(Insert("new", 0), Compact("all"));
}

TEST_F(Conflicts, RowsThatWereReadWrittenAreSeenByTheirBounds) {
  const Step winner = [](Transaction& t) {  // INSERT ... SELECT
    t.MarkRead();
    t.AddFile(File("copied", 0));
  };
  ExpectConflict(winner, DeleteFrom("low", 0, {1}));
  ExpectBoth(winner, DeleteFrom("high", 100, {1}));
  ExpectBoth(winner, At(IsolationLevel::kSnapshot, DeleteFrom("low", 0, {1})));
}

TEST_F(Conflicts, TheWholeTableIsReadWithoutAPredicate) {
  const Step all = [](Transaction& t) {
    t.MarkRead();
    t.AddFile(File("sum", 0));
  };
  ExpectBoth(Insert("new", 0), all);
  ExpectConflict(DeleteFrom("low", 0, {1}), all);
  ExpectConflict(Update("low", "x", 0), all);
  ExpectBoth(Compact("all"), all);
  const Step overwrite = [](Transaction& t) { t.RemoveAllFiles(); };
  ExpectConflict(DeleteFrom("low", 0, {1}), overwrite);
  ExpectConflict(overwrite, overwrite);
  ExpectBoth(Insert("new", 0), overwrite);
}

TEST_F(Conflicts, FilesThatWereOnlyReadMustKeepTheirRows) {
  const Step copies = [](Transaction& t) {
    t.MarkRead(Reads(0, 9));
    t.AddFile(File("copied", 0));
  };
  ExpectConflict(DeleteFrom("low", 0, {1}), copies);
  ExpectBoth(DeleteFrom("high", 100, {1}), copies);
  const Step chooses = [](Transaction& t) {
    t.MarkRead(Reads(0, 200), true);
    Delete(t, "high", {1});
  };
  ExpectBoth(DeleteFrom("low", 0, {1}), chooses);
  ExpectBoth(DeleteFrom("high", 100, {2}), chooses);
}

TEST_F(Conflicts, RowsOfOneFileAreDeletedByBothWhenTheyAreOthers) {
  ExpectBoth(DeleteFrom("low", 0, {1, 2}), DeleteFrom("low", 0, {3}));
  EXPECT_EQ(DeletedIn("low"), (std::vector<uint64_t>{1, 2, 3}));
  ExpectConflict(DeleteFrom("low", 0, {1, 2}), DeleteFrom("low", 0, {2, 3}));
  EXPECT_EQ(DeletedIn("low"), (std::vector<uint64_t>{1, 2}));
  EXPECT_EQ(VectorFiles(), 1u) << "the loser's file is gone";
}

TEST_F(Conflicts, SeveralWinnersAreTakenOneAfterTheOther) {
  Create();
  std::vector<std::unique_ptr<Transaction>> writers;
  for (uint64_t i = 0; i < 5; ++i) {
    writers.push_back(Begin());
    Delete(*writers.back(), "low", {i});
    Delete(*writers.back(), "high", {9 - i});
  }
  for (const auto& writer : writers) {
    EXPECT_EQ(writer->Commit({}).outcome, CommitOutcome::kCommitted);
  }
  EXPECT_EQ(DeletedIn("low"), (std::vector<uint64_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(DeletedIn("high"), (std::vector<uint64_t>{5, 6, 7, 8, 9}));
  EXPECT_EQ(VectorFiles(), 5u) << "one for each version";
}

TEST_F(Conflicts, TheLastRowsTakeTheFileWithThem) {
  ExpectBoth(DeleteFrom("low", 0, {0, 1, 2, 3, 4}), DeleteFrom("low", 0, {5, 6, 7, 8, 9}));
  EXPECT_EQ(table_->Latest()->file_count(), 1u);
  ExpectConflict(DeleteFrom("low", 0, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}), DeleteFrom("low", 0, {5}));
}

TEST_F(Conflicts, AFileThatGoesIsNoPlaceForDeletedRows) {
  ExpectConflict(Update("low", "x", 0), DeleteFrom("low", 0, {1}));
  ExpectConflict(DeleteFrom("low", 0, {1}), Update("low", "x", 0));
  ExpectConflict(Update("low", "x", 0), Update("low", "y", 0));
  ExpectBoth(Update("low", "x", 0), Update("high", "y", 100));
  ExpectConflict(Compact("all"), DeleteFrom("low", 0, {1}));
  ExpectConflict(DeleteFrom("low", 0, {1}), Compact("all"));
  ExpectConflict(Compact("x"), Compact("y"));
}

TEST_F(Conflicts, MetadataIsChangedByOne) {
  const Step rename = Properties("owner", "red");
  ExpectConflict(rename, rename);
  ExpectConflict(rename, Insert("new", 0));
  ExpectBoth(Insert("new", 0), rename);
  ExpectBoth(DeleteFrom("low", 0, {1}), rename);
  // A new rule is for all rows: those of a blind append, too.
  const Step rule = [](Transaction& t) {
    t.MarkRead();
    TableMetadata metadata = t.base()->metadata();
    metadata.properties["delta.constraints.positive"] = "id > 0";
    t.SetMetadata(std::move(metadata));
  };
  ExpectConflict(Insert("new", 0), rule);
}

TEST_F(Conflicts, SomeMetadataIsTakenOver) {
  for (const auto& [key, value] :
       std::map<std::string, std::string>{{"delta.enableInCommitTimestamps", "true"},
                                          {"delta.checkpointPolicy", "v2"},
                                          {"delta.enableRowTracking", "true"}}) {
    ExpectBoth(Properties(key, value), Insert("new", 0));
    ExpectBoth(Properties(key, value), DeleteFrom("low", 0, {1}));
    EXPECT_EQ(table_->Latest()->metadata().properties.at(key), value);
  }
  const auto latest = table_->Latest();
  for (size_t i = 0; i < latest->file_count(); ++i) {
    EXPECT_TRUE(dynamic_cast<const DeltaSnapshot&>(*latest).add(i).base_row_id) << i;
  }
  ExpectConflict(Properties("delta.enableChangeDataFeed", "true"), DeleteFrom("low", 0, {1}));
  ExpectConflict(Properties("delta.enableDeletionVectors", "false"), DeleteFrom("low", 0, {1}));
  // Rows that are copied would get new ids.
  ExpectConflict(Properties("delta.enableRowTracking", "true"), Update("low", "x", 0));
  ExpectConflict(Insert("new", 0), Properties("delta.enableRowTracking", "true"));
}

TEST_F(Conflicts, IdentityMarksDisturbNobody) {
  CreateTableOptions options;
  options.schema = {{{"id",
                      DataType::Primitive(TypeId::kLong),
                      true,
                      {{"delta.identity.start", "1"}, {"delta.identity.step", "1"}}}}};
  table_ = CreateTable(location_, context_, options, {}, {});
  const auto insert = [&](Transaction& t, const char* path, const char* mark) {
    RowRules kept;
    kept.identity = true;
    t.KeepRules(kept);
    t.AddFile(File(path, 0));
    if (mark == nullptr) return;
    TableMetadata metadata = t.base()->metadata();
    metadata.schema.fields[0].metadata["delta.identity.highWaterMark"] = mark;
    t.SetMetadata(std::move(metadata));
  };
  const auto first = Begin(), plain = Begin(), second = Begin(), deletes = Begin();
  insert(*first, "a", "10");
  insert(*plain, "b", nullptr);
  insert(*second, "c", "10");
  EXPECT_EQ(first->Commit({}).outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(plain->Commit({}).outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(second->Commit({}).outcome, CommitOutcome::kConflict) << "ids would be given twice";
  EXPECT_TRUE(table_->History().at(1).is_blind_append);
  EXPECT_EQ(table_->History().at(1).tags.at("delta.identity.schemaUpdate"), "true");
}

TEST_F(Conflicts, DomainsAndApplicationsBelongToOne) {
  const auto domain = [](const char* name) {
    return [=](Transaction& t) { t.SetDomain(name, "{}"); };
  };
  ExpectConflict(domain("a"), domain("a"));
  ExpectBoth(domain("a"), domain("b"));
  const auto app = [](const char* name) {
    return [=](Transaction& t) { t.SetAppTransaction(name, 1); };
  };
  ExpectConflict(app("a"), app("a"));
  ExpectBoth(app("a"), app("b"));
}

TEST_F(Conflicts, TheTablesOwnLevelCounts) {
  Create({{"delta.enableDeletionVectors", "true"}, {"delta.isolationLevel", "Serializable"}});
  const auto ours = Begin();
  DeleteFrom("low", 0, {1})(*ours);
  const auto insert = Begin();
  insert->AddFile(File("new", 0));
  ASSERT_EQ(insert->Commit({}).outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(ours->Commit({}).outcome, CommitOutcome::kConflict);
  EXPECT_EQ(table_->History().front().isolation_level, "Serializable");
}

TEST_F(Conflicts, SixteenWritersDeleteDisjointRowsOfOneFile) {
  constexpr uint64_t kWriters = 16, kEach = 12;
  TemporaryDirectory directory;
  location_ = {io::MakeLocalStore(directory.path()), "t"};
  CreateTableOptions options;
  options.schema = {{{"id", DataType::Primitive(TypeId::kLong), true, {}}}};
  options.properties["delta.enableDeletionVectors"] = "true";
  NewFile file = File("big", 0);
  file.stats.num_records = 1000;
  CreateTable(location_, context_, options, {}, {file});
  std::atomic<int> aborts = 0;
  std::vector<std::thread> threads;
  for (uint64_t w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      const auto table = OpenTable(location_, context_);
      for (uint64_t i = 0; i < kEach; ++i) {
        const auto delete_one = table->Begin(table->Latest());
        delete_one->MarkRead(Reads(0, 9), true);
        delete_one->DeleteRows(0, Rows({w * kEach + i}));
        if (delete_one->Commit({}).outcome != CommitOutcome::kCommitted) ++aborts;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(aborts, 0);
  const auto latest = OpenTable(location_, context_)->Latest();
  EXPECT_EQ(latest->version(), static_cast<int64_t>(kWriters * kEach));
  EXPECT_EQ(latest->DeletedRows(0)->size(), static_cast<int64_t>(kWriters * kEach));
}

}  // namespace
}  // namespace lakehouse::storage::delta
