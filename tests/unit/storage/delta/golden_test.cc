// Opens every golden table of the conformance data; the broken ones give a typed error. Their rows
// are compared in tests/golden.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "storage/delta/delta_table.h"
#include "temporary_directory.h"

namespace lakehouse::storage::delta {
namespace {

namespace fs = std::filesystem;

const StorageContext kContext{&SystemClock(), &SystemRandom()};
const fs::path kGolden = fs::path(LAKEHOUSE_CONFORMANCE) / "delta" / "golden";

std::vector<std::string> Archives() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kGolden)) {
    const std::string name = entry.path().filename().string();
    names.push_back(name.substr(0, name.find(".tar.zst")));
  }
  std::sort(names.begin(), names.end());
  return names;
}

class GoldenTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const std::string archive = (kGolden / (GetParam() + ".tar.zst")).string();
    const std::string command = "tar --zstd -xf '" + archive + "' -C '" + directory_.path() + "'";
    ASSERT_EQ(std::system(command.c_str()), 0);
    root_ = fs::path(directory_.path()) / GetParam();
  }
  TemporaryDirectory directory_;
  fs::path root_;
};

TEST_P(GoldenTest, TablesWithRowsOpenWithEveryPart) {
  const io::Location location{io::MakeLocalStore(root_.string()), "delta"};
  try {
    const auto snapshot = OpenTable(location, kContext)->Latest();
    EXPECT_GE(snapshot->version(), 0);
    for (size_t i = 0; i < snapshot->file_count(); ++i) {
      for (size_t c = 0; c < snapshot->metadata().partition_columns.size(); ++c) {
        snapshot->partition_value(i, c);
      }
      const auto deleted = snapshot->DeletedRows(i);
      EXPECT_EQ(deleted ? deleted->size() : 0, snapshot->file(i).deleted_records);
    }
    for (const Field& field : snapshot->schema().fields) snapshot->Bounds({field.name});
  } catch (const Error& error) {
    EXPECT_FALSE(fs::exists(root_ / "expected")) << error.what();
  }
}

INSTANTIATE_TEST_SUITE_P(Tables, GoldenTest, testing::ValuesIn(Archives()), [](const auto& info) {
  std::string name = info.param;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
});

}  // namespace
}  // namespace lakehouse::storage::delta
