#pragma once

#include "cli/context.h"
#include "cli/statement.h"

namespace lakehouse::cli {

/// The SQL shell: `lakehouse` alone on a terminal. Statements end with ';', commands begin with
/// '.'; history is kept in the user's state folder, for the user only. `options` are where it
/// starts; tables show 100 rows and statements their time. Returns the exit code.
int RunShell(Context& context, const ShowOptions& options = {});

}  // namespace lakehouse::cli
