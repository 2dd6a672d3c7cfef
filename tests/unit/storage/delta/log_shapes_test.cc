// Every form that a log may have leads to the same state: checkpoints of each kind, compactions,
// checksums; what is damaged is passed over where something else has it, and named where not.
#include <gtest/gtest.h>

#include <cstdio>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "storage/delta/delta_table.h"
#include "storage/delta/log/actions.h"
#include "storage/delta/replay/head_snapshot.h"

namespace lakehouse::storage::delta {
namespace {

const StorageContext kContext{&SystemClock(), &SystemRandom()};
constexpr char kUuid[] = "80a083e8-7026-4e79-81be-64bd76c43a11";
constexpr char kProtocol[] = R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})";

class LogShapes : public testing::Test {
 protected:
  /// Versions 0 to 3: the files a, b, c, and a removed again; without checksums.
  LogShapes() {
    CreateTableOptions options;
    options.schema = {{{"id", DataType::Primitive(TypeId::kLong), true, {}}}};
    table_ = CreateTable(location_, kContext, options, {.operation = "CREATE TABLE"}, {File("a")});
    for (const char* path : {"b", "c"}) {
      const auto transaction = table_->Begin(table_->Latest());
      transaction->AddFile(File(path));
      EXPECT_EQ(transaction->Commit({}).outcome, CommitOutcome::kCommitted);
    }
    const auto transaction = table_->Begin(table_->Latest());
    transaction->RemoveFile(0);
    EXPECT_EQ(transaction->Commit({}).version, 3);
    for (int64_t version = 0; version <= 3; ++version) store_->Delete(Path(version, ".crc"));
    const std::string first = store_->Read(Path(0, ".json"));
    metadata_ = first.substr(first.find(R"({"metaData")"));
    metadata_ = metadata_.substr(0, metadata_.find('\n'));
  }

  static NewFile File(const std::string& path) {
    NewFile file{path, 100, 1, {}, {}};
    file.stats.num_records = 10;
    return file;
  }
  static std::string Path(int64_t version, const std::string& ending) {
    char name[64];
    std::snprintf(name, sizeof(name), "t/_delta_log/%020ld", version);
    return name + ending;
  }
  void Put(int64_t version, const std::string& ending, const std::string& text) {
    store_->Write(Path(version, ending), text);
  }
  void DropCommits(int64_t from, int64_t to) {
    for (int64_t version = from; version <= to; ++version) store_->Delete(Path(version, ".json"));
  }
  /// Paths of the live files of the latest version, or the code of the error.
  std::string Read() {
    try {
      const auto snapshot = OpenTable(location_, kContext)->Latest();
      std::string paths = std::to_string(snapshot->version()) + ":";
      for (size_t i = 0; i < snapshot->file_count(); ++i) {
        paths += " " + std::string(snapshot->file(i).path);
      }
      return paths;
    } catch (const Error& error) {
      return error.code();
    }
  }
  /// A Parquet file with the file actions of version 3, for use as a sidecar.
  std::string SidecarBytes() {
    table_->Checkpoint();
    std::string bytes = store_->Read(Path(3, ".checkpoint.parquet"));
    store_->Delete(Path(3, ".checkpoint.parquet"));
    return bytes;
  }
  std::string V2Lines(const std::string& rest, int64_t version = 3) {
    return R"({"checkpointMetadata":{"version":)" + std::to_string(version) + "}}\n" + kProtocol +
           "\n" + metadata_ + "\n" + rest;
  }
  static std::string Sidecar(const std::string& name, size_t size) {
    return R"({"sidecar":{"path":")" + name + R"(","sizeInBytes":)" + std::to_string(size) +
           R"(,"modificationTime":1}})";
  }

  std::shared_ptr<io::ObjectStore> store_ = io::MakeMemoryStore();
  io::Location location_{store_, "t"};
  std::shared_ptr<Table> table_;
  std::string metadata_;
};

TEST_F(LogShapes, CommitsAlone) { EXPECT_EQ(Read(), "3: b c"); }

TEST_F(LogShapes, AV2CheckpointInJsonWithItsFiles) {
  Put(3, std::string(".checkpoint.") + kUuid + ".json",
      V2Lines("{\"add\":{\"path\":\"b\",\"size\":1}}\n{\"remove\":{\"path\":\"a\"}}"));
  DropCommits(0, 2);
  EXPECT_EQ(Read(), "3: b");
}

TEST_F(LogShapes, AV2CheckpointWithSidecars) {
  const std::string bytes = SidecarBytes();
  store_->Write("t/_delta_log/_sidecars/part.parquet", bytes);
  const std::string name = std::string(".checkpoint.") + kUuid + ".json";
  Put(3, name, V2Lines(Sidecar("part.parquet", bytes.size())));
  DropCommits(0, 2);
  EXPECT_EQ(Read(), "3: b c");
  Put(3, name, V2Lines(Sidecar("part.parquet", bytes.size() + 1)));
  EXPECT_EQ(Read(), "LK-3003");
  Put(3, name, V2Lines(Sidecar("elsewhere.parquet", bytes.size())));
  EXPECT_EQ(Read(), "LK-3003");
  Put(3, name, V2Lines(Sidecar("part.parquet", bytes.size()) + "\n{\"add\":{\"path\":\"b\"}}"));
  EXPECT_EQ(Read(), "LK-3003");
}

TEST_F(LogShapes, AV2CheckpointOfAnotherVersionIsDamaged) {
  Put(3, std::string(".checkpoint.") + kUuid + ".json", V2Lines("", 2));
  EXPECT_EQ(Read(), "3: b c");
  DropCommits(0, 2);
  EXPECT_EQ(Read(), "LK-3003");
}

TEST_F(LogShapes, ADamagedCheckpointGivesWayToAnOlderOneOrToCommits) {
  table_->Checkpoint();
  Put(3, ".checkpoint.parquet", "no Parquet");
  EXPECT_EQ(Read(), "3: b c");
  Put(2, std::string(".checkpoint.") + kUuid + ".json",
      V2Lines("{\"add\":{\"path\":\"a\"}}\n{\"add\":{\"path\":\"older\"}}", 2));
  EXPECT_EQ(Read(), "3: older");
  DropCommits(0, 3);
  EXPECT_EQ(Read(), "2: a older");
}

TEST_F(LogShapes, CheckpointsWithoutProtocolOrWithTwoMetadataAreDamaged) {
  const std::string name = std::string(".checkpoint.") + kUuid + ".json";
  DropCommits(0, 2);
  Put(3, name,
      R"({"checkpointMetadata":{"version":3}})"
      "\n" +
          metadata_);
  EXPECT_EQ(Read(), "LK-3003");
  Put(3, name, V2Lines(metadata_));
  EXPECT_EQ(Read(), "LK-3003");
  Put(3, name, V2Lines("{\"add\":{\"path\":\"b\"}}\n{\"add\":{\"path\":\"b\"}}"));
  EXPECT_EQ(Read(), "LK-3003");
}

TEST_F(LogShapes, AMultiPartCheckpointWithAMissingPartIsPassedOver) {
  const std::string bytes = SidecarBytes();
  Put(3, ".checkpoint.0000000001.0000000002.parquet", bytes);
  EXPECT_EQ(Read(), "3: b c");
  DropCommits(0, 2);
  EXPECT_EQ(Read(), "LK-3003");
  Put(3, ".checkpoint.0000000001.0000000001.parquet", bytes);
  EXPECT_EQ(Read(), "3: b c");
}

TEST_F(LogShapes, TheLastCheckpointIsAHintOnly) {
  for (const char* text : {"", "{", "[]", "{\"version\":99}", "{\"version\":-1}", "{\"version\":1}",
                           "{\"version\":\"x\"}"}) {
    store_->Write("t/_delta_log/_last_checkpoint", text);
    EXPECT_EQ(Read(), "3: b c") << text;
  }
}

TEST_F(LogShapes, ACompactionStandsForItsCommits) {
  Put(1, ".00000000000000000002.compacted.json", "{\"add\":{\"path\":\"compacted\"}}");
  EXPECT_EQ(Read(), "3: compacted");
  EXPECT_EQ(OpenTable(location_, kContext)->At(1)->file_count(), 2u);
  DropCommits(1, 2);
  EXPECT_EQ(Read(), "3: compacted");
}

TEST_F(LogShapes, ADamagedCompactionGivesWayToItsCommits) {
  for (const char* text :
       {"", "{\"add\":", "{\"add\":{\"path\":\"x\"}}\n{\"remove\":{\"path\":\"x\"}}"}) {
    Put(1, ".00000000000000000002.compacted.json", text);
    EXPECT_EQ(Read(), "3: b c") << text;
  }
  DropCommits(1, 2);
  EXPECT_EQ(Read(), "LK-3003");
}

TEST_F(LogShapes, AChecksumIsCompared) {
  const std::string rest = R"("numMetadata":1,"numProtocol":1,"metadata":)" +
                           metadata_.substr(12, metadata_.size() - 13) +
                           R"(,"protocol":{"minReaderVersion":1,"minWriterVersion":2}})";
  Put(3, ".crc", R"({"tableSizeBytes":200,"numFiles":2,)" + rest);
  EXPECT_EQ(Read(), "3: b c");
  Put(3, ".crc", R"({"tableSizeBytes":200,"numFiles":3,)" + rest);
  EXPECT_EQ(Read(), "LK-3009");
  Put(3, ".crc", R"({"tableSizeBytes":201,"numFiles":2,)" + rest);
  EXPECT_EQ(Read(), "LK-3009");
  Put(3, ".crc", R"({"tableSizeBytes":200,"numFiles":2,"numDeletionVectorsOpt":1,)" + rest);
  EXPECT_EQ(Read(), "LK-3009");
  Put(3, ".crc",
      R"({"tableSizeBytes":200,"numFiles":2,"domainMetadata":[{"domain":"d","configuration":"",)"
      R"("removed":false}],)" +
          rest);
  EXPECT_EQ(Read(), "LK-3009");
  Put(3, ".crc",
      R"({"tableSizeBytes":200,"numFiles":2,"setTransactions":[{"appId":"x","version":1}],)" +
          rest);
  EXPECT_EQ(Read(), "LK-3009");
  for (const char* text : {"", "{}", "[1]", "{\"tableSizeBytes\":\"x\"}"}) {
    Put(3, ".crc", text);
    EXPECT_EQ(Read(), "LK-3009") << text;
  }
  // Only the version that is read is compared.
  EXPECT_EQ(table_->At(2)->file_count(), 3u);
}

TEST_F(LogShapes, AFreshChecksumTellsWhatTheTableIs) {
  EXPECT_EQ(ReadTableHead(location_).version, 3);
  const std::string rest = R"({"tableSizeBytes":200,"numFiles":2,"metadata":)" +
                           metadata_.substr(12, metadata_.size() - 13) +
                           R"(,"protocol":{"minReaderVersion":1,"minWriterVersion":2}})";
  Put(3, ".crc", rest);
  // No commit is read: a damaged one goes unseen.
  Put(2, ".json", "{");
  const TableHead head = ReadTableHead(location_);
  EXPECT_EQ(head.version, 3);
  EXPECT_EQ(head.metadata.schema.Names(), std::vector<std::string>{"id"});
  EXPECT_EQ(Read(), "LK-3003");
  store_->Delete(Path(3, ".crc"));
  EXPECT_EQ(CodeOf([&] { ReadTableHead(location_); }), "LK-3003");
  EXPECT_EQ(CodeOf([&] { ReadTableHead({store_, "nothing"}); }), "LK-3001");
}

TEST_F(LogShapes, WhatATableIsIsKnownWithoutItsFiles) {
  const std::string rest = R"({"tableSizeBytes":200,"numFiles":2,"metadata":)" +
                           metadata_.substr(12, metadata_.size() - 13) + R"(,"protocol":)";
  const std::string old = R"({"minReaderVersion":1,"minWriterVersion":2}})";
  Put(3, ".crc", rest + old);
  const std::string commit = store_->Read(Path(2, ".json"));
  Put(2, ".json", "{");
  auto table = OpenAnyVersion(location_, kContext);
  const SnapshotPtr head = LatestHead(*table);
  EXPECT_EQ(head->version(), 3);
  EXPECT_EQ(head->schema().Names(), std::vector<std::string>{"id"});
  EXPECT_EQ(CodeOf([&] { head->file_count(); }), "LK-3003");
  EXPECT_EQ(CodeOf([&] { table->Latest(); }), "LK-3003");
  Put(2, ".json", commit);
  EXPECT_EQ(head->file_count(), 2u);
  EXPECT_EQ(head->file(0).path, "b");
  EXPECT_EQ(head->total_bytes(), table->Latest()->total_bytes());
  // Now the files are there, and the head is that of the snapshot.
  EXPECT_EQ(LatestHead(*table), table->Latest());
}

TEST_F(LogShapes, AHeadOfWhichSomethingIsOpenIsThatOfTheReplayedLog) {
  const std::string rest = R"({"tableSizeBytes":200,"numFiles":2,"metadata":)" +
                           metadata_.substr(12, metadata_.size() - 13) + R"(,"protocol":)";
  const std::string old = R"({"minReaderVersion":1,"minWriterVersion":2}})";
  const Log log(location_);
  Put(3, ".crc", rest + old);
  EXPECT_TRUE(ReadFreshHead(log));
  // Its domains are not said.
  Put(3, ".crc",
      rest + R"({"minReaderVersion":1,"minWriterVersion":7,)"
             R"("writerFeatures":["domainMetadata"]}})");
  EXPECT_FALSE(ReadFreshHead(log));
  Put(3, ".crc", "{}");
  EXPECT_FALSE(ReadFreshHead(log));
  EXPECT_EQ(CodeOf([&] { LatestHead(*OpenAnyVersion(location_, kContext)); }), "LK-3009");
  // Of an older version.
  store_->Delete(Path(3, ".crc"));
  Put(2, ".crc", rest + old);
  EXPECT_FALSE(ReadFreshHead(log));
  Put(3, ".crc", rest + old);
  EXPECT_TRUE(ReadFreshHead(log));
  store_->Delete(Path(2, ".json"));
  EXPECT_FALSE(ReadFreshHead(log));
  EXPECT_EQ(CodeOf([&] { LatestHead(*OpenAnyVersion(location_, kContext)); }), "LK-3003");
}

/// A log of many commits, each of which adds one file.
class ManyAdds : public testing::Test {
 protected:
  static constexpr int kCommits = 150;

  ManyAdds() {
    const std::string metadata =
        R"({"metaData":{"id":"x","format":{"provider":"parquet","options":{}},"schemaString":)"
        R"("{\"type\":\"struct\",\"fields\":[]}","partitionColumns":[],"configuration":{}}})";
    Put(0, std::string(kProtocol) + "\n" + metadata);
    for (int version = 1; version < kCommits; ++version) Put(version, Add(version, 10));
  }
  static std::string Add(int number, int records) {
    return R"({"add":{"path":"f)" + std::to_string(number) +
           R"(","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true,)"
           R"("stats":"{\"numRecords\":)" +
           std::to_string(records) + "}\"}}";
  }
  static std::string Remove(int number) {
    return R"({"remove":{"path":"f)" + std::to_string(number) + R"(","dataChange":true}})";
  }
  void Put(int version, const std::string& lines) {
    store_->Write("t/_delta_log/" + Log::CommitName(version), lines + "\n");
  }
  /// Files and rows, or the code of the error.
  std::string Read() const {
    try {
      const auto snapshot = OpenTable({store_, "t"}, kContext)->Latest();
      std::string previous;
      for (size_t i = 0; i < snapshot->file_count(); ++i) {
        const std::string path = snapshot->file(i).path;
        EXPECT_LT(previous, path);
        previous = path;
      }
      return std::to_string(snapshot->file_count()) + " " +
             std::to_string(snapshot->total_records().value_or(-1));
    } catch (const Error& error) {
      return error.code();
    }
  }

  const std::shared_ptr<io::ObjectStore> store_ = io::MakeMemoryStore();
};

TEST_F(ManyAdds, ComeTogether) {
  EXPECT_EQ(Read(), "149 1490");
  // A file that is added again has new statistics.
  Put(140, Add(3, 20));
  EXPECT_EQ(Read(), "148 1490");
  Put(141, Add(3, 30) + "\n" + Add(3, 30));
  EXPECT_EQ(Read(), "LK-3003");
}

TEST_F(ManyAdds, AreFollowedByOthers) {
  Put(90, Remove(7));
  EXPECT_EQ(Read(), "147 1470");
  Put(149, Add(7, 5));
  EXPECT_EQ(Read(), "147 1465");
  Put(1, Remove(8));
  EXPECT_EQ(Read(), "146 1455");
}

TEST_F(LogShapes, TheSameDataFileTwiceIsDamage) {
  const auto add = [](const char* cardinality) {
    return std::string(
               R"({"add":{"path":"b","deletionVector":{"storageType":"i","pathOrInlineDv":"",)"
               R"("sizeInBytes":0,"cardinality":)") +
           cardinality + "}}}";
  };
  const std::string protocol =
      R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":)"
      R"(["deletionVectors"],"writerFeatures":["deletionVectors"]}})"
      "\n";
  Put(4, ".json", protocol + add("1"));
  EXPECT_EQ(Read(), "LK-3003");
  Put(4, ".json", protocol + add("1") + "\n{\"remove\":{\"path\":\"b\"}}");
  EXPECT_EQ(Read(), "4: b c");
  // The same logical file again brings other statistics.
  Put(5, ".json", add("1"));
  EXPECT_EQ(Read(), "5: b c");
  Put(5, ".json", "{\"remove\":{\"path\":\"b\"}}\n{\"remove\":{\"path\":\"b\"}}");
  EXPECT_EQ(Read(), "LK-3003");
  // A remove of a logical file that is not there removes nothing.
  Put(5, ".json", "{\"remove\":{\"path\":\"b\"}}");
  EXPECT_EQ(Read(), "5: b c");
}

}  // namespace
}  // namespace lakehouse::storage::delta
