#include <fnmatch.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/suggest.h"
#include "query/engines/duckdb/commands/command.h"
#include "query/engines/duckdb/commands/create_statement.h"
#include "query/engines/duckdb/commands/rows.h"

namespace lakehouse::query::duckdb {
namespace {

using dialect::Show;
using Rows = std::vector<std::vector<Cell>>;

/// Spark's pattern: * is any text, | parts alternatives; SQL's % and _ work too. Without regard to
/// case.
bool Matches(const std::string& name, const std::string& pattern) {
  if (pattern.empty()) return true;
  std::string glob;
  auto hit = [&] { return fnmatch(glob.c_str(), name.c_str(), FNM_CASEFOLD) == 0; };
  for (const char c : pattern) {
    if (c == '|') {
      if (hit()) return true;
      glob.clear();
    } else if (c == '[' || c == '\\' || c == '?') {
      glob += {'\\', c};
    } else {
      glob += c == '%' ? '*' : c == '_' ? '?' : c;
    }
  }
  return hit();
}

/// catalog and schema of SHOW ... IN name.
std::pair<std::string, std::string> Place(const CommandContext& context, const Show& statement) {
  if (statement.name.size() > 2) {
    throw Error(ErrorKind::kInvalidArgument, "LK-2001", "a schema's name has one or two parts");
  }
  if (statement.name.empty()) return {context.lake.default_catalog(), context.schema};
  if (statement.name.size() == 1) return {context.lake.default_catalog(), statement.name[0]};
  return {statement.name[0], statement.name[1]};
}

CommandAnswer Answer(std::vector<Column> columns, const Rows& rows) {
  return {StatementKind::kQuery, MakeRows(columns, rows)};
}

CommandAnswer Catalogs(const CommandContext& context, const Show& statement) {
  Rows rows;
  for (const auto& name : context.lake.ListCatalogs(context.principal)) {
    if (Matches(name, statement.like)) rows.push_back({name});
  }
  return Answer({{"catalog"}}, rows);
}

CommandAnswer Schemas(const CommandContext& context, const Show& statement) {
  const auto catalog =
      statement.name.empty() ? context.lake.default_catalog() : statement.name.back();
  Rows rows;
  for (const auto& schema : context.lake.ListSchemas(context.principal, catalog)) {
    if (Matches(schema.name, statement.like)) rows.push_back({schema.name});
  }
  return Answer({{"namespace"}}, rows);
}

CommandAnswer Objects(const CommandContext& context, const Show& statement) {
  const bool views = statement.what == Show::kViews;
  const auto [catalog, schema] = Place(context, statement);
  Rows rows;
  for (const auto& object : context.lake.ListObjects(context.principal, catalog, schema)) {
    if (views && object.kind != catalog::ObjectKind::kView) continue;
    if (!Matches(object.name.name, statement.like)) continue;
    rows.push_back({object.name.schema, object.name.name, false});
  }
  return Answer(
      {{"namespace"}, {views ? "viewName" : "tableName"}, {"isTemporary", CellType::kBoolean}},
      rows);
}

catalog::ResolvedObject TableOf(const CommandContext& context, const Show& statement) {
  auto object = Target(context, catalog::Action::kSelect, statement.name, statement.path);
  if (!object.table) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4004",
                "this SHOW needs a table, and " + object.info.name.ToString() + " is a view");
  }
  return object;
}

CommandAnswer Columns(const CommandContext& context, const Show& statement) {
  Rows rows;
  for (const auto& name : TableOf(context, statement).table->Latest()->schema().Names()) {
    if (Matches(name, statement.like)) rows.push_back({name});
  }
  return Answer({{"col_name"}}, rows);
}

CommandAnswer Properties(const CommandContext& context, const Show& statement) {
  const auto snapshot = TableOf(context, statement).table->Latest();
  const auto& properties = snapshot->metadata().properties;
  Rows rows;
  if (!statement.key.empty()) {
    const auto found = properties.find(statement.key);
    const std::string missing = "the table does not have the property " + statement.key;
    rows.push_back({statement.key, found == properties.end() ? missing : found->second});
    return Answer({{"key"}, {"value"}}, rows);
  }
  for (const auto& [key, value] : properties) rows.push_back({key, value});
  return Answer({{"key"}, {"value"}}, rows);
}

using PartitionTexts = std::vector<std::optional<std::string>>;

/// The texts that PARTITION asks for, by the position of their column.
std::map<size_t, std::optional<std::string>> Wanted(const Show& statement, const Texts& columns) {
  std::map<size_t, std::optional<std::string>> wanted;
  for (const auto& [name, value] : statement.partition) {
    const auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& column) {
      return catalog::FoldCase(column) == catalog::FoldCase(name);
    });
    if (found == columns.end()) {
      throw Error(ErrorKind::kInvalidArgument, "LK-4069", "the table is not partitioned by " + name,
                  DidYouMean(name, columns));
    }
    wanted[static_cast<size_t>(found - columns.begin())] = value;
  }
  return wanted;
}

PartitionTexts PartitionOf(const storage::Snapshot& snapshot, size_t file) {
  const auto& metadata = snapshot.metadata();
  PartitionTexts texts;
  for (size_t i = 0; i < metadata.partition_columns.size(); ++i) {
    const auto value = snapshot.partition_value(file, i);
    const auto& field =
        metadata.schema.fields[*metadata.schema.IndexOf(metadata.partition_columns[i])];
    texts.push_back(value.is_null() ? std::nullopt
                                    : std::optional(storage::ToPartitionText(value, *field.type)));
  }
  return texts;
}

CommandAnswer Partitions(const CommandContext& context, const Show& statement) {
  const auto object = TableOf(context, statement);
  const auto snapshot = object.table->Latest();
  const auto& columns = snapshot->metadata().partition_columns;
  if (columns.empty()) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4069",
                object.info.name.ToString() + " is not partitioned",
                "CREATE TABLE ... PARTITIONED BY makes partitions");
  }
  const auto wanted = Wanted(statement, columns);
  std::set<PartitionTexts> partitions;
  for (size_t file = 0; file < snapshot->file_count(); ++file) {
    auto texts = PartitionOf(*snapshot, file);
    const bool fits = std::all_of(wanted.begin(), wanted.end(),
                                  [&](const auto& one) { return texts[one.first] == one.second; });
    if (fits) partitions.insert(std::move(texts));
  }
  std::vector<Column> header;
  for (const auto& column : columns) header.push_back({column});
  Rows rows;
  for (const auto& texts : partitions) {
    std::vector<Cell> row;
    for (const auto& text : texts) row.push_back(text ? Cell{*text} : Cell{});
    rows.push_back(std::move(row));
  }
  return Answer(std::move(header), rows);
}

}  // namespace

CommandAnswer Run(const CommandContext& context, const dialect::Show& statement) {
  switch (statement.what) {
    case Show::kCatalogs:
      return Catalogs(context, statement);
    case Show::kSchemas:
      return Schemas(context, statement);
    case Show::kTables:
    case Show::kViews:
      return Objects(context, statement);
    case Show::kColumns:
      return Columns(context, statement);
    case Show::kTblProperties:
      return Properties(context, statement);
    case Show::kCurrent:
      return Answer({{"catalog"}, {"namespace"}},
                    {{context.lake.default_catalog(), context.schema}});
    case Show::kPartitions:
      return Partitions(context, statement);
    case Show::kCreateTable:
      break;
  }
  const auto object = TableOf(context, statement);
  return Answer({{"createtab_stmt"}}, {{CreateStatementOf(object)}});
}

}  // namespace lakehouse::query::duckdb
