#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/shell.h"
#include "cli/statement.h"
#include "query/engines/duckdb/dialect/dialect.h"

namespace lakehouse::cli {
namespace {

using query::duckdb::dialect::SplitStatements;

struct Flags {
  std::string command;
  std::string file;
  ShowOptions show;
  bool dry_run = false;
};

std::string ReadScript(const Flags& flags) {
  if (!flags.command.empty()) return flags.command;
  if (flags.file.empty() || flags.file == "-") {
    return {std::istreambuf_iterator<char>(std::cin), {}};
  }
  std::ifstream in(flags.file, std::ios::binary);
  if (!in) {
    throw Error(ErrorKind::kNotFound, "LK-9007", "cannot read the SQL file " + flags.file);
  }
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Every statement is parsed and bound against the tables as they are now.
int CheckScript(Context& context, const Flags& flags) {
  const auto session = context.lakehouse().engine().OpenSession(context.principal());
  std::vector<std::vector<std::string>> rows;
  for (const std::string& sql : SplitStatements(ReadScript(flags))) {
    query::QueryRequest request;
    request.sql = sql;
    request.principal = context.principal();
    const auto described = session->Describe(request);
    rows.push_back({std::to_string(rows.size() + 1), std::string(ToString(described.kind)), sql});
  }
  WriteTexts({{"number", CellType::kInteger}, {"kind"}, {"statement"}}, rows, flags.show.format,
             stdout);
  context.Say("nothing was run");
  return kOk;
}

int RunScript(Context& context, const Flags& flags) {
  const bool alone = flags.command.empty() && flags.file.empty();
  if (alone && isatty(STDIN_FILENO) != 0 && !flags.dry_run) return RunShell(context, flags.show);
  if (flags.dry_run) return CheckScript(context, flags);
  const std::string script = ReadScript(flags);
  const auto session = context.lakehouse().engine().OpenSession(context.principal());
  for (const std::string& sql : SplitStatements(script)) {
    RunStatement(context, *session, sql, flags.show);
  }
  return kOk;
}

}  // namespace

void AddSql(CLI::App& app, Action& action) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("sql", "run SQL statements");
  CLI::Option* text =
      command->add_option("-c,--command,statements", flags->command, "the statements");
  text->type_name("SQL");
  command->add_option("-f,--file", flags->file, "a file of statements; - is standard input")
      ->type_name("FILE")
      ->excludes(text);
  AddOutput(*command, flags->show.format);
  command->add_option("--max-rows", flags->show.max_rows, "rows that a table shows, 0 for all")
      ->type_name("N")
      ->check(WholeNumber());
  command->add_flag("--timing", flags->show.timing, "time and files read, after each statement");
  command->add_flag("--readonly", flags->show.read_only, "refuse statements that change something");
  AddDryRun(*command, flags->dry_run);
  command->footer(
      "Without -c and -f the statements come from standard input; on a terminal that is the\n"
      "shell. A script stops at its first error. DuckDB's -csv, -json, -jsonlines, -markdown,\n"
      "-readonly and -bail are understood too.\n\n"
      "Examples:\n"
      "  lakehouse sql -c \"SELECT 42 AS answer\"\n"
      "  lakehouse sql -f report.sql -o csv > report.csv");
  command->callback(
      [&action, flags] { action = [flags](Context& c) { return RunScript(c, *flags); }; });
}

}  // namespace lakehouse::cli
