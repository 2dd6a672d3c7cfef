// Rows that a commit moves and another one deletes, in either order (docs/format/delta.md, "Rows of
// one file").
#include "storage/delta/commit/moved_rows.h"

#include "commit_race.h"

namespace lakehouse::storage::delta {
namespace {

class MovedRowsRace : public CommitRace {
 protected:
  static NewFile Sized(const std::string& path, int64_t rows) {
    NewFile file = File(path, 0);
    file.stats.num_records = rows;
    return file;
  }
  /// OPTIMIZE of both files into `targets`, high before low.
  static void Compact(Transaction& transaction, const std::vector<NewFile>& targets) {
    const Snapshot& base = *transaction.base();
    transaction.MarkRearranged();
    const std::vector<size_t> sources{IndexOf(base, "high"), IndexOf(base, "low")};
    std::vector<std::string> paths;
    for (const size_t source : sources) transaction.RemoveFile(source);
    for (const NewFile& target : targets) {
      paths.push_back(target.path);
      transaction.AddFile(target);
    }
    transaction.MarkMoved(sources, paths);
  }
  /// An UPDATE that writes the file "high" anew.
  static void RewriteHigh(Transaction& transaction) {
    transaction.RemoveFile(IndexOf(*transaction.base(), "high"));
    transaction.AddFile(File("changed", 100));
  }
  CommitOutcome CommitOf(Transaction& transaction) {
    const CommitResult result = transaction.Commit({});
    reason_ = result.reason;
    return result.outcome;
  }
  size_t FileCount() { return OpenTable(location_, context_)->Latest()->file_count(); }
  std::string reason_;
};

using Places = std::vector<uint64_t>;

TEST_F(MovedRowsRace, RowsThatWereDeletedMeanwhileAreDeletedInTheNewFile) {
  Create();
  const auto compaction = Begin(), deletion = Begin();
  Compact(*compaction, {Sized("both", 20)});
  Delete(*deletion, "low", {0, 9});
  ASSERT_EQ(CommitOf(*deletion), CommitOutcome::kCommitted);
  ASSERT_EQ(CommitOf(*compaction), CommitOutcome::kCommitted) << reason_;
  EXPECT_EQ(DeletedIn("both"), (Places{10, 19}));
  EXPECT_EQ(FileCount(), 1);
  const auto snapshot = OpenTable(location_, context_)->Latest();
  EXPECT_NE(Add(*snapshot, "both").stats.find("\"tightBounds\":false"), std::string::npos);
}

TEST_F(MovedRowsRace, DeletionsOfSeveralWinnersAreUnited) {
  Create();
  const auto compaction = Begin();
  Compact(*compaction, {Sized("first", 8), Sized("second", 12)});
  for (const uint64_t row : {7, 8}) {
    const auto deletion = Begin();
    Delete(*deletion, "high", {row});
    ASSERT_EQ(CommitOf(*deletion), CommitOutcome::kCommitted);
  }
  ASSERT_EQ(CommitOf(*compaction), CommitOutcome::kCommitted) << reason_;
  EXPECT_EQ(DeletedIn("first"), Places{7});
  EXPECT_EQ(DeletedIn("second"), Places{0});
  EXPECT_EQ(VectorFiles(), 3u);  // of the two deletions and of the compaction
}

TEST_F(MovedRowsRace, AFileThatWasRewrittenLeavesItsPlaceEmpty) {
  Create();
  const auto compaction = Begin(), update = Begin();
  Compact(*compaction, {Sized("both", 20)});
  RewriteHigh(*update);
  ASSERT_EQ(CommitOf(*update), CommitOutcome::kCommitted);
  ASSERT_EQ(CommitOf(*compaction), CommitOutcome::kCommitted) << reason_;
  EXPECT_EQ(DeletedIn("both"), (Places{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(FileCount(), 2);
}

TEST_F(MovedRowsRace, AFileThatIsThereAgainIsAConflict) {
  Create();
  const auto compaction = Begin(), update = Begin();
  Compact(*compaction, {Sized("both", 20)});
  RewriteHigh(*update);
  ASSERT_EQ(CommitOf(*update), CommitOutcome::kCommitted);
  const auto back = Begin();
  back->RemoveFile(IndexOf(*back->base(), "changed"));
  back->AddFile(Sized("high", 10));
  ASSERT_EQ(CommitOf(*back), CommitOutcome::kCommitted);
  EXPECT_EQ(CommitOf(*compaction), CommitOutcome::kConflict);
  EXPECT_NE(reason_.find("brought back the file high"), std::string::npos) << reason_;
}

TEST_F(MovedRowsRace, AFileWithoutARowIsNotAdded) {
  Create();
  const auto compaction = Begin(), update = Begin();
  Compact(*compaction, {Sized("first", 10), Sized("second", 10)});
  RewriteHigh(*update);
  ASSERT_EQ(CommitOf(*update), CommitOutcome::kCommitted);
  ASSERT_EQ(CommitOf(*compaction), CommitOutcome::kCommitted) << reason_;
  EXPECT_EQ(FileCount(), 2);
  EXPECT_EQ(DeletedIn("second"), Places{});
  EXPECT_EQ(VectorFiles(), 0u);
}

TEST_F(MovedRowsRace, DeletionsFollowTheRowsThatAWinnerMoved) {
  Create();
  const auto before = Begin();
  Delete(*before, "low", {0, 5});
  ASSERT_EQ(CommitOf(*before), CommitOutcome::kCommitted);
  const auto compaction = Begin(), deletion = Begin(), other = Begin();
  Compact(*compaction, {Sized("first", 11), Sized("second", 7)});
  Delete(*deletion, "low", {1, 2, 9});
  Delete(*other, "low", {2, 3});
  ASSERT_EQ(CommitOf(*compaction), CommitOutcome::kCommitted);
  ASSERT_EQ(CommitOf(*deletion), CommitOutcome::kCommitted) << reason_;
  EXPECT_EQ(DeletedIn("first"), Places{10});
  EXPECT_EQ(DeletedIn("second"), (Places{0, 6}));
  // The same row twice is a conflict wherever it lies.
  EXPECT_EQ(CommitOf(*other), CommitOutcome::kConflict);
}

TEST_F(MovedRowsRace, ADeletionAndACompactionBeforeOursAreHeeded) {
  Create();
  const auto compaction = Begin(), ours = Begin(), deletion = Begin();
  Compact(*compaction, {Sized("both", 20)});
  Delete(*deletion, "low", {4});
  Delete(*ours, "low", {0, 5});
  ASSERT_EQ(CommitOf(*deletion), CommitOutcome::kCommitted);
  ASSERT_EQ(CommitOf(*compaction), CommitOutcome::kCommitted) << reason_;
  ASSERT_EQ(CommitOf(*ours), CommitOutcome::kCommitted) << reason_;
  EXPECT_EQ(DeletedIn("both"), (Places{10, 14, 15}));
}

TEST_F(MovedRowsRace, AFileThatIsReplacedIsDeletedWhereItsRowsAre) {
  Create();
  const auto compaction = Begin(), update = Begin();
  Compact(*compaction, {Sized("both", 20)});
  update->RemoveFile(IndexOf(*update->base(), "low"));
  update->AddFile(File("changed", 0));
  ASSERT_EQ(CommitOf(*compaction), CommitOutcome::kCommitted);
  ASSERT_EQ(CommitOf(*update), CommitOutcome::kCommitted) << reason_;
  EXPECT_EQ(DeletedIn("both"), (Places{10, 11, 12, 13, 14, 15, 16, 17, 18, 19}));
}

TEST_F(MovedRowsRace, WhoHasReadAllDoesNotMissADeletionInAFileThatItChanges) {
  Create();
  const auto reader = Begin(), deletion = Begin();
  reader->MarkRead();
  Delete(*reader, "low", {1});
  Delete(*deletion, "low", {2});
  ASSERT_EQ(CommitOf(*deletion), CommitOutcome::kCommitted);
  EXPECT_EQ(CommitOf(*reader), CommitOutcome::kConflict);
}

TEST_F(MovedRowsRace, WithoutVectorsOneOfBothConflicts) {
  Create({});
  const auto compaction = Begin(), update = Begin();
  Compact(*compaction, {Sized("both", 20)});
  update->RemoveFile(IndexOf(*update->base(), "low"));
  update->AddFile(File("changed", 0));
  ASSERT_EQ(CommitOf(*compaction), CommitOutcome::kCommitted);
  EXPECT_EQ(CommitOf(*update), CommitOutcome::kConflict);
}

/// The new file may have rows that came after our base: they stay.
TEST_F(MovedRowsRace, WhoReplacesEverythingLeavesRowsThatItHasNotSeen) {
  Create();
  const auto overwrite = Begin(), append = Begin();
  overwrite->RemoveAllFiles();
  overwrite->AddFile(File("changed", 0));
  append->AddFile(Sized("late", 2));
  ASSERT_EQ(CommitOf(*append), CommitOutcome::kCommitted);
  const auto compaction = Begin();
  const Snapshot& base = *compaction->base();
  compaction->MarkRearranged();
  const std::vector<size_t> sources{IndexOf(base, "low"), IndexOf(base, "late")};
  for (const size_t source : sources) compaction->RemoveFile(source);
  compaction->AddFile(Sized("both", 12));
  compaction->MarkMoved(sources, {"both"});
  ASSERT_EQ(CommitOf(*compaction), CommitOutcome::kCommitted);
  ASSERT_EQ(CommitOf(*overwrite), CommitOutcome::kCommitted) << reason_;
  EXPECT_EQ(DeletedIn("both"), (Places{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_F(MovedRowsRace, TwoCompactionsOfOneFileConflict) {
  Create();
  const auto one = Begin(), other = Begin();
  Compact(*one, {Sized("both", 20)});
  Compact(*other, {Sized("again", 20)});
  ASSERT_EQ(CommitOf(*one), CommitOutcome::kCommitted);
  EXPECT_EQ(CommitOf(*other), CommitOutcome::kConflict);
}

TEST(MovedRows, ATextThatIsNoneSaysNothing) {
  const std::vector<MovedRows> moves{{{{"a", "u1", 3}, {"b", "", 2}}, {{"c", 5}}}};
  const std::string text = MovesText(moves);
  ASSERT_EQ(ParseMoves(text).size(), 1u);
  EXPECT_EQ(ParseMoves(text)[0].IndexOf("b"), 1);
  EXPECT_EQ(ParseMoves(text)[0].IndexOf("c"), -1);
  for (const char* wrong : {"", "{}", "[1]", R"([{"from":[["a","",3]],"to":[["c",4]]}])",
                            R"([{"from":[["a","",-1]],"to":[["c",-1]]}])"}) {
    EXPECT_TRUE(ParseMoves(wrong).empty()) << wrong;
  }
}

}  // namespace
}  // namespace lakehouse::storage::delta
