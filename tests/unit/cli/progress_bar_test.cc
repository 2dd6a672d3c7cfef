#include "cli/progress_bar.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace lakehouse::cli {
namespace {

TEST(ProgressBarTest, WritesNumbersForReaders) {
  EXPECT_EQ(WithSeparators(0), "0");
  EXPECT_EQ(WithSeparators(999), "999");
  EXPECT_EQ(WithSeparators(336'776), "336,776");
  EXPECT_EQ(WithSeparators(-1'234'567), "-1,234,567");
  EXPECT_EQ(WithSeparators(INT64_MAX), "9,223,372,036,854,775,807");
}

TEST(ProgressBarTest, TellsWhatIsLeftOnceItCanBeTold) {
  EXPECT_EQ(RemainingText(10, -1), "");
  EXPECT_EQ(RemainingText(10, 0.01), "");
  EXPECT_EQ(RemainingText(10, 1), "");
  EXPECT_EQ(RemainingText(10, 0.5), "about 10 s left");
  EXPECT_EQ(RemainingText(60, 0.1), "about 9 min left");
  EXPECT_EQ(RemainingText(3600, 0.1), "about 9 h left");
}

TEST(ProgressBarTest, IsSilentWithoutATerminal) {
  testing::internal::CaptureStderr();
  {
    ProgressBar bar("x", false);
    bar.Show(0.5, "half");
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace lakehouse::cli
