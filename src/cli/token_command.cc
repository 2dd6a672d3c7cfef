#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/config_value.h"
#include "base/error.h"
#include "catalog/tokens.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/subcommands.h"

namespace lakehouse::cli {
namespace {

struct Flags {
  std::string principal;
  std::vector<std::string> roles;
  std::string description;
  std::string lifetime;
  std::string id;
  Format format = Format::kTable;
  bool dry_run = false;
  bool yes = false;
};

int64_t Milliseconds(const std::string& lifetime) {
  if (lifetime.empty() || lifetime == "never") return 0;
  const int64_t milliseconds = ParseDurationMs(lifetime).value_or(0);
  if (milliseconds <= 0) {
    throw Error(ErrorKind::kInvalidArgument, "LK-1002",
                "--expires is '" + lifetime + "', which is not a duration",
                "Write 30d, 12h or the like, or never.");
  }
  return milliseconds;
}

int Create(Context& context, const Flags& flags) {
  if (flags.dry_run) {
    Milliseconds(flags.lifetime);
    context.Say("would make a token of the principal " + flags.principal);
    return kOk;
  }
  const auto made = catalog::Tokens(context.lakehouse().lake())
                        .Create(context.principal(), flags.principal, flags.roles,
                                flags.description, Milliseconds(flags.lifetime));
  context.Say("token " + made.record.id + " of the principal " + made.record.principal +
              ", shown this once:");
  std::printf("%s\n", made.token.c_str());
  return kOk;
}

int List(Context& context, const Flags& flags) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& token : catalog::Tokens(context.lakehouse().lake()).List(context.principal())) {
    rows.push_back({token.id, token.principal, token.roles, token.description,
                    FormatTimestampMs(token.created_ms),
                    token.expires_ms > 0 ? FormatTimestampMs(token.expires_ms) : "never"});
  }
  WriteTexts({{"id"}, {"principal"}, {"roles"}, {"description"}, {"created"}, {"expires"}}, rows,
             flags.format, stdout);
  return kOk;
}

int Revoke(Context& context, const Flags& flags) {
  if (flags.dry_run) {
    context.Say("would take back the token " + flags.id);
    return kOk;
  }
  if (!context.Confirm("take back the token " + flags.id, flags.yes)) return kFailed;
  catalog::Tokens(context.lakehouse().lake()).Delete(context.principal(), flags.id);
  context.Say("token " + flags.id + " is not valid any more");
  return kOk;
}

}  // namespace

void AddToken(CLI::App& app, Action& action) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("token", "make and take back the server's bearer tokens");
  const Subcommands add(*command, action, flags);
  CLI::App* create = add("create", "a token for a principal; it is shown once", Create);
  create->add_option("principal", flags->principal, "who its holder is")->required();
  create->add_option("--role", flags->roles, "a role, such as admin; may be repeated");
  create->add_option("--description", flags->description, "what it is for");
  AddDryRun(*create, flags->dry_run);
  create->add_option("--expires", flags->lifetime, "30d, 12h, ... or never (the default)");
  AddOutput(*add("list", "every token, without its secret", List), flags->format);
  CLI::App* revoke = add("revoke", "take a token back", Revoke);
  revoke->add_option("id", flags->id, "its id, or the start of it")->required();
  AddDryRun(*revoke, flags->dry_run);
  AddYes(*revoke, flags->yes);
}

}  // namespace lakehouse::cli
