#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "base/error.h"
#include "base/error_pages.h"
#include "base/suggest.h"
#include "base/version.h"
#include "cli/commands.h"

namespace lakehouse::cli {
int ExplainCode(std::string code) {
  for (char& c : code) c = static_cast<char>(std::toupper(c));
  if (code.rfind("LK-", 0) != 0) code = "LK-" + code;
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
              DidYouMean(code, known));
}

void AddVersion(CLI::App& app, Action& action) {
  app.add_subcommand("version", "print the version")->callback([&action] {
    action = [](Context&) {
      std::printf("lakehouse %s\n", std::string(Version()).c_str());
      return kOk;
    };
  });
}

void AddExplain(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("explain", "explain an error code, such as LK-2012");
  auto code = std::make_shared<std::string>();
  command->add_option("code", *code, "the code")->required();
  command->callback([&action, code] { action = [code](Context&) { return ExplainCode(*code); }; });
}

}  // namespace lakehouse::cli
