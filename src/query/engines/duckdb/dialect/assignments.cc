#include "query/engines/duckdb/dialect/assignments.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace lakehouse::query::duckdb::dialect {
namespace {

bool IsName(const Token& token) {
  return token.kind == TokenKind::kWord || token.kind == TokenKind::kQuotedName ||
         token.kind == TokenKind::kBacktickName;
}

bool SameName(const std::string& a, const std::string& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return std::tolower(static_cast<unsigned char>(x)) ==
                  std::tolower(static_cast<unsigned char>(y));
         });
}

class Walk {
 public:
  Walk(const std::string& sql, const std::vector<Token>& tokens) : out_(sql), tokens_(tokens) {}

  std::string Run() {
    const bool update = IsWord(At(0), "UPDATE");
    const bool merge = IsWord(At(0), "MERGE");
    if (!update && !merge) return out_;
    size_t at = Target(merge && IsWord(At(1), "INTO") ? 2 : 1);
    if (target_.empty()) return out_;
    for (; at < tokens_.size(); ++at) Step(at, merge);
    for (auto star = stars_.rbegin(); star != stars_.rend(); ++star) {
      out_.replace(star->first, star->second - star->first, "BY NAME");
    }
    return out_;
  }

 private:
  const Token& At(size_t i) const { return tokens_[std::min(i, tokens_.size() - 1)]; }

  /// Reads a.b.name [[AS] alias] and returns what is after it.
  size_t Target(size_t at) {
    if (!IsName(At(at))) return at;
    while (IsOperator(At(at + 1), '.') && IsName(At(at + 2))) at += 2;
    target_ = At(at).text;
    size_t alias = at + 1;
    if (IsWord(At(alias), "AS")) ++alias;
    const bool none = IsWord(At(alias), "SET") || IsWord(At(alias), "USING");
    if (none || !IsName(At(alias))) return at + 1;
    target_ = At(alias).text;
    return alias + 1;
  }

  void Step(size_t at, bool merge) {
    const Token& token = At(at);
    if (IsOperator(token, '(')) ++depth_;
    if (IsOperator(token, ')')) --depth_;
    if (depth_ > 0) return;
    if (merge && Star(at)) return;
    if (IsWord(token, "SET") && (!merge || IsWord(At(at - 1), "UPDATE"))) {
      assigns_ = true;
      return Assignment(at + 1);
    }
    if (IsWord(token, "WHERE") || IsWord(token, "FROM") || IsWord(token, "WHEN")) assigns_ = false;
    if (assigns_ && IsOperator(token, ',')) Assignment(at + 1);
  }

  /// UPDATE SET * and INSERT *
  bool Star(size_t at) {
    const bool set = IsWord(At(at), "SET") && IsWord(At(at - 1), "UPDATE");
    const bool insert = IsWord(At(at), "INSERT") && IsWord(At(at - 1), "THEN");
    if (!(set || insert) || !IsOperator(At(at + 1), '*')) return false;
    stars_.emplace_back(At(set ? at : at + 1).begin, At(at + 1).end);
    return true;
  }

  void Assignment(size_t at) {
    const bool qualified = IsName(At(at)) && SameName(At(at).text, target_) &&
                           IsOperator(At(at + 1), '.') && IsName(At(at + 2)) &&
                           IsOperator(At(at + 3), '=');
    if (!qualified) return;
    for (size_t i = At(at).begin; i < At(at + 1).end; ++i) {
      if (out_[i] != '\n') out_[i] = ' ';
    }
  }

  std::string out_;
  const std::vector<Token>& tokens_;
  std::vector<std::pair<size_t, size_t>> stars_;  ///< bytes, in order
  std::string target_;
  int depth_ = 0;
  bool assigns_ = false;
};

}  // namespace

std::string WithPlainAssignments(const std::string& sql, const std::vector<Token>& tokens) {
  return Walk(sql, tokens).Run();
}

}  // namespace lakehouse::query::duckdb::dialect
