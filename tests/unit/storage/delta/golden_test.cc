// Opens every golden table of the conformance data: tables in scope give a snapshot, the others are
// refused by the name of the feature, the broken ones with a typed error.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "storage/delta/delta_table.h"
#include "temporary_directory.h"

namespace lakehouse::storage::delta {
namespace {

namespace fs = std::filesystem;

const StorageContext kContext{&SystemClock(), &SystemRandom()};
const fs::path kGolden = fs::path(LAKEHOUSE_CONFORMANCE) / "delta" / "golden";

/// Tables that need a feature which later versions bring, by that feature.
const std::map<std::string, std::string> kRefused = {
    {"basic-with-vacuum-protocol-check-feature", ""},
    {"data-reader-timestamp_ntz-id-mode", "columnMapping"},
    {"data-reader-timestamp_ntz-name-mode", "columnMapping"},
    {"data-skipping-basic-stats-all-types-columnmapping-id", "columnMapping"},
    {"data-skipping-basic-stats-all-types-columnmapping-name", "columnMapping"},
    {"dv-partitioned-with-checkpoint", "deletionVectors"},
    {"dv-with-columnmapping", "deletionVectors"},
    {"log-replay-dv-key-cases", "deletionVectors"},
    {"table-with-columnmapping-mode-id", "columnMapping"},
    {"table-with-columnmapping-mode-name", "columnMapping"},
    {"v2-checkpoint-json", "v2Checkpoint"},
    {"v2-checkpoint-parquet", "v2Checkpoint"}};

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

TEST_P(GoldenTest, OpensOrIsRefusedByName) {
  const io::Location location{io::MakeLocalStore(root_.string()), "delta"};
  const bool has_rows = fs::exists(root_ / "expected");
  const auto refused = kRefused.find(GetParam());
  try {
    const auto snapshot = OpenTable(location, kContext)->Latest();
    EXPECT_TRUE(refused == kRefused.end() || refused->second.empty()) << "is not refused any more";
    EXPECT_GE(snapshot->version(), 0);
    for (size_t i = 0; i < snapshot->file_count(); ++i) {
      for (size_t c = 0; c < snapshot->metadata().partition_columns.size(); ++c) {
        snapshot->partition_value(i, c);
      }
    }
    for (const Field& field : snapshot->schema().fields) snapshot->Bounds({field.name});
  } catch (const Error& error) {
    if (refused != kRefused.end()) {
      EXPECT_EQ(error.code(), "LK-3002");
      EXPECT_NE(error.message().find(refused->second), std::string::npos) << error.what();
    } else {
      EXPECT_FALSE(has_rows) << error.what();
    }
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
