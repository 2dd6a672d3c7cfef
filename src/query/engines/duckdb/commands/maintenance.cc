// VACUUM, RESTORE, CLONE, CONVERT TO DELTA.
#include "query/engines/duckdb/commands/maintenance.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "query/engines/duckdb/commands/rows.h"
#include "storage/maintenance.h"

namespace lakehouse::query::duckdb {
namespace {

using catalog::Action;
using catalog::ResolvedObject;

ResolvedObject TableOf(const CommandContext& context, Action action,
                       const dialect::TableTarget& target, const char* what) {
  auto object = Target(context, action, target.name, target.path);
  if (object.table) return object;
  throw Error(
      ErrorKind::kInvalidArgument, "LK-4004",
      std::string(what) + " needs a table, and " + object.info.name.ToString() + " is a view");
}

/// Unix milliseconds of a time as it is written; without a zone it is one in UTC.
int64_t TimeOf(const std::string& text) {
  static const auto type = storage::DataType::Primitive(storage::TypeId::kTimestamp);
  try {
    const auto micros = std::get<int64_t>(
        storage::FromPartitionText(text.size() == 10 ? text + " 00:00:00" : text, *type).data);
    return micros / 1000 - (micros % 1000 < 0 ? 1 : 0);
  } catch (const Error&) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4050", "'" + text + "' is no time",
                "Write '2024-01-31 12:00:00', in UTC.");
  }
}

/// With the time of an expression as a text.
dialect::AsOf Evaluated(const CommandContext& context, dialect::AsOf as_of) {
  if (as_of.expression.empty()) return as_of;
  as_of.timestamp = FormatTimestampMs(context.engine.TimeOf(as_of.expression));
  return as_of;
}

storage::SnapshotPtr SnapshotOf(storage::Table& table, const dialect::AsOf& as_of) {
  if (as_of.version) return table.At(*as_of.version);
  return as_of.timestamp.empty() ? table.Latest() : table.AtTimestamp(TimeOf(as_of.timestamp));
}

std::string Quoted(const std::string& text) { return nlohmann::json(text).dump(); }

CommandAnswer OneRow(std::vector<std::pair<const char*, int64_t>> counts) {
  std::vector<Column> columns;
  std::vector<Cell> row;
  for (const auto& [name, count] : counts) {
    columns.push_back({name, CellType::kInteger});
    row.emplace_back(count);
  }
  return {StatementKind::kQuery, MakeRows(columns, {std::move(row)}), {}};
}

}  // namespace

CommandAnswer Run(const CommandContext& context, const dialect::Vacuum& statement) {
  const auto object = TableOf(context, Action::kModify, statement.table, "VACUUM");
  storage::VacuumOptions options;
  options.mode = statement.lite ? storage::VacuumOptions::kLite : storage::VacuumOptions::kFull;
  options.dry_run = statement.dry_run;
  options.user_name = context.principal.name;
  options.token = context.cancel;
  if (statement.retain_hours) {
    options.retain_ms = static_cast<int64_t>(*statement.retain_hours * 3'600'000);
  }
  options.referrers = context.lake.TablesBeside(*object.table);
  const auto report = storage::Vacuum(*object.table, context.lake.storage_context(), options);
  const std::string place = object.table->location().uri();
  std::vector<std::vector<Cell>> rows;
  if (statement.dry_run) {
    for (const std::string& path : report.paths) rows.push_back({place + "/" + path});
  } else {
    rows.push_back({place});
  }
  return {StatementKind::kQuery, MakeRows({{"path"}}, rows), {}};
}

CommandAnswer Run(const CommandContext& context, const dialect::Restore& statement) {
  const auto object = TableOf(context, Action::kModify, statement.table, "RESTORE");
  const auto to = Evaluated(context, statement.to);
  const auto target = SnapshotOf(*object.table, to);
  storage::CommitDescription description;
  description.user_name = context.principal.name;
  if (to.version) {
    description.parameters["version"] = std::to_string(*to.version);
  } else {
    description.parameters["timestamp"] = Quoted(to.timestamp);
  }
  const auto report =
      storage::Restore(*object.table, *target, description, context.lake.storage_context());
  return OneRow({{"table_size_after_restore", report.table_size_after_restore},
                 {"num_of_files_after_restore", report.num_of_files_after_restore},
                 {"num_removed_files", report.num_removed_files},
                 {"num_restored_files", report.num_restored_files},
                 {"removed_files_size", report.removed_files_size},
                 {"restored_files_size", report.restored_files_size}});
}

namespace {

/// Where a clone goes: a table that is there, or one that is created when its files are.
class CloneTarget {
 public:
  CloneTarget(const CommandContext& context, const dialect::CloneTable& statement)
      : context_(context), statement_(statement) {
    if (!statement.target.path.empty()) {
      throw Error(ErrorKind::kUnsupported, "LK-4012", "CLONE into a path",
                  "Give the clone a name, and a place with LOCATION 'path'.");
    }
    name_ = FullName(context, statement.target.name);
    const auto action = statement.or_replace ? Action::kModify : Action::kBrowse;
    if (auto found = context.lake.Find(context.principal, action, name_)) {
      if (!statement.or_replace && !statement.if_not_exists) ThrowExists();
      if (!found->table && !statement.if_not_exists) ThrowExists();
      exists_ = true;
      table_ = std::move(found->table);
      if (table_) location_ = table_->location();
    } else {
      location_ = context.lake.PlanTable(context.principal, name_, statement.location);
    }
  }

  bool exists() const { return exists_; }
  const io::Location& location() const { return location_; }

  storage::CloneReport Fill(storage::CloneJob& job) {
    if (table_) return job.Commit(*table_);
    catalog::CreateTableRequest request;
    request.name = name_;
    request.location = statement_.location;
    request.options = job.table();
    request.description.operation = "CREATE TABLE";
    request.description.user_name = context_.principal.name;
    context_.lake.CreateTable(context_.principal, request);
    const auto created = context_.lake.Resolve(context_.principal, Action::kModify, name_);
    if (created.table->location().uri() != location_.uri()) {
      throw Error(ErrorKind::kCommitConflict, "LK-4013",
                  "names changed while " + name_.ToString() + " was cloned",
                  "Run the statement again.");
    }
    try {
      return job.Commit(*created.table);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kCommitStateUnknown) {
        context_.lake.Drop(context_.principal, name_, catalog::ObjectKind::kTable, true, true);
      }
      throw;
    }
  }

 private:
  [[noreturn]] void ThrowExists() const {
    throw Error(ErrorKind::kAlreadyExists, "LK-2013", name_.ToString() + " exists already",
                "Choose another name, or use CREATE OR REPLACE TABLE for a table.");
  }

  const CommandContext& context_;
  const dialect::CloneTable& statement_;
  catalog::ObjectName name_;
  bool exists_ = false;
  std::shared_ptr<storage::Table> table_;
  io::Location location_;
};

}  // namespace

CommandAnswer Run(const CommandContext& context, const dialect::CloneTable& statement) {
  const auto source = TableOf(context, Action::kSelect, statement.source, "CLONE");
  if (source.decision.row_filter || !source.decision.masks.empty()) {
    throw Error(ErrorKind::kUnsupported, "LK-4012",
                "CLONE of a table of which a policy hides rows or columns",
                "Use CREATE TABLE AS SELECT.");
  }
  const auto snapshot = SnapshotOf(*source.table, Evaluated(context, statement.as_of));
  CloneTarget target(context, statement);
  if (target.exists() && statement.if_not_exists) return {};
  storage::CloneOptions options;
  options.deep = !statement.shallow;
  options.properties = statement.properties;
  options.token = context.cancel;
  options.description.user_name = context.principal.name;
  options.description.parameters = {{"source", Quoted(source.table->location().uri())},
                                    {"sourceVersion", std::to_string(snapshot->version())},
                                    {"isShallow", statement.shallow ? "true" : "false"}};
  const auto job = storage::PrepareClone(snapshot, source.table->location(), target.location(),
                                         options, context.lake.storage_context());
  const auto report = target.Fill(*job);
  return OneRow({{"source_table_size", report.source_table_size},
                 {"source_num_of_files", report.source_num_of_files},
                 {"num_removed_files", report.num_removed_files},
                 {"num_copied_files", report.num_copied_files},
                 {"removed_files_size", report.removed_files_size},
                 {"copied_files_size", report.copied_files_size}});
}

namespace {

/// The place of files that are no table yet, after checking the right to create one there.
io::Location PlaceToConvert(const CommandContext& context, const std::string& path) {
  try {
    context.lake.ResolvePath(context.principal, Action::kCreate, path).table->Latest();
  } catch (const Error& error) {
    if (error.code() != "LK-3001") throw;
    return context.lake.stores().Resolve(path);
  }
  throw Error(ErrorKind::kAlreadyExists, "LK-3006",
              "there is a Delta table at " + path + " already",
              "Give it a name with CREATE TABLE name LOCATION 'path'.");
}

}  // namespace

CommandAnswer Run(const CommandContext& context, const dialect::ConvertToDelta& statement) {
  const auto location = PlaceToConvert(context, statement.path);
  storage::ConvertOptions options;
  options.partition_columns = statement.partition_columns;
  options.statistics = statement.statistics;
  options.token = context.cancel;
  options.description.user_name = context.principal.name;
  options.description.parameters = {
      {"partitionedBy", nlohmann::json(statement.partition_columns.Names()).dump()},
      {"collectStats", statement.statistics ? "true" : "false"},
      {"sourceFormat", Quoted("parquet")}};
  storage::ConvertToDelta(location, options, context.lake.storage_context());
  return {};
}

}  // namespace lakehouse::query::duckdb
