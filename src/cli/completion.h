#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace lakehouse::cli {

/// The hidden command that the completion scripts of `lakehouse completions` call with the words so
/// far, the last one being completed (and perhaps empty).
inline constexpr char kCompletionCommand[] = "__complete";

/// One candidate a line, "name<TAB>description"; the line ":files" asks the shell for file names.
/// Never fails and never makes anything: what cannot be found out is left out.
int PrintCompletions(const CLI::App& root, const std::vector<std::string>& words);

}  // namespace lakehouse::cli
