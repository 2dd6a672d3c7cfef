#include <CLI/CLI.hpp>
#include <cctype>
#include <cstdio>
#include <string>

#include "base/error.h"
#include "base/error_pages.h"
#include "base/suggest.h"
#include "cli/commands.h"
#include "cli/options.h"

namespace lakehouse::cli {
namespace {

int ListCodes(Format format) {
  std::vector<std::vector<std::string>> rows;
  for (const ErrorPage& page : ErrorPages()) {
    rows.push_back({std::string(page.code), std::string(page.title)});
  }
  WriteTexts({{"code"}, {"title"}}, rows, format, stdout);
  return kOk;
}

}  // namespace

int ExplainCode(std::string code) {
  for (char& c : code) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (!code.starts_with("LK-")) code = "LK-" + code;
  std::vector<std::string> known;
  for (const ErrorPage& page : ErrorPages()) {
    if (page.code == code) {
      std::printf("%s: %s\n\n%s\n", code.c_str(), std::string(page.title).c_str(),
                  std::string(page.body).c_str());
      return kOk;
    }
    known.emplace_back(page.code);
  }
  throw Error(ErrorKind::kNotFound, "LK-9005", "there is no error code " + code,
              DidYouMean(code, known) + " lakehouse explain lists all of them.");
}

void AddExplain(CLI::App& app, Action& action) {
  struct Flags {
    std::string code;
    Format format = Format::kTable;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("explain", "explain an error code; alone, list them");
  command->add_option("code", flags->code, "the code, such as LK-2012 or 2012")->type_name("");
  AddOutput(*command, flags->format);
  command->footer("Example:\n  lakehouse explain LK-2012");
  command->callback([&action, flags] {
    action = [flags](Context&) {
      return flags->code.empty() ? ListCodes(flags->format) : ExplainCode(flags->code);
    };
  });
}

}  // namespace lakehouse::cli
