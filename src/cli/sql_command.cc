#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/statement.h"
#include "query/engines/duckdb/dialect/dialect.h"

namespace lakehouse::cli {
namespace {

struct Flags {
  std::string command;
  std::string file;
  std::string format = "table";
  int64_t max_rows = 0;
  bool timing = false;
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

int RunScript(Context& context, const Flags& flags) {
  const ShowOptions options{ParseFormat(flags.format), flags.max_rows, flags.timing};
  const std::string script = ReadScript(flags);
  const auto session = context.lakehouse().engine().OpenSession(context.principal());
  for (const std::string& sql : query::duckdb::dialect::SplitStatements(script)) {
    RunStatement(context, *session, sql, options);
  }
  std::fflush(stdout);
  return kOk;
}

}  // namespace

void AddSql(CLI::App& app, Action& action) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("sql", "run SQL statements");
  command->add_option("-c,--command", flags->command, "the statements");
  command->add_option("-f,--file", flags->file, "a file of statements; - is standard input");
  command->add_option("-o,--output", flags->format, "table, json, jsonl, csv, md or arrow");
  command->add_option("--max-rows", flags->max_rows, "rows that a table shows, 0 for all")
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--timing", flags->timing, "time and files read, after each statement");
  command->callback(
      [&action, flags] { action = [flags](Context& c) { return RunScript(c, *flags); }; });
}

}  // namespace lakehouse::cli
