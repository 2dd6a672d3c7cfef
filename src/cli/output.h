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

/// The names that ParseFormat takes, for help and completion.
const std::vector<std::string>& FormatNames();

/// Writes all rows to `out` and returns how many. Tables and Markdown need all rows for their
/// widths and stop showing after `max_rows` (0: all) with a line that says how many more there are;
/// the others stream. JSON: numbers and booleans as such, decimals and everything else as text,
/// null as null. IoError LK-9004 when they cannot be written.
int64_t WriteRows(arrow::RecordBatchReader& rows, Format format, std::FILE* out,
                  int64_t max_rows = 0);

enum class CellType { kText, kInteger };

/// A column of a command's own rows.
struct TextColumn {
  TextColumn(const char* name, CellType type = CellType::kText) : name(name), type(type) {}

  std::string name;
  CellType type;
};

/// Rows of a command that has no Arrow result, in any format. Integers are numbers in JSON and
/// Arrow, an empty one is null (and stays empty in a table). LK-9004 as above.
void WriteTexts(const std::vector<TextColumn>& columns,
                const std::vector<std::vector<std::string>>& rows, Format format, std::FILE* out);

}  // namespace lakehouse::cli
