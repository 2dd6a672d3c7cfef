#pragma once

#include <arrow/type_fwd.h>

#include <string>
#include <vector>

#include "base/error.h"

namespace lakehouse::python {

/// Makes every Error that reaches Python one of the classes of data_lakehouse.errors.
void RegisterErrors();

/// Names of the kinds where the same request may succeed later.
std::vector<std::string> RetryableKinds();

/// Throws the Error of a status that is not OK.
void Check(const arrow::Status& status);

}  // namespace lakehouse::python
