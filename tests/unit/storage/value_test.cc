#include "storage/value.h"

#include <gtest/gtest.h>

#include "error_code.h"

namespace lakehouse::storage {
namespace {

TEST(ValueText, DatesGoPastFourDigitYears) {
  const auto date = DataType::Primitive(TypeId::kDate);
  for (const char* text : {"+10000-01-01", "-0044-03-15", "0000-02-29", "9999-12-31"}) {
    EXPECT_EQ(ToPartitionText(FromPartitionText(text, *date), *date), text);
  }
  for (const int64_t day : {int64_t{INT32_MIN}, int64_t{INT32_MAX}, int64_t{-719'529}}) {
    EXPECT_EQ(FromPartitionText(ToPartitionText(Value{day}, *date), *date), Value{day});
  }
  EXPECT_EQ(CodeOf([&] { FromPartitionText("1900-02-29", *date); }), "LK-3503");
  EXPECT_EQ(CodeOf([&] { FromPartitionText("+9999999-01-01", *date); }), "LK-3503");
}

TEST(ValueText, TimestampsCoverAllMicroseconds) {
  for (const TypeId id : {TypeId::kTimestamp, TypeId::kTimestampNtz}) {
    const auto type = DataType::Primitive(id);
    for (const int64_t micros : {INT64_MIN, INT64_MAX, int64_t{-1}, int64_t{0}}) {
      EXPECT_EQ(FromPartitionText(ToPartitionText(Value{micros}, *type), *type), Value{micros});
    }
  }
  const auto type = DataType::Primitive(TypeId::kTimestamp);
  EXPECT_EQ(CodeOf([&] { FromPartitionText("+999999-01-01 00:00:00", *type); }), "LK-3503");
}

TEST(ValueText, DecimalsMayHaveAnExponent) {
  const auto type = DataType::Decimal(38, 18);
  EXPECT_EQ(FromPartitionText("0E-18", *type), Value{Int128{0}});
  EXPECT_EQ(FromPartitionText("1E-7", *type), Value{Int128{100'000'000'000}});
  EXPECT_EQ(FromPartitionText("-1.5E+1", *DataType::Decimal(3, 1)), Value{Int128{-150}});
  for (const char* text : {"1E-19", "1E", "1E999", "E1", "1.2.3"}) {
    EXPECT_EQ(CodeOf([&] { FromPartitionText(text, *type); }), "LK-3503") << text;
  }
}

TEST(ValueText, FloatsAreOfTheirOwnWidth) {
  const auto type = DataType::Primitive(TypeId::kFloat);
  EXPECT_EQ(FromPartitionText("0.1", *type), Value{static_cast<double>(0.1f)});
  EXPECT_EQ(ToPartitionText(Value{static_cast<double>(0.1f)}, *type), "0.1");
}

TEST(PartitionText, ATimestampWithoutAZoneIsInTheWritersZone) {
  const auto instant = DataType::Primitive(TypeId::kTimestamp);
  const auto hours = [&](const char* text, const char* zone) {
    return std::get<int64_t>(FromPartitionText(text, *instant, zone).data) / 3'600'000'000;
  };
  EXPECT_EQ(hours("1970-01-02 00:00:00", "UTC"), 24);
  EXPECT_EQ(hours("1970-01-02 00:00:00", "America/Los_Angeles"), 32);
  EXPECT_EQ(hours("1970-01-02T00:00:00Z", "America/Los_Angeles"), 24);
  EXPECT_EQ(hours("1970-01-02 00:00:00+01:00", "America/Los_Angeles"), 23);
  // A gap and an hour that is there twice.
  EXPECT_EQ(hours("2021-03-14 02:30:00", "America/Los_Angeles") -
                hours("2021-03-14 01:30:00", "America/Los_Angeles"),
            1);
  EXPECT_EQ(hours("2021-11-07 03:30:00", "America/Los_Angeles") -
                hours("2021-11-07 01:30:00", "America/Los_Angeles"),
            3);
  const auto wall = DataType::Primitive(TypeId::kTimestampNtz);
  EXPECT_EQ(FromPartitionText("1970-01-02 00:00:00", *wall, "America/Los_Angeles"),
            FromPartitionText("1970-01-02 00:00:00", *wall));
  EXPECT_EQ(CodeOf([&] { FromPartitionText("1970-01-02 00:00:00", *instant, "Mars/Base"); }),
            "LK-3505");
}

}  // namespace
}  // namespace lakehouse::storage
