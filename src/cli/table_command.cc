#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace lakehouse::cli {
namespace {

struct Flags {
  std::string table;
  std::string location;
  std::string format = "table";
  size_t limit = 0;
};

catalog::ObjectName NameOf(Context& context, const std::string& text) {
  return catalog::ObjectName::Parse(text, context.lakehouse().lake().default_catalog(),
                                    context.lakehouse().config().GetString("query.default_schema"));
}

int List(Context& context, const Flags& flags) {
  catalog::Lake& lake = context.lakehouse().lake();
  std::vector<std::vector<std::string>> rows;
  for (const std::string& catalog_name : lake.ListCatalogs(context.principal())) {
    for (const auto& schema : lake.ListSchemas(context.principal(), catalog_name)) {
      for (const auto& object : lake.ListObjects(context.principal(), catalog_name, schema.name)) {
        rows.push_back({object.name.ToString(),
                        object.kind == catalog::ObjectKind::kView ? "view" : object.format,
                        object.location, object.owner, object.comment});
      }
    }
  }
  WriteTexts({"name", "type", "location", "owner", "comment"}, rows, ParseFormat(flags.format),
             stdout);
  return kOk;
}

int Show(Context& context, const Flags& flags) {
  const auto found = context.lakehouse().lake().Resolve(
      context.principal(), catalog::Action::kSelect, NameOf(context, flags.table));
  std::vector<std::vector<std::string>> rows = {{"name", found.info.name.ToString()},
                                                {"owner", found.info.owner},
                                                {"comment", found.info.comment}};
  if (found.table) {
    const storage::SnapshotPtr snapshot = found.table->Latest();
    const auto records = snapshot->total_records();
    rows.push_back({"location", found.table->location().uri()});
    rows.push_back({"version", std::to_string(snapshot->version())});
    rows.push_back({"committed", FormatTimestampMs(snapshot->timestamp_ms())});
    rows.push_back({"files", std::to_string(snapshot->file_count())});
    rows.push_back({"bytes", std::to_string(snapshot->total_bytes())});
    rows.push_back({"rows", records ? std::to_string(*records) : "unknown"});
    for (const auto& column : snapshot->metadata().partition_columns) {
      rows.push_back({"partitioned by", column});
    }
    for (const storage::Field& field : snapshot->schema().fields) {
      rows.push_back(
          {"column " + field.name, field.type->ToString() + (field.nullable ? "" : " not null")});
    }
  } else {
    rows.push_back({"view", found.info.view_sql});
  }
  WriteTexts({"property", "value"}, rows, ParseFormat(flags.format), stdout);
  return kOk;
}

int History(Context& context, const Flags& flags) {
  const auto found = context.lakehouse().lake().Resolve(
      context.principal(), catalog::Action::kSelect, NameOf(context, flags.table));
  std::vector<std::vector<std::string>> rows;
  if (found.table) {
    const auto limit = flags.limit ? std::optional<size_t>(flags.limit) : std::nullopt;
    for (const storage::HistoryEntry& entry : found.table->History(limit)) {
      const auto written = entry.metrics.find("numOutputRows");
      rows.push_back({std::to_string(entry.version), FormatTimestampMs(entry.timestamp_ms),
                      entry.operation, entry.user_name,
                      written == entry.metrics.end() ? "" : written->second, entry.engine_info});
    }
  }
  WriteTexts({"version", "timestamp", "operation", "user", "rows", "engine"}, rows,
             ParseFormat(flags.format), stdout);
  return kOk;
}

int Register(Context& context, const Flags& flags) {
  const auto info = context.lakehouse().lake().RegisterTable(
      context.principal(), NameOf(context, flags.table), flags.location);
  context.Say("registered " + info.name.ToString() + " at " + info.location);
  return kOk;
}

int Checkpoint(Context& context, const Flags& flags) {
  const auto found = context.lakehouse().lake().Resolve(
      context.principal(), catalog::Action::kModify, NameOf(context, flags.table));
  if (found.table) {
    context.Say("checkpoint of version " + std::to_string(found.table->Checkpoint()));
  }
  return kOk;
}

}  // namespace

void AddTable(CLI::App& app, Action& action) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("table", "list, show and register tables");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, int (*run)(Context&, const Flags&)) {
    CLI::App* sub = command->add_subcommand(name, help);
    sub->add_option("-o,--output", flags->format, "table, json, jsonl, csv or md");
    sub->callback([&action, flags, run] { action = [=](Context& c) { return run(c, *flags); }; });
    return sub;
  };
  add("list", "every table and view", List);
  const auto named = [&](CLI::App* sub) {
    sub->add_option("name", flags->table, "schema.table")->required();
    return sub;
  };
  named(add("show", "one table: version, size, columns", Show));
  named(add("history", "the table's commits, newest first", History))
      ->add_option("--limit", flags->limit, "at most so many");
  named(add("register", "give a name to an existing Delta table", Register))
      ->add_option("location", flags->location, "directory of the table")
      ->required();
  named(add("checkpoint", "write a checkpoint of the latest version", Checkpoint));
}

void AddCatalog(CLI::App& app, Action& action) {
  auto dry_run = std::make_shared<bool>(false);
  auto format = std::make_shared<std::string>("table");
  CLI::App* command = app.add_subcommand("catalog", "schemas, and finding tables again");
  command->require_subcommand(1);
  CLI::App* list = command->add_subcommand("list", "catalogs and schemas");
  list->add_option("-o,--output", *format, "table, json, jsonl, csv or md");
  list->callback([&action, format] {
    action = [format](Context& c) {
      std::vector<std::vector<std::string>> rows;
      catalog::Lake& lake = c.lakehouse().lake();
      for (const std::string& name : lake.ListCatalogs(c.principal())) {
        for (const auto& schema : lake.ListSchemas(c.principal(), name)) {
          rows.push_back({name, schema.name, schema.owner, schema.comment});
        }
      }
      WriteTexts({"catalog", "schema", "owner", "comment"}, rows, ParseFormat(*format), stdout);
      return kOk;
    };
  });
  CLI::App* rebuild = command->add_subcommand(
      "rebuild", "register the tables below the data root that have no name");
  rebuild->add_flag("--dry-run", *dry_run, "only say what would be registered");
  rebuild->callback([&action, dry_run] {
    action = [dry_run](Context& c) {
      const auto report = c.lakehouse().lake().Rebuild(c.principal(), *dry_run);
      for (const auto& name : report.registered) {
        std::printf("%s %s\n", *dry_run ? "would register" : "registered", name.ToString().c_str());
      }
      for (const std::string& skipped : report.skipped) c.Say("skipped " + skipped);
      c.Say(std::to_string(report.registered.size()) + " tables");
      return kOk;
    };
  });
}

}  // namespace lakehouse::cli
