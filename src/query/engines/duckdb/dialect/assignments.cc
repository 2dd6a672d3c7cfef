#include "query/engines/duckdb/dialect/assignments.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace lakehouse::query::duckdb::dialect {
namespace {

constexpr char kFieldMark = '\x1f';

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
  Walk(const std::string& sql, const std::vector<Token>& tokens, std::vector<FieldTarget>& fields)
      : sql_(sql), tokens_(tokens), fields_(fields) {}

  std::string Run() {
    size_t at = 0;
    if (IsWord(At(at), "EXPLAIN")) ++at;
    if (IsWord(At(at), "ANALYZE")) ++at;
    const bool merge = IsWord(At(at), "MERGE");
    if (!merge && !IsWord(At(at), "UPDATE")) return sql_;
    at = Target(merge && IsWord(At(at + 1), "INTO") ? at + 2 : at + 1);
    if (target_.empty()) return sql_;
    for (; at < tokens_.size(); ++at) Step(at, merge);
    std::string out = sql_;
    for (auto edit = edits_.rbegin(); edit != edits_.rend(); ++edit) {
      out.replace(edit->begin, edit->end - edit->begin, edit->text);
    }
    return out;
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
    if (merge && depth_ == 0 && IsWord(token, "INSERT") && IsOperator(At(at + 1), '(')) {
      Columns(at + 2);
    }
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
    edits_.push_back({At(set ? at : at + 1).begin, At(at + 1).end, "BY NAME"});
    return true;
  }

  /// INSERT (t.a, t.b)
  void Columns(size_t at) {
    for (; IsName(At(at)); ++at) {
      if (SameName(At(at).text, target_) && IsOperator(At(at + 1), '.') && IsName(At(at + 2))) {
        Blank(At(at).begin, At(at + 1).end);
        at += 2;
      }
      if (!IsOperator(At(++at), ',')) return;
    }
  }

  /// a = .., t.a = .., a.b.c = ..
  void Assignment(size_t at) {
    size_t last = at;
    while (IsName(At(last)) && IsOperator(At(last + 1), '.') && IsName(At(last + 2))) last += 2;
    if (last == at || !IsOperator(At(last + 1), '=')) return;
    if (SameName(At(at).text, target_)) {
      Blank(At(at).begin, At(at + 1).end);
      at += 2;
    }
    if (last > at) Field(at, last);
  }

  void Blank(size_t begin, size_t end) {
    std::string text = sql_.substr(begin, end - begin);
    std::replace_if(text.begin(), text.end(), [](char c) { return c != '\n'; }, ' ');
    edits_.push_back({begin, end, std::move(text)});
  }

  void Field(size_t first, size_t last) {
    FieldTarget field;
    for (size_t i = first; i <= last; i += 2) field.path.push_back(At(i).text);
    const std::string place = Position(sql_, At(first).begin);
    const size_t colon = place.find(':');
    field.place = " (line " + place.substr(0, colon) + ", column " + place.substr(colon + 1) + ")";
    edits_.push_back({At(first).begin, At(last).end, QuoteName(FieldColumn(fields_.size()))});
    fields_.push_back(std::move(field));
  }

  /// Another text for the bytes [begin, end).
  struct Edit {
    size_t begin = 0;
    size_t end = 0;
    std::string text;
  };

  const std::string& sql_;
  const std::vector<Token>& tokens_;
  std::vector<FieldTarget>& fields_;
  std::vector<Edit> edits_;  ///< in order
  std::string target_;
  int depth_ = 0;
  bool assigns_ = false;
};

}  // namespace

std::string FieldColumn(size_t index) { return kFieldMark + std::to_string(index); }

std::optional<size_t> FieldIndex(const std::string& column) {
  if (column.empty() || column[0] != kFieldMark) return std::nullopt;
  size_t index = 0;
  const char* end = column.data() + column.size();
  const auto [at, failed] = std::from_chars(column.data() + 1, end, index);
  if (failed != std::errc() || at != end) return std::nullopt;
  return index;
}

std::string WithPlainAssignments(const std::string& sql, const std::vector<Token>& tokens,
                                 std::vector<FieldTarget>& fields) {
  return Walk(sql, tokens, fields).Run();
}

}  // namespace lakehouse::query::duckdb::dialect
