#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/readable.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress_bar.h"
#include "cli/subcommands.h"

namespace lakehouse::cli {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<std::vector<std::string>>;

struct Flags {
  std::string schema;
  std::string table;
  std::string location;
  Format format = Format::kTable;
  size_t limit = 0;
  bool dry_run = false;
  bool purge = false;
  bool yes = false;
};

catalog::ObjectName NameOf(Context& context, const std::string& text) {
  return catalog::ObjectName::Parse(text, context.lakehouse().lake().default_catalog(),
                                    context.lakehouse().config().GetString("query.default_schema"));
}

int List(Context& context, const Flags& flags) {
  catalog::Lake& lake = context.lakehouse().lake();
  Rows rows;
  const auto add = [&](const std::string& catalog_name, const std::string& schema) {
    for (const auto& object : lake.ListObjects(context.principal(), catalog_name, schema)) {
      rows.push_back({object.name.ToString(),
                      object.kind == catalog::ObjectKind::kView ? "view" : object.format,
                      object.location, object.owner, object.comment});
    }
  };
  if (!flags.schema.empty()) {
    add(lake.default_catalog(), flags.schema);  // throws with candidates when it is not there
  } else {
    for (const std::string& name : lake.ListCatalogs(context.principal())) {
      for (const auto& schema : lake.ListSchemas(context.principal(), name)) {
        add(name, schema.name);
      }
    }
  }
  WriteTexts({{"name"}, {"type"}, {"location"}, {"owner"}, {"comment"}}, rows, flags.format,
             stdout);
  return kOk;
}

/// One object with the columns as a list: JSON has room for what a table of two columns has not.
Json Description(const catalog::ResolvedObject& found) {
  Json object = {{"name", found.info.name.ToString()},
                 {"type", found.table ? found.info.format : "view"},
                 {"owner", found.info.owner},
                 {"comment", found.info.comment}};
  if (!found.table) {
    object["view_sql"] = found.info.view_sql;
    return object;
  }
  const storage::SnapshotPtr snapshot = found.table->Latest();
  const auto records = snapshot->total_records();
  object["location"] = found.table->location().uri();
  object["version"] = snapshot->version();
  object["committed"] = FormatTimestampMs(snapshot->timestamp_ms());
  object["files"] = snapshot->file_count();
  object["bytes"] = snapshot->total_bytes();
  object["rows"] = records ? Json(*records) : Json(nullptr);
  object["partition_columns"] = snapshot->metadata().partition_columns;
  object["columns"] = Json::array();
  for (const storage::Field& field : snapshot->schema().fields) {
    object["columns"].push_back(
        {{"name", field.name}, {"type", field.type->ToString()}, {"nullable", field.nullable}});
  }
  return object;
}

std::string TextOf(const Json& value) {
  if (value.is_null()) return "unknown";
  if (value.is_string()) return value.get<std::string>();
  std::string text;
  if (!value.is_array()) return value.dump();
  for (const Json& each : value) text += (text.empty() ? "" : ", ") + each.get<std::string>();
  return text;
}

int Show(Context& context, const Flags& flags) {
  const auto found = context.lakehouse().lake().Resolve(
      context.principal(), catalog::Action::kSelect, NameOf(context, flags.table));
  const Json description = Description(found);
  if (flags.format == Format::kJson || flags.format == Format::kJsonLines) {
    const int indent = flags.format == Format::kJson ? 2 : -1;
    std::printf("%s\n",
                description.dump(indent, ' ', false, Json::error_handler_t::replace).c_str());
    return kOk;
  }
  Rows rows;
  for (const auto& [key, value] : description.items()) {
    if (key == "columns" || (key == "partition_columns" && value.empty())) continue;
    const bool size = key == "bytes" && flags.format == Format::kTable;
    rows.push_back({key, size ? TextOf(value) + " (" + ReadableBytes(value.get<int64_t>()) + ")"
                              : TextOf(value)});
  }
  for (const Json& column : description.value("columns", Json::array())) {
    rows.push_back(
        {"column " + column["name"].get<std::string>(),
         column["type"].get<std::string>() + (column["nullable"].get<bool>() ? "" : " not null")});
  }
  WriteTexts({{"property"}, {"value"}}, rows, flags.format, stdout);
  return kOk;
}

/// How many rows a version changed; empty when it does not say. Rows that were only copied into new
/// files are not counted.
std::string ChangedRows(const storage::HistoryEntry& entry) {
  int64_t rows = 0;
  bool known = false;
  for (const char* name : {"numUpdatedRows", "numDeletedRows", "numTargetRowsInserted",
                           "numTargetRowsUpdated", "numTargetRowsDeleted"}) {
    const auto found = entry.metrics.find(name);
    if (found == entry.metrics.end()) continue;
    known = true;
    rows += std::strtoll(found->second.c_str(), nullptr, 10);
  }
  if (known) return std::to_string(rows);
  const auto written = entry.metrics.find("numOutputRows");
  return written == entry.metrics.end() ? "" : written->second;
}

int History(Context& context, const Flags& flags) {
  const auto found = context.lakehouse().lake().Resolve(
      context.principal(), catalog::Action::kSelect, NameOf(context, flags.table));
  Rows rows;
  if (found.table) {
    const auto limit = flags.limit > 0 ? std::optional<size_t>(flags.limit) : std::nullopt;
    for (const storage::HistoryEntry& entry : found.table->History(limit)) {
      rows.push_back({std::to_string(entry.version), FormatTimestampMs(entry.timestamp_ms),
                      entry.operation, entry.user_name, ChangedRows(entry), entry.engine_info});
    }
  }
  WriteTexts({{"version", CellType::kInteger},
              {"timestamp"},
              {"operation"},
              {"user"},
              {"rows", CellType::kInteger},
              {"engine"}},
             rows, flags.format, stdout);
  return kOk;
}

int Register(Context& context, const Flags& flags) {
  catalog::Lake& lake = context.lakehouse().lake();
  const catalog::ObjectName name = NameOf(context, flags.table);
  if (flags.dry_run) {
    if (lake.Find(context.principal(), catalog::Action::kBrowse, name)) {
      throw Error(ErrorKind::kAlreadyExists, "LK-2013", name.ToString() + " is there already",
                  "Choose another name.");
    }
    const auto there =
        lake.ResolvePath(context.principal(), catalog::Action::kSelect, flags.location);
    context.Say("would register " + name.ToString() + " at " + flags.location + ", version " +
                std::to_string(there.table->Latest()->version()));
    return kOk;
  }
  const auto info = lake.RegisterTable(context.principal(), name, flags.location);
  context.Say("registered " + info.name.ToString() + " at " + info.location);
  return kOk;
}

int Checkpoint(Context& context, const Flags& flags) {
  const auto found = context.lakehouse().lake().Resolve(
      context.principal(), catalog::Action::kModify, NameOf(context, flags.table));
  if (!found.table) {
    throw Error(ErrorKind::kInvalidArgument, "LK-2025", found.info.name.ToString() + " is a view",
                "Only tables have checkpoints.");
  }
  if (flags.dry_run) {
    context.Say("would write a checkpoint of version " +
                std::to_string(found.table->Latest()->version()));
    return kOk;
  }
  context.Say("checkpoint of version " + std::to_string(found.table->Checkpoint()));
  return kOk;
}

int Drop(Context& context, const Flags& flags) {
  catalog::Lake& lake = context.lakehouse().lake();
  const auto found =
      lake.Resolve(context.principal(), catalog::Action::kBrowse, NameOf(context, flags.table));
  const std::string what =
      found.info.name.ToString() + (flags.purge && found.table ? " and delete its files" : "");
  if (flags.dry_run) {
    context.Say("would drop " + what);
    return kOk;
  }
  if (!context.Confirm("drop " + what, flags.yes)) return kFailed;
  lake.Drop(context.principal(), found.info.name, found.info.kind, false, flags.purge);
  context.Say("dropped " + found.info.name.ToString() +
              (flags.purge && found.table ? " and deleted its files" : "") +
              (flags.purge || !found.table
                   ? ""
                   : ("; its files stay, lakehouse table register gives them a name again")));
  return kOk;
}

}  // namespace

void AddTable(CLI::App& app, Action& action) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("table", "list, show, register and drop tables");
  const Subcommands add(*command, action, flags);
  const auto named = [&](CLI::App* sub) {
    sub->add_option("table", flags->table, "the table as schema.table")->type_name("")->required();
    return sub;
  };
  CLI::App* list = add("list", "every table and view", List);
  list->add_option("schema", flags->schema, "only those of this schema")->type_name("");
  AddOutput(*list, flags->format);
  CLI::App* show = named(add("show", "one table: version, size, columns", Show));
  AddOutput(*show, flags->format);
  CLI::App* history = named(add("history", "the table's commits, newest first", History));
  history->add_option("--limit", flags->limit, "at most so many")
      ->type_name("N")
      ->check(WholeNumber());
  AddOutput(*history, flags->format);
  CLI::App* reg = named(add("register", "give a name to an existing Delta table", Register));
  reg->add_option("location", flags->location, "directory of the table")->type_name("")->required();
  AddDryRun(*reg, flags->dry_run);
  AddDryRun(*named(add("checkpoint", "write a checkpoint of the latest version", Checkpoint)),
            flags->dry_run);
  CLI::App* drop = named(add("drop", "drop a table or view", Drop));
  drop->add_flag("--purge", flags->purge, "delete the table's files too");
  AddYes(*drop, flags->yes);
  AddDryRun(*drop, flags->dry_run);
}

}  // namespace lakehouse::cli
