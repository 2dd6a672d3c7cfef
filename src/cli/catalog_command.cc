#include <CLI/CLI.hpp>
#include <string>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/subcommands.h"

namespace lakehouse::cli {
namespace {

struct Flags {
  Format format = Format::kTable;
  bool dry_run = false;
};

int List(Context& context, const Flags& flags) {
  std::vector<std::vector<std::string>> rows;
  catalog::Lake& lake = context.lakehouse().lake();
  for (const std::string& name : lake.ListCatalogs(context.principal())) {
    for (const auto& schema : lake.ListSchemas(context.principal(), name)) {
      const auto objects = lake.ListObjects(context.principal(), name, schema.name);
      rows.push_back(
          {name, schema.name, std::to_string(objects.size()), schema.owner, schema.comment});
    }
  }
  WriteTexts({{"catalog"}, {"schema"}, {"objects", CellType::kInteger}, {"owner"}, {"comment"}},
             rows, flags.format, stdout);
  return kOk;
}

int Rebuild(Context& context, const Flags& flags) {
  const auto report = context.lakehouse().lake().Rebuild(context.principal(), flags.dry_run);
  std::vector<std::vector<std::string>> rows;
  for (const auto& name : report.registered) {
    rows.push_back({name.ToString(), flags.dry_run ? "would be registered" : "registered"});
  }
  WriteTexts({{"table"}, {"result"}}, rows, flags.format, stdout);
  for (const std::string& skipped : report.skipped) context.Say("skipped " + skipped);
  if (flags.dry_run) context.Say("nothing was changed");
  return kOk;
}

}  // namespace

void AddCatalog(CLI::App& app, Action& action) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("catalog", "schemas, and finding tables again");
  const Subcommands add(*command, action, flags);
  CLI::App* list = add("list", "catalogs and schemas", List);
  AddOutput(*list, flags->format);
  CLI::App* rebuild =
      add("rebuild", "register the tables below the data root that have no name", Rebuild);
  AddOutput(*rebuild, flags->format);
  AddDryRun(*rebuild, flags->dry_run);
  rebuild->footer(
      "For a lost metadata store: tables lie in DATA_ROOT/SCHEMA/TABLE and are found by\n"
      "their logs. Grants, views and jobs are not in the logs and come from a backup.\n\n"
      "Example:\n  lakehouse catalog rebuild --dry-run");
}

}  // namespace lakehouse::cli
