#pragma once

#include "cli/context.h"

namespace lakehouse::cli {

/// The SQL shell: `lakehouse` alone on a terminal. Statements end with ';', commands begin with
/// '.'; history is kept in the user's state folder, for the user only. Returns the exit code.
int RunShell(Context& context);

}  // namespace lakehouse::cli
