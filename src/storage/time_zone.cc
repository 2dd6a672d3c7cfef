#include "storage/time_zone.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/compute/initialize.h>

#include "base/error.h"

namespace lakehouse::storage {
namespace {

using Options = arrow::compute::AssumeTimezoneOptions;

constexpr int64_t kMicrosPerDay = 86'400'000'000;

int64_t Assume(int64_t clock_micros, const std::string& zone, Options::Nonexistent in_gap) {
  static const arrow::Status ready = arrow::compute::Initialize();
  const arrow::TimestampScalar clock(clock_micros, arrow::timestamp(arrow::TimeUnit::MICRO));
  const auto instant =
      arrow::compute::AssumeTimezone(clock, Options(zone, Options::AMBIGUOUS_EARLIEST, in_gap));
  if (!ready.ok() || !instant.ok()) {
    throw Error(ErrorKind::kInvalidArgument, "LK-3505",
                "'" + zone + "' is not a time zone: " + instant.status().message(),
                "Zones are named as in the IANA database: UTC, Europe/Berlin.");
  }
  return static_cast<const arrow::TimestampScalar&>(*instant->scalar()).value;
}

}  // namespace

int64_t InstantOf(int64_t wall_clock_micros, const std::string& zone) {
  if (zone == "UTC") return wall_clock_micros;
  const int64_t before = Assume(wall_clock_micros, zone, Options::NONEXISTENT_EARLIEST);
  if (before == Assume(wall_clock_micros, zone, Options::NONEXISTENT_LATEST)) return before;
  // In a gap clocks go on as on the day before.
  const int64_t day_before = wall_clock_micros - kMicrosPerDay;
  return Assume(day_before, zone, Options::NONEXISTENT_EARLIEST) + kMicrosPerDay;
}

}  // namespace lakehouse::storage
