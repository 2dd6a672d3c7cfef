#include "storage/delta/log/deletion_vector.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"

namespace lakehouse::storage::delta {
namespace {

const StorageContext kContext{&SystemClock(), &SystemRandom()};
constexpr char kUuid[] = "ab^-aqEH.-t@S}K{vb[*k^";

RowSet Rows(const std::vector<uint64_t>& rows) {
  RowSet set;
  set.Add(rows);
  return set;
}

std::string LittleEndian(uint64_t number, size_t bytes) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(number >> (8 * i));
  return text;
}

std::string BigEndian(uint32_t number) {
  std::string text = LittleEndian(number, 4);
  return {text.rbegin(), text.rend()};
}

std::string Data(const RowSet& rows) { return LittleEndian(1681511377, 4) + rows.ToPortable(); }

DeletionVectorDescriptor Inline(std::string data, int64_t cardinality) {
  DeletionVectorDescriptor vector{'i', "", {}, static_cast<int64_t>(data.size()), cardinality};
  while (data.size() % 4 != 0) data += '\0';
  vector.path_or_inline = EncodeZ85(data);
  return vector;
}

class DeletionVectorTest : public testing::Test {
 protected:
  /// A file with one vector behind 5 bytes of another one.
  DeletionVectorDescriptor Store(const RowSet& rows, int64_t cardinality) {
    const std::string data = Data(rows);
    file_ = std::string("\x01", 1) + "other" + BigEndian(static_cast<uint32_t>(data.size())) + data;
    file_ += BigEndian(static_cast<uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size()))));
    Put();
    return {'u', kUuid, 6, static_cast<int64_t>(data.size()), cardinality};
  }
  void Put() {
    store_->Write("t/ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin", file_);
  }
  std::string ReadCode(const DeletionVectorDescriptor& vector) {
    return CodeOf([&] { ReadDeletionVector(vector, table_, kContext); });
  }

  std::shared_ptr<io::ObjectStore> store_ = io::MakeMemoryStore();
  io::Location table_{store_, "t"};
  std::string file_;
};

TEST(Z85, IsTheVariantOfTheRfc) {
  const std::string bytes = "\x86\x4F\xD2\x6F\xB5\x59\xF7\x5B";
  EXPECT_EQ(EncodeZ85(bytes), "HelloWorld");
  EXPECT_EQ(DecodeZ85("HelloWorld"), bytes);
  EXPECT_EQ(DecodeZ85("Hello"), bytes.substr(0, 4));
  for (const char* text : {"Hell", "Hel~o", "#####", "Hel\"o"}) {
    EXPECT_EQ(DecodeZ85(text), std::nullopt) << text;
  }
}

TEST_F(DeletionVectorTest, TheNameOfTheFileComesFromTheUuid) {
  EXPECT_EQ(PathOf({'u', kUuid, 4, 40, 6}),
            "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin");
  EXPECT_EQ(PathOf({'p', "file:///t/a%20b.bin", 4, 40, 6}), "file:///t/a b.bin");
}

TEST_F(DeletionVectorTest, InlineVectorsAreRead) {
  const RowSet rows = Rows({3, 4, 7, 11, 18, 29});
  EXPECT_EQ(ReadDeletionVector(Inline(Data(rows), 6), table_, kContext), rows);
}

TEST_F(DeletionVectorTest, TheExampleOfTheProtocolIsOfAByteOrderThatNobodyReads) {
  const DeletionVectorDescriptor vector{
      'i', "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", {}, 40, 6};
  EXPECT_EQ(ReadCode(vector), "LK-3008");
}

TEST_F(DeletionVectorTest, TheNativeFormIsRead) {
  const RowSet rows = Rows({1, 5, (uint64_t{1} << 32) + 2});
  // Its buckets are those of the portable form without keys, each with its length.
  std::string native = LittleEndian(1681511376, 4) + LittleEndian(2, 4);
  for (const auto& bucket : {Rows({1, 5}), Rows({2})}) {
    const std::string bitmap = bucket.ToPortable().substr(12);
    native += LittleEndian(bitmap.size(), 4) + bitmap;
  }
  EXPECT_EQ(ParseDeletionVector(native), rows);
  EXPECT_EQ(CodeOf([&] { ParseDeletionVector(native + "x"); }), "LK-3008");
}

TEST_F(DeletionVectorTest, StoredVectorsAreRead) {
  const RowSet rows = Rows({0, 9, 1'000'000});
  EXPECT_EQ(ReadDeletionVector(Store(rows, 3), table_, kContext), rows);
  DeletionVectorDescriptor absolute = Store(rows, 3);
  absolute.storage_type = 'p';
  absolute.path_or_inline =
      table_.uri() + "/ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin";
  EXPECT_EQ(ReadDeletionVector(absolute, table_, kContext), rows);
  absolute.path_or_inline = "s3://elsewhere/vector.bin";
  EXPECT_EQ(ReadCode(absolute), "LK-8010");
}

TEST_F(DeletionVectorTest, EveryDamageIsNamed) {
  const DeletionVectorDescriptor whole = Store(Rows({0, 9}), 2);
  DeletionVectorDescriptor vector = whole;
  vector.cardinality = 3;
  EXPECT_EQ(ReadCode(vector), "LK-3008");
  vector = whole;
  vector.size_bytes -= 1;
  EXPECT_EQ(ReadCode(vector), "LK-3008");
  vector = whole;
  vector.offset = 7;
  EXPECT_EQ(ReadCode(vector), "LK-3008");
  vector.offset = 100'000;
  EXPECT_EQ(ReadCode(vector), "LK-3008");
  vector = whole;
  vector.path_or_inline = "ab~~~~~~~~~~~~~~~~~~~~";
  EXPECT_EQ(ReadCode(vector), "LK-3008");
  store_->Delete("t/ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin");
  EXPECT_EQ(ReadCode(whole), "LK-8001");
}

TEST_F(DeletionVectorTest, AChangedByteOfTheFileIsFound) {
  const DeletionVectorDescriptor vector = Store(Rows({0, 9, 77}), 3);
  const std::string whole = file_;
  for (size_t at = 0; at < whole.size(); ++at) {
    if (at >= 1 && at < 6) continue;  // another vector's
    file_ = whole;
    file_[at] = static_cast<char>(file_[at] ^ 0x20);
    Put();
    EXPECT_EQ(ReadCode(vector), "LK-3008") << at;
  }
}

}  // namespace
}  // namespace lakehouse::storage::delta
