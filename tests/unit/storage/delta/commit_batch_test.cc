#include "storage/delta/replay/commit_batch.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "error_code.h"
#include "storage/delta/log/log.h"
#include "storage/delta/replay/replay.h"
#include "storage/delta/snapshot/delta_snapshot.h"

namespace lakehouse::storage::delta {
namespace {

constexpr char kPlace[] = "commit";

/// What both readers make of a commit: everything that its adds say, as a log writes it.
std::string TextOf(const Actions& actions) {
  Actions all = actions;
  for (const BlockRange& range : actions.blocks) {
    for (uint32_t row = range.begin; row < range.end; ++row) {
      all.adds.push_back(std::make_shared<const AddFile>(range.block->Add(row)));
    }
  }
  all.blocks.clear();
  return WriteCommit(all);
}

Actions InBatch(const std::string& text) {
  CommitBatch batch;
  batch.Parse(text, kPlace);
  return batch.Finish().at(0);
}

TEST(CommitBatches, AreReadAsSingleCommits) {
  const std::vector<std::string> lines = {
      R"({"add":{"path":"a","partitionValues":{},"size":1,"modificationTime":2,"dataChange":true}})",
      R"({"add":{"path":"a","partitionValues":{"p":null,"q":"x\u00e9"},"size":1,"modificationTime":2,"dataChange":false,"stats":"{\"numRecords\":3}"}})",
      R"({"add":{"path":"a%20b","size":1,"stats":"{\"numRecords\":3,\"minValues\":{\"s\":\"q\\\"uote\"}}"}})",
      R"({"add":{"path":"a\/b","size":1,"stats":"no json \\ at all"}})",
      R"({"add":{"path":"a","size":1,"stats":null,"tags":null,"deletionVector":null,"baseRowId":null}})",
      R"({"add":{"path":"a","size":1,"tags":{"t":"1","n":null},"clusteringProvider":"liquid","baseRowId":4,"defaultRowCommitVersion":5}})",
      R"({"add":{"path":"a","size":1,"tags":{"t":1}}})",
      R"({"add":{"path":"a","size":1,"unknown":{"deep":[1,2]},"p\u0061th":"b"}})",
      R"({"add":{"path":"a","size":1,"deletionVector":{"storageType":"i","pathOrInlineDv":"wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L","sizeInBytes":40,"cardinality":6}}})",
      R"({"add":{"path":"a","size":1},"txn":{"appId":"x","version":1}})",
      R"( { "add" : { "path" : "a" , "size" : 1 , "stats" : "{ }"  } } )",
      R"({"add":{"path":"a","size":1,"stats":"x"  , "dataChange" : true}}  )",
      R"({"add":null})",
      R"({"remove":{"path":"a","deletionTimestamp":5}})"};
  for (const std::string& line : lines) {
    EXPECT_EQ(TextOf(InBatch(line + "\n")), TextOf(ParseCommit(line + "\n", kPlace))) << line;
  }
}

TEST(CommitBatches, NameDamageAsSingleCommitsDo) {
  const std::vector<std::string> lines = {
      "",
      "{",
      R"({"add":{"path":"a","size":1})",
      R"({"add":{"path":"a","size":1}}})",
      R"({"add":{"path":"a","size":1}} x)",
      R"({"add":{"path":"a","size":1,}})",
      R"({"add":{"path":"a" "size":1}})",
      R"({"add":{"path":"a","size":"1"}})",
      R"({"add":{"path":"a","size":1.5}})",
      R"({"add":{"path":"a","size":-1}})",
      R"({"add":{"path":"a","size":1,"dataChange":tru}})",
      R"({"add":{"path":"a","size":1,"stats":"\q"}})",
      R"({"add":{"path":"a","size":1,"stats":"\ud800"}})",
      R"({"add":{"path":"a","size":1,"stats":7}})",
      R"({"add":{"path":"a","size":1,"unknown":tru}})",
      R"({"add":{"path":"a","size":1,"partitionValues":{"p":1}}})",
      R"({"add":{"path":"a","size":1,"partitionValues":[]}})",
      R"({"add":{"path":"a%2","size":1}})",
      R"({"add":{"path":"","size":1}})",
      R"({"add":{"size":1}})",
      R"({"add":{"path":"a","size":1,"deletionVector":{"storageType":"?"}}})",
      R"({"add":7})",
      "{\"add\":{\"path\":\"a\",\"size\":1,\"stats\":\"\xFF\"}}",
      "{\"add\":{\"path\":\"a\",\"size\":1,\"stats\":\"a\nb\"}}"};
  for (const std::string& line : lines) {
    const std::string expected = CodeOf([&] { ParseCommit(line + "\n", kPlace); });
    EXPECT_NE(expected, "") << line;
    EXPECT_EQ(CodeOf([&] { InBatch(line + "\n"); }), expected) << line;
  }
}

/// An add as most are written, with its parts in the usual order.
std::string UsualAdd(const std::string& path, const std::string& size, const std::string& stats,
                     const std::string& end = "}}") {
  return R"({"add":{"path":")" + path + R"(","partitionValues":{"p":"1"},"size":)" + size +
         R"(,"modificationTime":5,"dataChange":true,"stats":")" + stats + "\"" + end + "\n";
}

constexpr char kStats[] = R"({\"numRecords\":3,\"minValues\":{\"s\":\"x\"}})";

TEST(CommitBatches, ReadAddsThatAreWrittenAlike) {
  std::string text = UsualAdd("a", "1", kStats);
  text += UsualAdd("b", "0", R"({\"numRecords\":4,\"minValues\":{\"s\":\"y\"}})");
  text += UsualAdd("c%20d", "12", kStats);
  text += UsualAdd("e\\/f", "12", kStats);
  text += UsualAdd("g\u00e9", "12", kStats);
  text += UsualAdd("h", "1234567890123456789", kStats);
  text += UsualAdd("i", "3", R"({\"numRecords\":4,\"minValues\":{\"s\":\"\u00e9\"}})");
  text += UsualAdd("j", "3", "other");
  text += UsualAdd("k", "3", "");
  text += UsualAdd("l", "3", kStats, R"(,"tags":{"t":"1"}}})");
  text += UsualAdd("m", "3", kStats, R"(,"tags":{"t":"1"}}})");
  text += UsualAdd("n", "3", kStats);
  EXPECT_EQ(TextOf(InBatch(text)), TextOf(ParseCommit(text, kPlace)));
}

TEST(CommitBatches, NameDamageInAddsThatAreWrittenAlike) {
  const std::string whole = UsualAdd("a", "1", kStats);
  const std::vector<std::string> lines = {
      UsualAdd("", "1", kStats),
      UsualAdd("b", "", kStats),
      UsualAdd("b", "-1", kStats),
      UsualAdd("b", "01", kStats),
      UsualAdd("b", "1.5", kStats),
      UsualAdd("b", "1x", kStats),
      UsualAdd("b\"", "1", kStats),
      UsualAdd("b\t", "1", kStats),
      UsualAdd("b\xFF", "1", kStats),
      UsualAdd("b", "1", R"({"numRecords":3})"),
      UsualAdd("b", "1", R"({\"numRecords\":3,\"minValues\":{\"s\":\"x"}})"),
      UsualAdd("b", "1", "{\\\"numRecords\\\":3,\\\"minValues\\\":{\\\"s\\\":\\\"\x01\\\"}}"),
      UsualAdd("b", "1", kStats, "}"),
      UsualAdd("b", "1", kStats, "}}}"),
      UsualAdd("b", "1", kStats, "}} x"),
      whole.substr(0, whole.size() / 2) + "\n"};
  for (const std::string& line : lines) {
    const std::string text = whole + line;
    const std::string expected = CodeOf([&] { ParseCommit(text, kPlace); });
    EXPECT_NE(expected, "") << line;
    EXPECT_EQ(CodeOf([&] { InBatch(text); }), expected) << line;
  }
}

TEST(CommitBatches, PartCommitsAtTheEndOfABlock) {
  CommitBatch batch;
  constexpr int kCommits = 7, kAdds = 300;
  for (int commit = 0; commit < kCommits; ++commit) {
    std::string text;
    for (int i = 0; i < kAdds; ++i) {
      text += R"({"add":{"path":"f)" + std::to_string(commit * kAdds + i) +
              R"(","size":1}})"
              "\n";
    }
    batch.Parse(text, kPlace);
  }
  const std::vector<Actions> commits = batch.Finish();
  ASSERT_EQ(commits.size(), static_cast<size_t>(kCommits));
  int next = 0;
  for (const Actions& commit : commits) {
    for (const BlockRange& range : commit.blocks) {
      for (uint32_t row = range.begin; row < range.end; ++row) {
        EXPECT_EQ(range.block->path(row).view(), "f" + std::to_string(next++));
      }
    }
  }
  EXPECT_EQ(next, kCommits * kAdds);
}

/// A log with more commits than one thread reads.
class LongLogTest : public testing::Test {
 protected:
  static constexpr int kVersions = 300;

  LongLogTest() {
    for (int version = 0; version < kVersions; ++version) {
      std::string text;
      if (version == 0) {
        text +=
            R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})"
            "\n"
            R"({"metaData":{"id":"t","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{},"createdTime":1}})"
            "\n";
      }
      if (version % 3 == 2)
        text += R"({"remove":{"path":")" + Name(version - 1) +
                R"("}})"
                "\n";
      text += R"({"add":{"path":")" + Name(version) + R"(","size":)" + std::to_string(version) +
              R"(,"stats":"{\"numRecords\":)" + std::to_string(version) +
              R"(,\"minValues\":{\"id\":)" + std::to_string(-version) +
              R"(}}"}})"
              "\n";
      Put(version, text);
    }
  }
  /// Some names come again.
  static std::string Name(int version) { return "f" + std::to_string(version % 250); }
  void Put(int version, const std::string& text) {
    store_->Write(log_.PathOf(Log::CommitName(version)), text);
  }
  static std::string TextOf(const DeltaSnapshot::State& state) {
    Actions actions;
    for (const FileRow& file : state.files) actions.adds.push_back(file.Share());
    std::string text = WriteCommit(actions);
    for (const TombstonePtr& gone : state.tombstones) text += gone->key + "\n";
    return text + std::to_string(state.totals.bytes) + " " + std::to_string(state.totals.records);
  }

  const std::shared_ptr<io::ObjectStore> store_ = io::MakeMemoryStore();
  const Log log_{{store_, "t"}};
};

TEST_F(LongLogTest, IsReadByThreadsAsCommitByCommit) {
  StatePtr step = LoadState(log_, 0);
  for (const CommitFile& commit : log_.List(1).commits) {
    auto next = std::make_shared<DeltaSnapshot::State>(*step);
    ApplyCommit(ParseCommit(log_.ReadCommit(commit.version), kPlace), commit, *next);
    step = next;
  }
  const StatePtr whole = LoadState(log_);
  EXPECT_EQ(whole->version, kVersions - 1);
  EXPECT_EQ(TextOf(*whole), TextOf(*step));
  // Very many commits at once also come to a state that is there.
  EXPECT_EQ(TextOf(*Refresh(log_, LoadState(log_, 3))), TextOf(*step));
}

TEST_F(LongLogTest, DamageIsNamed) {
  Put(200, R"({"add":{"path":"x","size":1}})"
           "\n"
           R"({"add":{"path":"x","size":1}})"
           "\n");
  EXPECT_EQ(CodeOf([&] { LoadState(log_); }), "LK-3003");
  EXPECT_EQ(LoadState(log_, 199)->version, 199);
  Put(200,
      R"({"add":{"path":"f199","size":1,"deletionVector":{"storageType":"i","pathOrInlineDv":"wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L","sizeInBytes":40,"cardinality":6}}})"
      "\n");
  EXPECT_EQ(CodeOf([&] { LoadState(log_); }), "LK-3003") << "other deleted rows, and no remove";
  Put(200, R"({"add":{"path":"x")"
           "\n");
  EXPECT_EQ(CodeOf([&] { LoadState(log_); }), "LK-3003");
  store_->Delete(log_.PathOf(Log::CommitName(200)));
  EXPECT_EQ(CodeOf([&] { LoadState(log_); }), "LK-3003") << "a gap";
}

}  // namespace
}  // namespace lakehouse::storage::delta
