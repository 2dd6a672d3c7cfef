#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/suggest.h"
#include "query/engines/duckdb/commands/command.h"
#include "query/engines/duckdb/commands/create_statement.h"
#include "query/engines/duckdb/commands/rows.h"
#include "storage/delta/commit/clustering_columns.h"
#include "storage/delta/delta_table.h"
#include "storage/schema_change.h"

namespace lakehouse::query::duckdb {
namespace {

using catalog::ResolvedObject;
using dialect::Describe;

Cell TextOrNull(const std::string& text) { return text.empty() ? Cell{} : Cell{text}; }

[[noreturn]] void RefuseView(const ResolvedObject& object, const std::string& what) {
  throw Error(ErrorKind::kInvalidArgument, "LK-4004",
              what + " needs a table, and " + object.info.name.ToString() + " is a view");
}

void AddColumns(const storage::Snapshot& snapshot, const std::string& title,
                const std::vector<storage::ColumnPath>& columns,
                std::vector<std::vector<Cell>>& rows) {
  if (columns.empty()) return;
  rows.push_back({title, std::string(), Cell{}});
  for (const auto& column : columns) {
    const auto* field = storage::FindField(snapshot.schema(), column);
    rows.push_back(
        {storage::PathText(column), field->type->ToString(), TextOrNull(CommentOf(*field))});
  }
}

std::vector<std::vector<Cell>> ColumnRows(const storage::Snapshot& snapshot) {
  std::vector<std::vector<Cell>> rows;
  for (const auto& field : snapshot.schema().fields) {
    rows.push_back({field.name, field.type->ToString(), TextOrNull(CommentOf(field))});
  }
  std::vector<storage::ColumnPath> partition;
  for (const auto& name : snapshot.metadata().partition_columns) partition.push_back({name});
  AddColumns(snapshot, "# Partition Information", partition, rows);
  if (const auto clustering = storage::delta::ClusteringColumns(snapshot)) {
    AddColumns(snapshot, "# Clustering Information", *clustering, rows);
  }
  return rows;
}

/// Defaults, generated and identity columns, constraints.
void AddRules(const storage::Snapshot& snapshot, std::vector<std::vector<Cell>>& rows) {
  const auto add = [&](const std::string& title, const auto& entries) {
    if (entries.empty()) return;
    rows.push_back({std::string(), std::string(), Cell{}});
    rows.push_back({title, std::string(), Cell{}});
    for (const auto& [name, text] : entries) rows.push_back({name, text, Cell{}});
  };
  std::vector<std::pair<std::string, std::string>> columns;
  for (const auto& field : snapshot.schema().fields) {
    if (const auto text = ValueClause(field); !text.empty()) columns.emplace_back(field.name, text);
  }
  add("# Column Values", columns);
  std::vector<std::pair<std::string, std::string>> constraints;
  for (const auto& [name, text] : ConstraintsOf(snapshot.metadata())) {
    constraints.emplace_back(name, "CHECK (" + text + ")");
  }
  add("# Constraints", constraints);
}

void AddExtended(const ResolvedObject& object, const storage::Snapshot& snapshot,
                 std::vector<std::vector<Cell>>& rows) {
  auto add = [&](const std::string& name, const std::string& value) {
    rows.push_back({name, value, Cell{}});
  };
  AddRules(snapshot, rows);
  add("", "");
  add("# Detailed Table Information", "");
  add("Catalog", object.info.name.catalog);
  add("Database", object.info.name.schema);
  add("Table", object.info.name.name);
  add("Owner", object.info.owner);
  add("Comment",
      object.info.comment.empty() ? snapshot.metadata().description : object.info.comment);
  add("Location", object.table->location().uri());
  add("Provider", "delta");
  add("Version", std::to_string(snapshot.version()));
  for (const auto& [key, value] : snapshot.metadata().properties) add(key, value);
}

std::vector<std::pair<std::string, std::string>> DetailsOfView(const ResolvedObject& object) {
  return {{"", ""},
          {"# Detailed View Information", ""},
          {"Catalog", object.info.name.catalog},
          {"Database", object.info.name.schema},
          {"View", object.info.name.name},
          {"Owner", object.info.owner},
          {"Comment", object.info.comment},
          {"View Text", object.info.view_sql}};
}

std::shared_ptr<arrow::RecordBatch> DescribeDetail(const ResolvedObject& object) {
  const auto snapshot = object.table->Latest();
  const auto& metadata = snapshot->metadata();
  const auto& protocol = snapshot->protocol();
  Texts features = protocol.reader_features;
  for (const auto& feature : protocol.writer_features) {
    if (std::find(features.begin(), features.end(), feature) == features.end()) {
      features.push_back(feature);
    }
  }
  const std::vector<Column> columns = {{"format"},
                                       {"id"},
                                       {"name"},
                                       {"description"},
                                       {"location"},
                                       {"createdAt", CellType::kInstant},
                                       {"lastModified", CellType::kInstant},
                                       {"partitionColumns", CellType::kTexts},
                                       {"clusteringColumns", CellType::kTexts},
                                       {"numFiles", CellType::kInteger},
                                       {"sizeInBytes", CellType::kInteger},
                                       {"properties", CellType::kTextMap},
                                       {"minReaderVersion", CellType::kInteger},
                                       {"minWriterVersion", CellType::kInteger},
                                       {"tableFeatures", CellType::kTexts},
                                       {"version", CellType::kInteger}};
  Texts clustering;
  for (const auto& column :
       storage::delta::ClusteringColumns(*snapshot).value_or(std::vector<storage::ColumnPath>{})) {
    clustering.push_back(storage::PathText(column));
  }
  const std::string name = object.info.name.name.empty() ? "" : object.info.name.ToString();
  return MakeRows(
      columns,
      {{std::string("delta"), metadata.id, TextOrNull(name), TextOrNull(metadata.description),
        object.table->location().uri(), Instant{metadata.created_ms * 1000},
        Instant{snapshot->timestamp_ms() * 1000}, Texts(metadata.partition_columns),
        std::move(clustering), static_cast<int64_t>(snapshot->file_count()),
        snapshot->total_bytes(), TextMap(metadata.properties), int64_t{protocol.min_reader_version},
        int64_t{protocol.min_writer_version}, std::move(features), snapshot->version()}});
}

std::shared_ptr<arrow::RecordBatch> DescribeHistory(const ResolvedObject& object,
                                                    std::optional<int64_t> limit) {
  std::optional<size_t> count;
  if (limit) count = static_cast<size_t>(std::max<int64_t>(*limit, 0));
  std::vector<std::vector<Cell>> rows;
  for (const auto& entry : object.table->History(count)) {
    rows.push_back({entry.version, Instant{entry.timestamp_ms * 1000}, TextOrNull(entry.user_name),
                    TextOrNull(entry.operation), TextMap(entry.parameters), TextMap(entry.metrics),
                    entry.is_blind_append, TextOrNull(entry.engine_info),
                    TextOrNull(entry.transaction_id), TextOrNull(entry.user_metadata)});
  }
  return MakeRows({{"version", CellType::kInteger},
                   {"timestamp", CellType::kInstant},
                   {"userName"},
                   {"operation"},
                   {"operationParameters", CellType::kTextMap},
                   {"operationMetrics", CellType::kTextMap},
                   {"isBlindAppend", CellType::kBoolean},
                   {"engineInfo"},
                   {"txnId"},
                   {"userMetadata"}},
                  rows);
}

/// One column, as Spark shows it.
std::shared_ptr<arrow::RecordBatch> DescribeColumn(const storage::Snapshot& snapshot,
                                                   const storage::ColumnPath& column) {
  const auto path = storage::Spelled(snapshot.schema(), column);
  const auto* field = storage::FindField(snapshot.schema(), path);
  std::vector<std::vector<Cell>> rows = {{std::string("col_name"), storage::PathText(path)},
                                         {std::string("data_type"), field->type->ToString()},
                                         {std::string("comment"), TextOrNull(CommentOf(*field))}};
  return MakeRows({{"info_name"}, {"info_value"}}, rows);
}

std::shared_ptr<arrow::RecordBatch> DescribeSchema(const CommandContext& context,
                                                   const std::vector<std::string>& name) {
  const auto catalog = name.size() == 2 ? name[0] : context.lake.default_catalog();
  const auto schemas = context.lake.ListSchemas(context.principal, catalog);
  const auto found = std::find_if(schemas.begin(), schemas.end(), [&](const auto& schema) {
    return catalog::FoldCase(schema.name) == catalog::FoldCase(name.back());
  });
  if (found == schemas.end()) {
    std::vector<std::string> names;
    for (const auto& schema : schemas) names.push_back(schema.name);
    const std::string hint = DidYouMean(name.back(), names);
    throw Error(ErrorKind::kNotFound, "LK-2011",
                "there is no schema " + catalog + "." + name.back(),
                hint.empty() ? "SHOW SCHEMAS lists what there is." : hint);
  }
  std::vector<std::vector<Cell>> rows = {{std::string("Catalog Name"), found->catalog},
                                         {std::string("Namespace Name"), found->name},
                                         {std::string("Comment"), TextOrNull(found->comment)},
                                         {std::string("Owner"), TextOrNull(found->owner)}};
  return MakeRows({{"info_name"}, {"info_value"}}, rows);
}

}  // namespace

std::string CommentOf(const storage::Field& field) {
  const auto found = field.metadata.find("comment");
  if (found == field.metadata.end()) return {};
  // Values of a field's metadata are JSON texts.
  const auto text = nlohmann::json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  return text.is_string() ? text.get<std::string>() : std::string();
}

CommandAnswer Run(const CommandContext& context, const dialect::Describe& statement) {
  if (statement.what == Describe::kSchema) {
    return {StatementKind::kQuery, DescribeSchema(context, statement.name)};
  }
  const auto object = Target(context, catalog::Action::kSelect, statement.name, statement.path);
  CommandAnswer answer{StatementKind::kQuery, nullptr};
  if (statement.what != Describe::kTable) {
    if (!object.table) {
      RefuseView(object,
                 statement.what == Describe::kDetail ? "DESCRIBE DETAIL" : "DESCRIBE HISTORY");
    }
    answer.rows = statement.what == Describe::kDetail ? DescribeDetail(object)
                                                      : DescribeHistory(object, statement.limit);
    return answer;
  }
  if (!statement.column.empty()) {
    if (!object.table) RefuseView(object, "DESCRIBE of a column");
    answer.rows = DescribeColumn(*storage::delta::LatestHead(*object.table), statement.column);
    return answer;
  }
  if (!object.table) {  // the engine knows the columns of a view
    if (statement.extended) answer.details = DetailsOfView(object);
    return answer;
  }
  const auto snapshot = storage::delta::LatestHead(*object.table);
  auto rows = ColumnRows(*snapshot);
  if (statement.extended) AddExtended(object, *snapshot, rows);
  answer.rows = MakeRows({{"col_name"}, {"data_type"}, {"comment"}}, rows);
  return answer;
}

}  // namespace lakehouse::query::duckdb
