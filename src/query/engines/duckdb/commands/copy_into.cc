// COPY INTO: files into a table, each once.
#include <map>

#include "base/error.h"
#include "base/suggest.h"
#include "query/engines/duckdb/commands/command.h"
#include "query/engines/duckdb/commands/rows.h"
#include "query/file_loader.h"

namespace lakehouse::query::duckdb {
namespace {

[[noreturn]] void Refuse(const std::string& why, const std::string& hint = {}) {
  throw Error(ErrorKind::kInvalidArgument, "LK-4071", why, hint);
}

bool Truth(const std::string& key, const std::string& value) {
  const auto folded = catalog::FoldCase(value);
  if (folded != "true" && folded != "false") Refuse("the option " + key + " is true or false");
  return folded == "true";
}

/// Spark's names of options, and those of file sources.
void AddOption(const std::string& key, const std::string& value, FileLoad& load) {
  static const std::map<std::string, std::string> kNames = {
      {"header", "header"},
      {"sep", "delimiter"},
      {"delimiter", "delimiter"},
      {"quote", "quote"},
      {"nullvalue", "null_values"},
      {"pathglobfilter", "glob"},
      {"recursivefilelookup", "recursive"},
      {"rescueddatacolumn", "rescued_data_column"}};
  const auto folded = catalog::FoldCase(key);
  if (folded == "mergeschema") {  // of the files among each other
    load.options["merge_schema"] = Truth(key, value) ? "true" : "false";
    return;
  }
  if (folded == "inferschema") {  // columns have the table's types
    Truth(key, value);
    return;
  }
  const auto found = kNames.find(folded);
  if (found == kNames.end()) {
    std::vector<std::string> known;
    for (const auto& [name, option] : kNames) known.push_back(name);
    Refuse("FORMAT_OPTIONS has no " + key, DidYouMean(folded, known));
  }
  load.options[found->second] = value;
}

/// {a,b} below the directory. What a pattern would take as its own is refused.
std::string Chosen(const dialect::CopyInto& statement) {
  std::string names;
  for (const auto& file : statement.files) {
    if (file.empty() || file.find_first_of("*?[]{},\\") != std::string::npos ||
        file.find("..") != std::string::npos) {
      Refuse("'" + file + "' is no name of a file for FILES", "Use PATTERN, or load it alone.");
    }
    names += (names.empty() ? "" : ",") + file;
  }
  return statement.source + "/{" + names + "}";
}

FileLoad LoadOf(const CommandContext& context, const dialect::CopyInto& statement) {
  FileLoad load;
  load.target = FullName(context, statement.name);
  load.path = statement.source;
  if (!load.path.starts_with('/')) {
    Refuse("the place '" + load.path + "' is no absolute path",
           "Write the whole path, such as '/data/incoming'.");
  }
  if (!statement.files.empty()) load.path = Chosen(statement);
  load.format = catalog::FoldCase(statement.format);
  if (load.format != "csv" && load.format != "json" && load.format != "parquet") {
    throw Error(ErrorKind::kUnsupported, "LK-4012", "FILEFORMAT " + statement.format,
                "There are CSV, JSON and PARQUET.");
  }
  load.options["rescued_data_column"] = "";
  if (load.format == "csv") load.options["header"] = "false";
  for (const auto& [key, value] : statement.format_options) AddOption(key, value, load);
  if (!statement.pattern.empty()) load.options["glob"] = statement.pattern;
  for (const auto& [key, value] : statement.copy_options) {
    const auto folded = catalog::FoldCase(key);
    if (folded == "force") {
      load.again = Truth(key, value);
    } else if (folded == "mergeschema") {
      load.merge_schema = Truth(key, value);
    } else {
      Refuse("COPY_OPTIONS has no " + key, "There are force and mergeSchema.");
    }
  }
  return load;
}

}  // namespace

CommandAnswer Run(const CommandContext& context, const dialect::CopyInto& statement) {
  FileLoad load = LoadOf(context, statement);
  const auto object =
      context.lake.Resolve(context.principal, catalog::Action::kModify, load.target);
  if (!object.table) {
    throw Error(ErrorKind::kInvalidArgument, "LK-2025",
                object.info.name.ToString() + " is a view, not a table");
  }
  if (context.files == nullptr) {
    throw Error(ErrorKind::kUnsupported, "LK-4012", "COPY INTO without a loader of files",
                "Use lakehouse ingest.");
  }
  load.target = object.info.name;
  load.cancel = context.cancel;
  const FileLoadResult done = context.files->Load(context.principal, load);
  CommandAnswer answer{StatementKind::kQuery,
                       MakeRows({{"num_affected_rows", CellType::kInteger},
                                 {"num_inserted_rows", CellType::kInteger},
                                 {"num_files", CellType::kInteger},
                                 {"num_skipped_files", CellType::kInteger}},
                                {{done.rows, done.rows, done.files, done.skipped_files}})};
  if (done.files > 0) answer.written = object.table;
  return answer;
}

}  // namespace lakehouse::query::duckdb
