#pragma once

#include <arrow/type_fwd.h>

#include <optional>

#include "base/error.h"

namespace lakehouse::storage {

/// `error` for a consumer of Arrow's interfaces, which knows no exceptions: its text with code and
/// hint, the nearest of Arrow's own codes, and the error itself as the status' detail.
arrow::Status StatusOf(const Error& error);

/// The error that StatusOf put into `status`; nothing for a status of another origin.
std::optional<Error> ErrorIn(const arrow::Status& status);

/// Throws the error that `status` carries; does nothing when it is OK or of another origin.
void ThrowErrorIn(const arrow::Status& status);

}  // namespace lakehouse::storage
