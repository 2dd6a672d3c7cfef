// Drops what a power loss may drop, at every system call of the local store, and looks at what is
// left. Writing is modelled on top of the real file system: names and bytes that were not synced
// are undone.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "error_code.h"
#include "io/local_store.h"
#include "lossy_files.h"
#include "temporary_directory.h"

namespace lakehouse::io {
namespace {

constexpr int kImages = 8;
Survivors ImageOf(int image) { return static_cast<Survivors>(std::min(image, 4)); }

TEST(PowerLoss, ACommitIsWholeOrAbsentAndAcknowledgedOnesStay) {
  const std::string commit = "the whole commit";
  int points = 0;
  for (int stop = 0;; ++stop) {
    bool finished = false;
    for (int image = 0; image < kImages; ++image) {
      TemporaryDirectory directory;
      LossyFiles files(stop);
      bool acknowledged = false;
      try {
        const auto store = MakeLocalStoreOn(directory.path(), files);
        acknowledged = store->WriteIfAbsent("00.json", commit) == PutResult::kWritten;
        finished = true;
      } catch (const PowerLoss&) {
      }
      files.LosePower(ImageOf(image), static_cast<unsigned>(image));
      const auto after = MakeLocalStore(directory.path());
      const bool there = after->Head("00.json").has_value();
      if (there) {
        EXPECT_EQ(after->Read("00.json"), commit) << "torn at call " << stop;
      }
      if (acknowledged) {
        EXPECT_TRUE(there) << "lost at call " << stop;
      }
      ++points;
    }
    if (finished) break;
  }
  EXPECT_GE(points, 7 * kImages);
}

TEST(PowerLoss, AFailedSyncIsAnErrorAndLeavesNoCommit) {
  TemporaryDirectory directory;
  LossyFiles files;
  const auto store = MakeLocalStoreOn(directory.path(), files);
  files.FailNextSync(EIO);
  EXPECT_EQ(CodeOf([&] { store->WriteIfAbsent("00.json", "x"); }), "LK-8007");
  EXPECT_EQ(store->Head("00.json"), std::nullopt);
  files.FailNextSync(ENOSPC);
  EXPECT_EQ(CodeOf([&] { store->WriteIfAbsent("00.json", "x"); }), "LK-8004");
  files.FailNextSync(EACCES);
  EXPECT_EQ(CodeOf([&] { store->WriteIfAbsent("00.json", "x"); }), "LK-8003");
}

TEST(PowerLoss, AFailedDirectorySyncIsAnUnknownOutcome) {
  TemporaryDirectory directory;
  LossyFiles files;
  const auto store = MakeLocalStoreOn(directory.path(), files);
  files.FailNextDirectorySync(EIO);
  EXPECT_EQ(CodeOf([&] { store->WriteIfAbsent("00.json", "x"); }), "LK-8006");
}

}  // namespace
}  // namespace lakehouse::io
