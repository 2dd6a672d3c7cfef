#pragma once

#include <arrow/type_fwd.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::cli {

enum class Format { kTable, kJson, kJsonLines, kCsv, kMarkdown, kArrow };

/// "table", "json", "jsonl", "csv", "md", "arrow"; throws InvalidArgument LK-9003 with candidates.
Format ParseFormat(std::string_view name);

/// Writes all rows to `out` and returns how many. Tables and Markdown need all rows for their
/// widths and stop showing after `max_rows` (0: all) with a line that says how many more there are;
/// the others stream. JSON: numbers and booleans as such, decimals and everything else as text,
/// null as null.
int64_t WriteRows(arrow::RecordBatchReader& rows, Format format, std::FILE* out,
                  int64_t max_rows = 0);

/// A small table of texts, for commands that have no Arrow result; JSON as a list of objects.
void WriteTexts(const std::vector<std::string>& columns,
                const std::vector<std::vector<std::string>>& rows, Format format, std::FILE* out);

}  // namespace lakehouse::cli
