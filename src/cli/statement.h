#pragma once

#include <string>
#include <string_view>

#include "cli/context.h"
#include "cli/output.h"
#include "query/query.h"

namespace lakehouse::cli {

/// How the rows of statements are shown.
struct ShowOptions {
  Format format = Format::kTable;
  int64_t max_rows = 0;    ///< of a table; 0: all
  bool timing = false;     ///< a line with time and files read after each statement
  bool read_only = false;  ///< statements that change something are refused with LK-9012
};

/// Runs one statement and writes its rows to stdout. Ctrl-C cancels it (LK-4023); on a terminal a
/// statement that takes long shows how far it is.
void RunStatement(Context& context, query::Session& session, const std::string& sql,
                  const ShowOptions& options);

}  // namespace lakehouse::cli
