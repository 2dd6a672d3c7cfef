#include "query/engines/duckdb/dialect/copy_into.h"

#include "query/engines/duckdb/dialect/clauses.h"

namespace lakehouse::query::duckdb::dialect {
namespace {

std::vector<std::string> Files(Cursor& cursor) {
  std::vector<std::string> files;
  cursor.ExpectOperator('(');
  do {
    files.push_back(cursor.Text("a file's name"));
  } while (cursor.TakeOperator(','));
  cursor.ExpectOperator(')');
  return files;
}

/// One clause; false when there is none.
bool Clause(Cursor& cursor, CopyInto& copy) {
  if (copy.format.empty() && cursor.TakeWord("FILEFORMAT")) {
    cursor.TakeOperator('=');
    copy.format = cursor.Identifier("CSV, JSON or PARQUET");
  } else if (copy.files.empty() && copy.pattern.empty() && cursor.TakeWord("FILES")) {
    cursor.TakeOperator('=');
    copy.files = Files(cursor);
  } else if (copy.files.empty() && copy.pattern.empty() && cursor.TakeWord("PATTERN")) {
    cursor.TakeOperator('=');
    copy.pattern = cursor.Text("a pattern");
  } else if (copy.format_options.empty() && cursor.TakeWord("FORMAT_OPTIONS")) {
    copy.format_options = ParseProperties(cursor);
  } else if (copy.copy_options.empty() && cursor.TakeWord("COPY_OPTIONS")) {
    copy.copy_options = ParseProperties(cursor);
  } else {
    return false;
  }
  return true;
}

}  // namespace

CopyInto ParseCopyInto(Cursor& cursor) {
  CopyInto copy;
  copy.name = cursor.Name("the table's name");
  if (IsOperator(cursor.Peek(), '(') || IsWord(cursor.Peek(), "BY")) {
    throw cursor.Unsupported("a list of columns in COPY INTO",
                             "columns are matched by their names");
  }
  cursor.ExpectWord("FROM");
  if (IsOperator(cursor.Peek(), '(')) {
    throw cursor.Unsupported("COPY INTO of a query", "load the files, then use INSERT ... SELECT");
  }
  copy.source = cursor.Text("the place of the files");
  while (Clause(cursor, copy)) {
  }
  if (IsWord(cursor.Peek(), "VALIDATE") || IsWord(cursor.Peek(), "WITH")) {
    throw cursor.Unsupported(cursor.Peek().text + " of COPY INTO", "leave it out");
  }
  cursor.ExpectEnd();
  if (copy.format.empty()) throw cursor.Expected("FILEFORMAT");
  return copy;
}

}  // namespace lakehouse::query::duckdb::dialect
