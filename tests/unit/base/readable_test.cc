#include "base/readable.h"

#include <gtest/gtest.h>

namespace lakehouse {
namespace {

TEST(Readable, BytesHaveTheUnitThatFits) {
  EXPECT_EQ(ReadableBytes(0), "0 B");
  EXPECT_EQ(ReadableBytes(999), "999 B");
  EXPECT_EQ(ReadableBytes(31'053'850), "31.1 MB");
  EXPECT_EQ(ReadableBytes(2'000'000'000'000'000'000), "2000.0 PB");
}

}  // namespace
}  // namespace lakehouse
