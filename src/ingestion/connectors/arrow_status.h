#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include <string>
#include <utility>

#include "base/error.h"
#include "storage/arrow_status.h"

namespace lakehouse::ingestion::connectors {

/// For .cc files: ends the run when Arrow reports what must not happen (memory is
/// ResourceExhausted).
inline void ThrowUnlessOk(const arrow::Status& status) {
  if (status.ok()) return;
  storage::ThrowErrorIn(status);
  if (status.IsOutOfMemory() || status.IsCapacityError()) {
    throw Error(ErrorKind::kResourceExhausted, "LK-0004", "not enough memory for a batch of rows",
                "Give the process more memory.")
        .CausedBy(status.message());
  }
  throw Error(ErrorKind::kInternal, "LK-0001", "Arrow reported: " + status.ToString());
}

template <typename T>
T ValueOrThrow(arrow::Result<T> result) {
  ThrowUnlessOk(result.status());
  return std::move(result).ValueUnsafe();
}

}  // namespace lakehouse::ingestion::connectors
