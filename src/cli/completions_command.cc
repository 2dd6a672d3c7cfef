#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <string>

#include "base/error.h"
#include "base/suggest.h"
#include "cli/commands.h"

namespace lakehouse::cli {
namespace {

// The scripts ask the program itself (see completion.h), so they know tables, jobs and settings and
// never grow old. Without a candidate they fall back to file names only where the program says so.

constexpr char kBash[] = R"(# bash completion of lakehouse; load it with:
#   source <(lakehouse completions bash)
_lakehouse() {
  local current=${COMP_LINE:0:COMP_POINT} words=() line candidates=()
  # bash cuts words at '=' and ':'; the program wants them whole.
  read -ra words <<<"$current"
  [[ $current == *[[:space:]] ]] && words+=("")
  local word=${words[-1]} cut=""
  [[ $word == *=* ]] && cut=${word%%=*}=
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do candidates+=("$line"); done < <(compgen -f -- "$word")
    else
      line=${line%%$'\t'*}
      candidates+=("${line#"$cut"}")
    fi
  done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
  COMPREPLY=("${candidates[@]}")
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -F _lakehouse lakehouse
)";

constexpr char kZsh[] = R"(#compdef lakehouse
# zsh completion of lakehouse; load it with:
#   source <(lakehouse completions zsh)
_lakehouse() {
  local line name
  local -a described
  for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -z $line ]] && continue
    if [[ $line == :files ]]; then
      _files
      continue
    fi
    name=${line%%$'\t'*}
    if [[ $line == *$'\t'* ]]; then
      described+=("${name//:/\\:}:${line#*$'\t'}")
    else
      described+=("${name//:/\\:}")
    fi
  done
  _describe 'lakehouse' described
}
if [[ $funcstack[1] == _lakehouse ]]; then
  _lakehouse "$@"
else
  compdef _lakehouse lakehouse
fi
)";

constexpr char kFish[] = R"(# fish completion of lakehouse; load it with:
#   lakehouse completions fish | source
function __lakehouse_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete $words[2..] "$current" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c lakehouse -f -a '(__lakehouse_complete)'
)";

int Print(const std::string& shell) {
  static const std::map<std::string, const char*> scripts = {
      {"bash", kBash}, {"fish", kFish}, {"zsh", kZsh}};
  const auto found = scripts.find(shell);
  if (found == scripts.end()) {
    const std::vector<std::string> names = {"bash", "zsh", "fish"};
    throw Error(ErrorKind::kInvalidArgument, "LK-9001", "there are no completions for " + shell,
                DidYouMean(shell, names) + " There are bash, zsh and fish.");
  }
  std::fputs(found->second, stdout);
  return kOk;
}

}  // namespace

void AddCompletions(CLI::App& app, Action& action) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("completions", "print the completion script of bash, zsh or fish");
  command->add_option("shell", *shell, "bash, zsh or fish")->type_name("")->required();
  command->footer(
      "Commands, options, formats, settings, tables and jobs are completed.\n\n"
      "Examples:\n"
      "  source <(lakehouse completions bash)\n"
      "  lakehouse completions fish > ~/.config/fish/completions/lakehouse.fish");
  command->callback([&action, shell] { action = [shell](Context&) { return Print(*shell); }; });
}

}  // namespace lakehouse::cli
