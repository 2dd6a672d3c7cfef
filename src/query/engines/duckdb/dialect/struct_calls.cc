#include "query/engines/duckdb/dialect/struct_calls.h"

#include <algorithm>

namespace lakehouse::query::duckdb::dialect {
namespace {

bool Opens(const Token& token) {
  return IsOperator(token, '(') || IsOperator(token, '[') || IsOperator(token, '{');
}

bool Closes(const Token& token) {
  return IsOperator(token, ')') || IsOperator(token, ']') || IsOperator(token, '}');
}

bool IsName(const Token& token) {
  return token.kind == TokenKind::kWord || token.kind == TokenKind::kQuotedName ||
         token.kind == TokenKind::kBacktickName;
}

class Finder {
 public:
  Finder(const std::vector<Token>& tokens, size_t last) : tokens_(tokens), last_(last) {}

  std::map<size_t, StructCall> Run(size_t first) {
    std::vector<bool> casts;  // for each open parenthesis: is it that of a cast?
    for (size_t i = first; i < last_; ++i) {
      const Token& token = tokens_[i];
      if (IsOperator(token, '(')) {
        casts.push_back(i > first &&
                        (IsWord(tokens_[i - 1], "CAST") || IsWord(tokens_[i - 1], "TRY_CAST")));
      } else if (IsOperator(token, ')') && !casts.empty()) {
        casts.pop_back();
      } else if (IsWord(token, "STRUCT") && IsOperator(tokens_[i + 1], '(') && IsCall(first, i)) {
        calls_[i] = CallAt(i);
      }
      const bool behind = IsOperator(token, ':') && i > first && IsOperator(tokens_[i - 1], ':');
      const bool in_cast = IsWord(token, "AS") && !casts.empty() && casts.back();
      // Types, also those in them, have no calls.
      if ((behind || in_cast) && i + 2 < last_ && IsOperator(tokens_[i + 2], '(')) {
        i = Close(i + 2);
      }
    }
    return std::move(calls_);
  }

 private:
  bool IsCall(size_t first, size_t i) const {
    return i == first || !(IsOperator(tokens_[i - 1], '.') || IsWord(tokens_[i - 1], "AS"));
  }

  /// The token that closes what opens at `i`, or the last one. All are looked up at once, for what
  /// is nested deep would be walked again and again.
  size_t Close(size_t i) {
    if (closes_.empty()) {
      closes_.assign(last_, last_ - 1);
      std::vector<size_t> open;
      for (size_t at = 0; at < last_; ++at) {
        if (Opens(tokens_[at])) open.push_back(at);
        if (!Closes(tokens_[at]) || open.empty()) continue;
        closes_[open.back()] = at;
        open.pop_back();
      }
    }
    return closes_[i];
  }

  StructCall CallAt(size_t i) {
    StructCall call;
    const size_t close = Close(i + 1);
    for (size_t at = i + 2, begin = at; at <= close; ++at) {
      const bool ends = at == close || IsOperator(tokens_[at], ',');
      if (ends && at > begin) call.arguments.push_back(Argument(call, begin, at));
      if (ends) begin = at + 1;
      if (Opens(tokens_[at])) at = Close(at);
    }
    return call;
  }

  StructCall::Argument Argument(const StructCall& call, size_t first, size_t end) const {
    StructCall::Argument argument{first, end, end, ""};
    if (end - first > 2 && IsWord(tokens_[end - 2], "AS") && IsName(tokens_[end - 1])) {
      argument.last = end - 2;
      argument.name = tokens_[end - 1].text;
      return argument;
    }
    if (end - first > 3 && IsName(tokens_[first]) && IsOperator(tokens_[first + 1], ':') &&
        IsOperator(tokens_[first + 2], '=')) {
      return argument;
    }
    bool column = IsName(tokens_[end - 1]) && (end - first) % 2 == 1;
    for (size_t i = first + 1; i < end; i += 2) {
      column = column && IsOperator(tokens_[i], '.') && IsName(tokens_[i - 1]);
    }
    column = column && !IsWord(tokens_[first], "NULL") && !IsWord(tokens_[first], "TRUE") &&
             !IsWord(tokens_[first], "FALSE");
    argument.name =
        column ? tokens_[end - 1].text : "col" + std::to_string(call.arguments.size() + 1);
    return argument;
  }

  const std::vector<Token>& tokens_;
  const size_t last_;
  std::vector<size_t> closes_;  ///< by the token that opens; empty: not yet asked for
  std::map<size_t, StructCall> calls_;
};

}  // namespace

std::map<size_t, StructCall> FindStructCalls(const std::vector<Token>& tokens, size_t first,
                                             size_t last) {
  return Finder(tokens, last).Run(first);
}

}  // namespace lakehouse::query::duckdb::dialect
