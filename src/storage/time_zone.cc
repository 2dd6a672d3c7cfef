#include "storage/time_zone.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>

#include "base/error.h"

namespace lakehouse::storage {

int64_t InstantOf(int64_t wall_clock_micros, const std::string& zone) {
  if (zone == "UTC") return wall_clock_micros;
  const arrow::TimestampScalar clock(wall_clock_micros, arrow::timestamp(arrow::TimeUnit::MICRO));
  arrow::compute::AssumeTimezoneOptions options(zone);
  options.ambiguous = arrow::compute::AssumeTimezoneOptions::AMBIGUOUS_EARLIEST;
  options.nonexistent = arrow::compute::AssumeTimezoneOptions::NONEXISTENT_EARLIEST;
  static const arrow::Status kStarted = arrow::compute::Initialize();  // registers the kernels
  if (!kStarted.ok()) {
    throw Error(ErrorKind::kInternal, "LK-0001", "starting Arrow's kernels: " + kStarted.message());
  }
  const auto instant = arrow::compute::AssumeTimezone(clock, options);
  if (!instant.ok()) {
    throw Error(ErrorKind::kInvalidArgument, "LK-3505",
                "'" + zone + "' is not a time zone: " + instant.status().message(),
                "Zones are named as in the IANA database: UTC, Europe/Berlin.");
  }
  return static_cast<const arrow::TimestampScalar&>(*instant->scalar()).value;
}

}  // namespace lakehouse::storage
