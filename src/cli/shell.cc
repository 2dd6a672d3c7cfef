#include "cli/shell.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// After <cstdio>, which it needs.
#include <editline/readline.h>

#include "base/error.h"
#include "base/suggest.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/shell_completion.h"
#include "cli/statement.h"
#include "query/engines/duckdb/dialect/dialect.h"

namespace lakehouse::cli {
namespace {

namespace fs = std::filesystem;
using query::duckdb::dialect::SplitStatements;

constexpr int kMaxHistory = 5000;
constexpr char kHelp[] =
    "Statements end with ;  Commands:\n"
    "  .help              this text\n"
    "  .tables [SCHEMA]   tables and views\n"
    "  .schemas           schemas\n"
    "  .schema TABLE      the CREATE TABLE statement of a table\n"
    "  .mode FORMAT       table, json, jsonl, csv, md or arrow\n"
    "  .timing on|off     time and files read after each statement\n"
    "  .maxrows N         rows that a table shows; 0 for all\n"
    "  .read FILE         run the statements of a file\n"
    "  .explain LK-nnnn   explain an error code\n"
    "  .history           what was typed before\n"
    "  .quit              leave (or Ctrl-D)\n"
    "Ctrl-C cancels the running statement.\n";

/// XDG_STATE_HOME/lakehouse/history, made for the user only.
fs::path HistoryFile() {
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  if (state == nullptr && home == nullptr) return {};
  const fs::path folder =
      (state != nullptr ? fs::path(state) : fs::path(home) / ".local/state") / "lakehouse";
  std::error_code failure;
  fs::create_directories(folder, failure);
  return failure ? fs::path() : folder / "history";
}

constexpr int kLookForSignalsMs = 100;

enum class Typed { kLine, kEnd, kInterrupted };

volatile std::sig_atomic_t dropped = 0;

void DropLine(int) { dropped = 1; }

/// The next character for libedit. Ctrl-C ends the line, which ReadLine then forgets: libedit's own
/// way of reading would go on with it.
int ReadKey(FILE*) {
  static std::mbstate_t state{};
  while (dropped == 0) {
    // Signals come through libedit's own handlers, after which a read would go on; and one may come
    // just before the wait, or to another thread.
    pollfd keyboard{STDIN_FILENO, POLLIN, 0};
    if (poll(&keyboard, 1, kLookForSignalsMs) <= 0) continue;
    char byte = 0;
    const ssize_t got = read(STDIN_FILENO, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return -1;
    wchar_t character = 0;
    const size_t used = std::mbrtowc(&character, &byte, 1, &state);
    if (used == static_cast<size_t>(-2)) continue;  // the rest of it comes
    if (used == static_cast<size_t>(-1)) {
      state = {};
      continue;
    }
    return static_cast<int>(character);
  }
  return '\n';
}

Typed ReadLine(const char* prompt, std::string& line) {
  dropped = 0;
  struct sigaction drop{};
  struct sigaction before{};
  drop.sa_handler = DropLine;
  sigaction(SIGINT, &drop, &before);
  const std::unique_ptr<char, decltype(&std::free)> typed(readline(prompt), std::free);
  sigaction(SIGINT, &before, nullptr);
  if (dropped != 0) return Typed::kInterrupted;
  if (!typed) return Typed::kEnd;
  line = typed.get();
  return Typed::kLine;
}

class Shell;
/// libedit's completion is a plain function; there is one shell in a process.
Shell* running = nullptr;

class Shell {
 public:
  Shell(Context& context, const ShowOptions& options)
      : context_(context),
        session_(context.lakehouse().engine().OpenSession(context.principal())),
        history_(HistoryFile()),
        options_(options) {
    if (options_.max_rows == 0) options_.max_rows = 100;
    options_.timing = true;
  }

  int Run() {
    running = this;
    rl_readline_name = "lakehouse";
    rl_getc_function = ReadKey;
    if (std::setlocale(LC_CTYPE, "") == nullptr || MB_CUR_MAX == 1) {
      std::setlocale(LC_CTYPE, "C.UTF-8");  // names and texts are UTF-8 wherever we run
    }
    rl_attempted_completion_function = CompleteWord;
    using_history();
    stifle_history(kMaxHistory);
    if (!history_.empty()) read_history(history_.c_str());
    context_.Say("lakehouse " + std::string(Version()) + ". Type .help for help, .quit to leave.");
    std::string text;
    std::string line;
    while (!done_) {
      const Typed typed = ReadLine(text.empty() ? "lakehouse> " : "      ...> ", line);
      if (typed == Typed::kEnd) break;
      if (typed == Typed::kInterrupted && text.empty()) context_.Say(".quit or Ctrl-D leaves");
      if (typed == Typed::kInterrupted) text.clear();
      if (typed == Typed::kLine) Take(line, text);
    }
    std::fputc('\n', stderr);
    running = nullptr;
    return kOk;
  }

  std::vector<std::string> Candidates(const std::string& word) {
    return Complete(context_.lakehouse(), context_.principal(), session_->current_schema(), word);
  }

 private:
  static char* NextCandidate(const char* word, int state) {
    static std::vector<std::string> candidates;
    if (state == 0) candidates = running->Candidates(word);
    if (static_cast<size_t>(state) >= candidates.size()) return nullptr;
    return strdup(candidates[static_cast<size_t>(state)].c_str());
  }
  static char** CompleteWord(const char* word, int, int) {
    rl_attempted_completion_over = 1;  // file names are no part of SQL
    return running == nullptr ? nullptr : rl_completion_matches(word, NextCandidate);
  }

  void Take(const std::string& line, std::string& text) {
    if (text.empty() && line.find_first_not_of(" \t") == std::string::npos) return;
    if (text.empty() && line[0] == '.') {
      Remember(line);
      Guarded([&] { Command(line); });
      return;
    }
    text += (text.empty() ? "" : "\n") + line;
    const size_t last = text.find_last_not_of(" \t\n");
    if (last == std::string::npos || text[last] != ';') return;
    Remember(text);
    const std::string script = std::exchange(text, {});
    Guarded([&] {
      for (const std::string& sql : SplitStatements(script)) {
        RunStatement(context_, *session_, sql, options_);
      }
    });
  }

  template <typename Work>
  void Guarded(Work work) {
    try {
      work();
    } catch (...) {
      Report(CurrentError(), ".explain");
    }
  }

  void Remember(std::string text) {
    for (char& c : text) c = c == '\n' ? ' ' : c;
    add_history(text.c_str());
    if (history_.empty()) return;
    const mode_t before = umask(0077);
    write_history(history_.c_str());
    umask(before);
  }

  void Sql(const std::string& sql) { RunStatement(context_, *session_, sql, options_); }

  void Command(const std::string& line) {
    const size_t space = line.find(' ');
    const std::string name = line.substr(1, space == std::string::npos ? space : space - 1);
    std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
    while (!rest.empty() && (rest.back() == ' ' || rest.back() == ';')) rest.pop_back();
    if (name == "quit" || name == "exit") {
      done_ = true;
    } else if (name == "help") {
      std::fputs(kHelp, stdout);
    } else if (name == "tables") {
      Sql(rest.empty() ? "SHOW TABLES" : "SHOW TABLES IN " + rest);
    } else if (name == "schemas") {
      Sql("SHOW SCHEMAS");
    } else if (name == "schema") {
      Sql("SHOW CREATE TABLE " + rest);
    } else if (name == "mode") {
      if (!rest.empty()) options_.format = ParseFormat(rest);
    } else if (name == "timing") {
      options_.timing = rest != "off";
    } else if (name == "maxrows") {
      options_.max_rows = std::max(0L, std::strtol(rest.c_str(), nullptr, 10));
    } else if (name == "read") {
      ReadFile(rest);
    } else if (name == "history") {
      for (int i = history_base; HIST_ENTRY* entry = history_get(i); ++i) {
        std::printf("%s\n", entry->line);
      }
    } else if (name == "explain") {
      ExplainCode(rest);
    } else {
      static const std::vector<std::string> known = {"help",    "tables",  "schemas", "schema",
                                                     "mode",    "timing",  "maxrows", "read",
                                                     "explain", "history", "quit"};
      throw Error(ErrorKind::kInvalidArgument, "LK-9010", "there is no command ." + name,
                  DidYouMean(name, known) + " .help lists them.");
    }
  }

  void ReadFile(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw Error(ErrorKind::kNotFound, "LK-9007", "cannot read the SQL file " + file);
    const std::string script{std::istreambuf_iterator<char>(in), {}};
    for (const std::string& sql : SplitStatements(script)) Sql(sql);
  }

  Context& context_;
  const std::unique_ptr<query::Session> session_;
  const fs::path history_;
  ShowOptions options_;
  bool done_ = false;
};

}  // namespace

int RunShell(Context& context, const ShowOptions& options) { return Shell(context, options).Run(); }

}  // namespace lakehouse::cli
