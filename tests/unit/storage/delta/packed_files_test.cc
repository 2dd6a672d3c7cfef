#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "equal_adds.h"
#include "storage/delta/log/stats_json.h"
#include "storage/delta/snapshot/file_block.h"
#include "storage/delta/snapshot/file_set.h"
#include "storage/delta/snapshot/packed_leaf.h"
#include "storage/delta/snapshot/packed_numbers.h"
#include "storage/delta/snapshot/packed_paths.h"

namespace lakehouse::storage::delta {
namespace {

TEST(PackedNumbers, KeepEveryNumber) {
  const std::vector<std::vector<int64_t>> lists = {
      {7, 7, 7}, {-1, 254}, {0, 65'535}, {INT32_MIN, INT32_MAX}, {INT64_MIN, 0, INT64_MAX}};
  for (const auto& numbers : lists) {
    const PackedNumbers packed(numbers);
    for (size_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(packed.at(i), numbers[i]);
  }
  EXPECT_EQ(PackedNumbers({7, 7, 7}).memory_bytes(), PackedNumbers().memory_bytes());
}

TEST(PackedPaths, KeepEveryPath) {
  const std::string uuid = "0123abcd-4567-89ef-0123-456789abcdef";
  const std::vector<std::string> paths = {
      "part-00000-" + uuid + "-c000.snappy.parquet",
      "part-00001-" + uuid + "-c000.snappy.parquet",
      "part-00000-0123ABCD-4567-89ef-0123-456789abcdef-c000.snappy.parquet",
      uuid,
      "a/" + uuid + "/" + uuid + ".parquet",
      "plain.parquet",
      "date=2024-01-01/file with spaces-and-dashes-in-it-but-no-id-at-all.parquet",
      "x" + std::string(500, 'y') + uuid,
      "file:///absolute/" + uuid + ".parquet",
      "-",
      std::string(300, '-')};
  PathPacker packer;
  for (const auto& path : paths) packer.Add(path);
  const PackedPaths packed = packer.Finish();
  for (size_t i = 0; i < paths.size(); ++i) EXPECT_EQ(packed.at(i).view(), paths[i]);
}

/// Texts as writers have them, and odd ones.
std::vector<std::string> StatsTexts() {
  return {
      R"({"numRecords":10,"minValues":{"id":1,"s":"a"},"maxValues":{"id":9,"s":"z"},"nullCount":{"id":0,"s":2}})",
      R"({"numRecords":11,"minValues":{"id":-5,"s":"b"},"maxValues":{"id":7,"s":"zz"},"nullCount":{"id":1,"s":0}})",
      R"({"numRecords":12,"minValues":{"id":2,"s":"q\"uo\\te"},"maxValues":{"id":3,"s":"\u00e9"},"nullCount":{"id":0,"s":0}})",
      "",
      R"({"numRecords":13,"minValues":{"id":123456789012345678901234567890,"s":"a"},"maxValues":{"id":1.50,"s":"a"},"nullCount":{"id":0,"s":0}})",
      R"({"numRecords":14,"minValues":{"id":007,"s":"a"},"maxValues":{"id":-0,"s":"a"},"nullCount":{"id":0,"s":0}})",
      R"({ "numRecords" : 15, "minValues" : { "id" : 4 } , "maxValues" : {} })",
      R"({"numRecords":16,"tightBounds":false})",
      R"({"maxValues":{"id":4},"numRecords":17})",
      R"({"numRecords":18,"minValues":{"id":[1]}})",
      R"({"numRecords":19,"a":1,"a":2})",
      "no json",
      "{}",
      "{",
      R"({"numRecords":"20"})",
      R"({"numRecords":-3,"minValues":{"id":null}})",
  };
}

TEST(PackedStats, KeepEveryTextLetterByLetter) {
  StatsPacker packer;
  const auto texts = StatsTexts();
  for (int round = 0; round < 3; ++round) {
    for (const auto& text : texts) packer.Add(text);
    for (size_t i = 0; i < 200; ++i) packer.Add(texts[i % 2]);
    const PackedStats packed = packer.Finish();
    for (size_t i = 0; i < texts.size(); ++i) {
      EXPECT_EQ(packed.Text(i), texts[i]);
      EXPECT_EQ(packed.Records(i), texts[i].empty() ? -1 : ParseRecordCount(texts[i])) << texts[i];
    }
    EXPECT_EQ(packed.Text(texts.size() + 101), texts[1]);
  }
}

TEST(PackedStats, GiveTheBoundsThatTheTextsGive) {
  StatsPacker packer;
  auto texts = StatsTexts();
  // What a number of too many digits means is up to who reads it.
  std::erase_if(texts, [](const std::string& text) {
    return text.find("1234567890123") != std::string::npos || text.find("007") != std::string::npos;
  });
  for (const auto& text : texts) packer.Add(text);
  const PackedStats packed = packer.Finish();
  const std::vector<std::pair<ColumnPath, TypeId>> columns = {
      {{"id"}, TypeId::kLong},   {{"id"}, TypeId::kByte},    {{"id"}, TypeId::kDouble},
      {{"s"}, TypeId::kString},  {{"s"}, TypeId::kDate},     {{"id"}, TypeId::kString},
      {{"none"}, TypeId::kLong}, {{"s"}, TypeId::kTimestamp}};
  for (const auto& [path, id] : columns) {
    const DataTypePtr type = DataType::Primitive(id);
    const PackedLeaf leaf(packed, path, *type);
    for (size_t i = 0; i < texts.size(); ++i) {
      const LeafStats expected = texts[i].empty() ? LeafStats{} : ParseLeaf(texts[i], path, *type);
      const LeafStats found = leaf.at(i);
      EXPECT_EQ(found.min, expected.min) << path[0] << " of " << texts[i];
      EXPECT_EQ(found.max, expected.max) << path[0] << " of " << texts[i];
      EXPECT_EQ(found.null_count, expected.null_count) << path[0] << " of " << texts[i];
    }
  }
}

TEST(PackedStats, GiveTheBoundsOfAllFilesAtOnce) {
  constexpr uint32_t kGone = 1'000'000;
  std::vector<std::string> texts = StatsTexts();
  for (size_t i = 0; i < 300; ++i) {
    const std::string low = std::to_string(i % 7), high = std::to_string(i * 37);
    texts.push_back(R"({"numRecords":9,"minValues":{"id":)" + low + R"(,"s":"a)" + low +
                    R"("},"maxValues":{"id":)" + high + R"(,"s":"z)" + low +
                    R"("},"nullCount":{"id":)" + low + R"(,"s":0}})");
  }
  StatsPacker packer;
  for (const auto& text : texts) packer.Add(text);
  const PackedStats packed = packer.Finish();
  std::vector<uint32_t> files;
  for (size_t i = 0; i < texts.size(); ++i) {
    files.push_back(i % 5 == 3 ? kGone : static_cast<uint32_t>(texts.size() - 1 - i));
  }
  for (const TypeId id : {TypeId::kLong, TypeId::kByte, TypeId::kDouble, TypeId::kString}) {
    const DataTypePtr type = DataType::Primitive(id);
    for (const ColumnPath& path : {ColumnPath{"id"}, ColumnPath{"s"}, ColumnPath{"none"}}) {
      const PackedLeaf leaf(packed, path, *type);
      ColumnBounds bounds(texts.size());
      leaf.Fill(files, kGone, bounds);
      for (size_t i = 0; i < texts.size(); ++i) {
        const LeafStats expected = files[i] == kGone ? LeafStats{} : leaf.at(i);
        const size_t file = texts.size() - 1 - i;
        EXPECT_EQ(bounds.min[file], expected.min) << path[0] << " of " << texts[i];
        EXPECT_EQ(bounds.max[file], expected.max) << path[0] << " of " << texts[i];
        EXPECT_EQ(bounds.null_count[file], expected.null_count) << path[0] << " of " << texts[i];
      }
    }
  }
}

TEST(PackedStats, TakeEscapedTextsOfAKnownShapeOnly) {
  StatsPacker packer;
  const std::string escaped = R"({\"numRecords\":5,\"minValues\":{\"s\":\"x\"}})";
  EXPECT_FALSE(packer.AddEscaped(escaped));
  packer.Add(R"({"numRecords":4,"minValues":{"s":"w"}})");
  EXPECT_TRUE(packer.AddEscaped(escaped));
  // An escape in a value: the text must be read as JSON first.
  EXPECT_FALSE(packer.AddEscaped(R"({\"numRecords\":5,\"minValues\":{\"s\":\"x\\\"y\"}})"));
  EXPECT_FALSE(packer.AddEscaped(R"({\"numRecords\":5,\"minValues\":{\"s\":\"x\n\"}})"));
  const PackedStats packed = packer.Finish();
  EXPECT_EQ(packed.Text(1), R"({"numRecords":5,"minValues":{"s":"x"}})");
}

TEST(PackedStats, KeepAnEscapedTextApartFromAValueThatLooksLikeIt) {
  StatsPacker packer;
  // The value is a\"b; in an escaped text the same bytes end the value behind the a.
  packer.Add(R"({"s":"a\"b"})");
  EXPECT_FALSE(packer.AddEscaped(R"({\"s\":\"a\"b\"})"));
  EXPECT_TRUE(packer.AddEscaped(R"({\"s\":\"a\"})"));
  EXPECT_EQ(packer.Finish().Text(1), R"({"s":"a"})");
}

TEST(PackedStats, KeepTextsThatDifferLittleFromTheOneBefore) {
  // Values that begin or end like the one before, grow, shrink, and stay for some rows.
  std::vector<std::string> texts;
  for (const char* id : {"1", "12", "123", "12", "2", "2", "-2", "2.5", "2", "true", "true", "7"}) {
    for (const char* name : {"", "a", "ab", "ab", "b", "\\\"", "ab", "a,b}", ""}) {
      texts.push_back(std::string(R"({"numRecords":)") + id + R"(,"minValues":{"id":)" + id +
                      R"(,"s":")" + name + R"("}})");
    }
  }
  texts.push_back(texts.front() + " ");
  texts.push_back(texts.front());
  StatsPacker packer;
  for (const auto& text : texts) packer.Add(text);
  const PackedStats packed = packer.Finish();
  for (size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(packed.Text(i), texts[i]);
}

AddFile FullAdd(int number) {
  AddFile add;
  add.path = "p=" + std::to_string(number % 3) + "/f" + std::to_string(number);
  add.size_bytes = number * 1000;
  add.modified_ms = 1'700'000'000'000 + number;
  add.data_change = number % 2 == 0;
  if (number % 4 != 0) add.partition_values = {{"p", std::to_string(number % 3)}, {"q", {}}};
  add.stats = R"({"numRecords":)" + std::to_string(number) + "}";
  if (number % 5 == 0) {
    add.tags = {{"tag", std::to_string(number)}};
    add.clustering_provider = "liquid";
    DeletionVectorDescriptor vector;
    vector.storage_type = 'i';
    vector.path_or_inline = "inline" + std::to_string(number);
    vector.cardinality = number;
    add.deletion_vector = std::make_shared<const DeletionVectorDescriptor>(vector);
  }
  if (number % 7 == 0) {
    add.base_row_id = number * 10;
    add.default_row_commit_version = number;
  }
  return add;
}

void ExpectEqual(const AddFile& a, const AddFile& b) {
  ExpectSameFile(a, b);
  EXPECT_EQ(a.data_change, b.data_change);
  EXPECT_EQ(a.stats, b.stats);
}

TEST(FileBlocks, KeepEverythingThatAnAddSays) {
  FileBlockBuilder builder;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 100; ++i) builder.Add(FullAdd(i));
    const FileBlockPtr block = builder.Finish();
    ASSERT_EQ(block->size(), 100u);
    for (int i = 0; i < 100; ++i) ExpectEqual(block->Add(static_cast<size_t>(i)), FullAdd(i));
  }
}

/// The set as (path, size) in its order.
std::string TextOf(const FileSet& files) {
  std::string text;
  for (const FileRow& file : files) {
    text += std::string(file.path().view()) + "=" + std::to_string(file.size_bytes()) + " ";
  }
  return text;
}

AddFile Named(const std::string& path, int64_t size) {
  AddFile add;
  add.path = path;
  add.size_bytes = size;
  return add;
}

TEST(FileSets, AreInTheOrderOfPathsAndKeepCopiesApart) {
  FileSet files;
  for (const char* path : {"b", "file:/a", "c"}) files.Put(Named(path, 1));
  const FileSet before = files;
  files.Put(Named("b", 2));
  EXPECT_TRUE(files.Erase("c"));
  EXPECT_FALSE(files.Erase("c"));
  EXPECT_EQ(TextOf(files), "file:/a=1 b=2 ");
  EXPECT_EQ(TextOf(before), "file:/a=1 b=1 c=1 ");
  EXPECT_TRUE(files.Find("/a"));
  EXPECT_FALSE(files.Find("c"));
  EXPECT_EQ(before.at(2).path().view(), "c");
}

TEST(FileSets, AreTheSameLooseAndOrdered) {
  FileSet ordered, loose;
  loose.Loosen();
  for (int i = 0; i < 5000; ++i) {
    const std::string path = "f" + std::to_string(i * 7919 % 1500);
    if (i % 5 == 4) {
      EXPECT_EQ(ordered.Erase(path), loose.Erase(path));
    } else {
      ordered.Put(Named(path, i));
      loose.Put(Named(path, i));
    }
    ASSERT_EQ(ordered.size(), loose.size());
  }
  loose.Settle();
  EXPECT_EQ(TextOf(ordered), TextOf(loose));
}

TEST(FileSets, GiveMemoryOfGoneFilesBack) {
  constexpr int kRounds = 200, kFiles = 1000;
  FileSet files;
  size_t most = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<AddFilePtr> adds;
    for (int i = 0; i < kFiles; ++i) {
      adds.push_back(std::make_shared<AddFile>(Named("f" + std::to_string(round * kFiles + i), i)));
    }
    files.Tidy();
    const FileSet::Place first = files.Hold(BlocksOf(adds).front());
    for (uint32_t i = 0; i < kFiles; ++i) files.Put(adds[i]->path, {first.block, first.row + i});
    for (int i = 0; round > 0 && i < kFiles; ++i) {
      EXPECT_TRUE(files.Erase("f" + std::to_string((round - 1) * kFiles + i)));
    }
    most = std::max(most, files.memory_bytes());
  }
  EXPECT_EQ(files.size(), static_cast<size_t>(kFiles));
  EXPECT_LT(most, 8u << 20) << "of " << kRounds * kFiles << " files";
}

TEST(FileSets, SortKeysThatHaveMuchInCommon) {
  std::vector<AddFilePtr> adds;
  for (int i = 0; i < 150'000; ++i) {
    const std::string folder = "year=2024/month=" + std::to_string(i % 3) + "/some longer name/";
    adds.push_back(
        std::make_shared<AddFile>(Named(folder + std::to_string(i * 7919 % 150'000), i)));
  }
  FileSet files;
  ASSERT_TRUE(files.TakeAll(BlocksOf(adds)));
  ASSERT_EQ(files.size(), adds.size());
  std::string last;
  for (const FileRow& file : files) {
    const std::string path(file.path().view());
    ASSERT_LT(last, path);
    last = path;
  }
  adds.push_back(adds[77]);
  EXPECT_FALSE(files.TakeAll(BlocksOf(adds))) << "one is there twice";
}

}  // namespace
}  // namespace lakehouse::storage::delta
