#include "test_file.h"

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace lakehouse::sqltest {
namespace {

struct Line {
  size_t number;
  std::string text;
};

std::string Replace(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

class Reader {
 public:
  explicit Reader(std::string path) : path_(std::move(path)) {}

  void Read(const std::vector<Line>& lines) {
    for (size_t i = 0; i < lines.size();) {
      std::istringstream words(lines[i].text);
      std::string directive;
      if (!(words >> directive) || directive[0] == '#') {
        ++i;
      } else if (directive == "loop") {
        i = Loop(lines, i, words);
      } else {
        i = One(lines, i, directive, words);
      }
    }
  }

  std::vector<Step> steps;

 private:
  [[noreturn]] void Fail(const Line& line, const std::string& why) const {
    throw std::runtime_error(path_ + ":" + std::to_string(line.number) + ": " + why);
  }

  size_t Loop(const std::vector<Line>& lines, size_t at, std::istringstream& words) {
    std::string name;
    int from = 0;
    int to = 0;
    if (!(words >> name >> from >> to)) Fail(lines[at], "loop needs a name, a start and an end");
    size_t end = at + 1;
    for (int depth = 1; end < lines.size(); ++end) {
      if (lines[end].text.starts_with("loop ")) ++depth;
      if (lines[end].text.starts_with("endloop") && --depth == 0) break;
    }
    if (end == lines.size()) Fail(lines[at], "loop without endloop");
    for (int value = from; value < to; ++value) {
      std::vector<Line> body(lines.begin() + at + 1, lines.begin() + end);
      for (Line& line : body)
        line.text = Replace(line.text, "${" + name + "}", std::to_string(value));
      Read(body);
    }
    return end + 1;
  }

  size_t One(const std::vector<Line>& lines, size_t at, const std::string& directive,
             std::istringstream& words) {
    Step step;
    step.line = lines[at].number;
    std::string word;
    words >> word;
    if (directive == "onlyif") {
      only_mode_ = word;
      return at + 1;
    }
    step.only_mode = std::exchange(only_mode_, "");
    if (directive == "connection" || directive == "restart" || directive == "require") {
      step.kind = directive == "connection" ? Step::kConnection
                  : directive == "restart"  ? Step::kRestart
                                            : Step::kRequire;
      step.argument = word;
      steps.push_back(step);
      return at + 1;
    }
    if (directive == "statement" && word == "error") {
      step.kind = Step::kError;
      words >> step.argument;
    } else if (directive == "query") {
      step.kind = Step::kQuery;
      while (words >> word) {
        step.sorted = step.sorted || word == "rowsort";
        step.contains = step.contains || word == "contains";
      }
    } else if (directive != "statement" || word != "ok") {
      Fail(lines[at], "unknown directive " + directive + " " + word);
    }
    size_t next = at + 1;
    for (; next < lines.size() && !lines[next].text.empty() && lines[next].text != "----"; ++next) {
      step.sql += (step.sql.empty() ? "" : "\n") + lines[next].text;
    }
    if (step.sql.empty()) Fail(lines[at], "there is no statement");
    if (step.kind == Step::kQuery) {
      if (next == lines.size() || lines[next].text != "----") Fail(lines[at], "a query needs ----");
      for (++next; next < lines.size() && !lines[next].text.empty(); ++next) {
        step.rows.push_back(lines[next].text);
      }
    }
    steps.push_back(step);
    return next;
  }

  std::string path_;
  std::string only_mode_;  ///< of the next step
};

/// The examples of a page: each block ```sql is a statement. A block ```text right behind it has
/// its rows, with " | " between the columns; a block ```error begins with the code.
class PageReader {
 public:
  void Read(const std::vector<Line>& lines) {
    for (size_t i = 0; i < lines.size(); ++i) {
      if (!lines[i].text.starts_with("```")) continue;
      const std::string language = lines[i].text.substr(3);
      const size_t first = ++i;
      while (i < lines.size() && lines[i].text != "```") ++i;
      Block(language, std::vector<Line>(lines.begin() + first, lines.begin() + i));
    }
  }

  std::vector<Step> steps;

 private:
  void Block(const std::string& language, const std::vector<Line>& body) {
    if (body.empty()) return;
    if (language == "sql") {
      Step step;
      step.line = body.front().number;
      for (const Line& line : body) step.sql += (step.sql.empty() ? "" : "\n") + line.text;
      if (step.sql.ends_with(';')) step.sql.pop_back();
      steps.push_back(std::move(step));
    } else if (language == "text" && !steps.empty()) {
      steps.back().kind = Step::kQuery;
      for (const Line& line : body) steps.back().rows.push_back(Replace(line.text, " | ", "\t"));
    } else if (language == "error" && !steps.empty()) {
      steps.back().kind = Step::kError;
      steps.back().argument = body.front().text.substr(0, body.front().text.find_first_of(": "));
    }
  }
};

}  // namespace

std::vector<Step> ReadTestFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  std::vector<Line> lines;
  for (std::string text; std::getline(file, text);) lines.push_back({lines.size() + 1, text});
  if (path.ends_with(".md")) {
    PageReader page;
    page.Read(lines);
    return std::move(page.steps);
  }
  Reader reader(path);
  reader.Read(lines);
  return std::move(reader.steps);
}

}  // namespace lakehouse::sqltest
