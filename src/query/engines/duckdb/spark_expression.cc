#include "query/engines/duckdb/spark_expression.h"

#include <cctype>
#include <duckdb/parser/expression/case_expression.hpp>
#include <duckdb/parser/expression/cast_expression.hpp>
#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/expression/comparison_expression.hpp>
#include <duckdb/parser/expression/function_expression.hpp>
#include <duckdb/parser/expression/operator_expression.hpp>
#include <duckdb/parser/parsed_expression_iterator.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/planner/binder.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression/bound_reference_expression.hpp>
#include <duckdb/planner/expression_binder.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <map>
#include <optional>
#include <sstream>

#include "base/error.h"
#include "query/engines/duckdb/dialect/lexer.h"
#include "query/engines/duckdb/dialect/literals.h"

namespace lakehouse::query::duckdb {
namespace {

using dialect::IsOperator;
using dialect::IsWord;
using dialect::Token;
using dialect::TokenKind;
using dk::ExpressionClass;
using Parsed = dk::unique_ptr<dk::ParsedExpression>;

[[noreturn]] void Refuse(const std::string& what, const std::string& text, const std::string& why) {
  throw Error(ErrorKind::kUnsupported, "LK-3020",
              what + " cannot be kept by this engine: " + text + " (" + why + ")",
              "Write the rows with the engine that set the rule, or change the rule.");
}

/// Their results are the same in Spark and here.
constexpr char kSameFunctions[] =
    "abs ceil ceiling floor round sqrt exp ln log10 log2 power pow sign mod greatest least nullif "
    "lower upper lcase ucase length char_length character_length replace reverse repeat instr left "
    "right ascii contains trim ltrim rtrim lpad rpad translate md5 isnan array_contains "
    "year month day dayofmonth dayofyear weekofyear quarter hour minute second last_day date_trunc "
    "+ - * || ~~ !~~ like_escape not_like_escape";

/// Functions by their name in Spark.
const std::map<std::string, std::string>& SameFunctions() {
  static const std::map<std::string, std::string> same = [] {
    std::map<std::string, std::string> names;
    std::istringstream list(kSameFunctions);
    for (std::string name; list >> name;) names[name] = name;
    names["startswith"] = "starts_with";
    names["endswith"] = "ends_with";
    names["substring"] = names["substr"] = "substring";
    names["now"] = names["current_timestamp"] = names["get_current_timestamp"] = "now";
    names["current_date"] = names["curdate"] = names["today"] = "today";
    names["uuid"] = "uuid";
    names["regexp_like"] = "regexp_matches";
    return names;
  }();
  return same;
}

/// Spark's casts by name, and those of functions that are casts.
const std::map<std::string, dk::LogicalType>& CastFunctions() {
  static const std::map<std::string, dk::LogicalType> casts = {
      {"date", dk::LogicalType::DATE},
      {"to_date", dk::LogicalType::DATE},
      {"int", dk::LogicalType::INTEGER},
      {"bigint", dk::LogicalType::BIGINT},
      {"smallint", dk::LogicalType::SMALLINT},
      {"tinyint", dk::LogicalType::TINYINT},
      {"double", dk::LogicalType::DOUBLE},
      {"float", dk::LogicalType::FLOAT},
      {"string", dk::LogicalType::VARCHAR},
      {"boolean", dk::LogicalType::BOOLEAN},
      {"timestamp", dk::LogicalType::TIMESTAMP_TZ}};
  return casts;
}

/// A pattern of Java's DateTimeFormatter as one of strftime; nothing for one with other letters.
std::optional<std::string> TimePattern(const std::string& java) {
  static const std::map<std::string, std::string> fields = {
      {"yyyy", "%Y"}, {"MM", "%m"}, {"dd", "%d"}, {"HH", "%H"}, {"mm", "%M"}, {"ss", "%S"}};
  std::string pattern;
  for (size_t i = 0; i < java.size();) {
    if (std::isalpha(static_cast<unsigned char>(java[i])) == 0) {
      if (java[i] == '\'' || java[i] == '%' || java[i] == '[') return std::nullopt;
      pattern += java[i++];
      continue;
    }
    size_t end = i;
    while (end < java.size() && java[end] == java[i]) ++end;
    const auto field = fields.find(java.substr(i, end - i));
    if (field == fields.end()) return std::nullopt;
    pattern += field->second;
    i = end;
  }
  return pattern;
}

Parsed Call(const std::string& name, dk::vector<Parsed> arguments) {
  return dk::make_uniq<dk::FunctionExpression>(name, std::move(arguments));
}

Parsed Call(const std::string& name, Parsed first, Parsed second) {
  dk::vector<Parsed> arguments;
  arguments.push_back(std::move(first));
  arguments.push_back(std::move(second));
  return Call(name, std::move(arguments));
}

Parsed Constant(dk::Value value) { return dk::make_uniq<dk::ConstantExpression>(std::move(value)); }

Parsed Coalesce(dk::vector<Parsed> arguments) {
  auto made = dk::make_uniq<dk::OperatorExpression>(dk::ExpressionType::OPERATOR_COALESCE);
  made->children = std::move(arguments);
  return made;
}

Parsed NullTest(bool is_null, Parsed argument) {
  return dk::make_uniq<dk::OperatorExpression>(
      is_null ? dk::ExpressionType::OPERATOR_IS_NULL : dk::ExpressionType::OPERATOR_IS_NOT_NULL,
      std::move(argument));
}

/// Turns a parsed tree into what the engine understands as Spark would, or refuses it.
class Translator {
 public:
  Translator(const std::string& what, const std::string& text) : what_(what), text_(text) {}

  void Translate(Parsed& expression) {
    switch (expression->GetExpressionClass()) {
      case ExpressionClass::FUNCTION:
        TranslateChildren(*expression);
        expression = OfFunction(std::move(expression));
        return;
      case ExpressionClass::OPERATOR:
        CheckOperator(expression->GetExpressionType());
        break;
      case ExpressionClass::CAST:
      case ExpressionClass::CASE:
      case ExpressionClass::COLUMN_REF:
      case ExpressionClass::COMPARISON:
      case ExpressionClass::CONJUNCTION:
      case ExpressionClass::CONSTANT:
      case ExpressionClass::BETWEEN:
        break;
      default:
        Refuse(what_, text_, expression->ToString());
    }
    TranslateChildren(*expression);
  }

 private:
  void TranslateChildren(dk::ParsedExpression& expression) {
    dk::ParsedExpressionIterator::EnumerateChildren(expression,
                                                    [&](Parsed& child) { Translate(child); });
  }

  void CheckOperator(dk::ExpressionType type) {
    switch (type) {
      case dk::ExpressionType::OPERATOR_NOT:
      case dk::ExpressionType::OPERATOR_IS_NULL:
      case dk::ExpressionType::OPERATOR_IS_NOT_NULL:
      case dk::ExpressionType::OPERATOR_COALESCE:
      case dk::ExpressionType::COMPARE_IN:
      case dk::ExpressionType::COMPARE_NOT_IN:
        return;
      default:
        Refuse(what_, text_, dk::ExpressionTypeToString(type));
    }
  }

  Parsed OfFunction(Parsed given) {
    auto& call = given->Cast<dk::FunctionExpression>();
    const bool plain = call.catalog.empty() && (call.schema.empty() || call.schema == "main") &&
                       !call.distinct && !call.filter &&
                       (!call.order_bys || call.order_bys->orders.empty()) && !call.export_state;
    if (!plain) Refuse(what_, text_, call.ToString());
    const std::string name = dk::StringUtil::Lower(call.function_name);
    auto& given_arguments = call.children;
    const size_t count = given_arguments.size();
    // Nothing is divided by zero: Spark has null there, or an error.
    if ((name == "/" || name == "%" || name == "//" || name == "mod") && count == 2) {
      auto divisor = Call("nullif", std::move(given_arguments[1]), Constant(dk::Value::INTEGER(0)));
      return Call(name, std::move(given_arguments[0]), std::move(divisor));
    }
    if (name == "concat" && count > 0) return Concat(std::move(given_arguments));
    if (name == "nvl" || name == "ifnull") return Coalesce(std::move(given_arguments));
    if ((name == "isnull" || name == "isnotnull") && count == 1) {
      return NullTest(name == "isnull", std::move(given_arguments[0]));
    }
    if (name == "if" && count == 3) return Choose(std::move(given_arguments));
    if (name == "date_format" && count == 2) return FormatTime(std::move(given_arguments));
    const auto cast = CastFunctions().find(name);
    if (cast != CastFunctions().end() && count == 1) {
      return dk::make_uniq<dk::CastExpression>(cast->second, std::move(given_arguments[0]));
    }
    const auto same = SameFunctions().find(name);
    if (same == SameFunctions().end()) Refuse(what_, text_, "the function " + name);
    call.function_name = same->second;
    return given;
  }

  static Parsed Concat(dk::vector<Parsed> parts) {
    Parsed joined = std::move(parts[0]);
    for (size_t i = 1; i < parts.size(); ++i) {
      joined = Call("||", std::move(joined), std::move(parts[i]));
    }
    return dk::make_uniq<dk::CastExpression>(dk::LogicalType::VARCHAR, std::move(joined));
  }

  static Parsed Choose(dk::vector<Parsed> arguments) {
    auto made = dk::make_uniq<dk::CaseExpression>();
    dk::CaseCheck check;
    check.when_expr = std::move(arguments[0]);
    check.then_expr = std::move(arguments[1]);
    made->case_checks.push_back(std::move(check));
    made->else_expr = std::move(arguments[2]);
    return made;
  }

  Parsed FormatTime(dk::vector<Parsed> arguments) {
    const bool constant = arguments[1]->GetExpressionClass() == ExpressionClass::CONSTANT;
    const auto pattern =
        constant ? TimePattern(arguments[1]->Cast<dk::ConstantExpression>().value.ToString())
                 : std::nullopt;
    if (!pattern) Refuse(what_, text_, "the pattern of date_format");
    return Call("strftime", std::move(arguments[0]), Constant(dk::Value(*pattern)));
  }

  const std::string& what_;
  const std::string& text_;
};

/// Writes tokens in the engine's spelling.
class Speller {
 public:
  Speller(const std::string& text, const std::string& what)
      : text_(text), what_(what), tokens_(dialect::Tokenize(text)) {}

  std::string Run() {
    std::string out;
    for (size_t i = 0; i + 1 < tokens_.size();) {
      out += ' ';
      i = One(i, out);
    }
    return out;
  }

 private:
  bool Adjacent(size_t i) const { return tokens_[i].begin == tokens_[i - 1].end; }

  size_t One(size_t i, std::string& out) {
    const size_t literal = dialect::RespellLiteral(text_, tokens_, i, out);
    if (literal > i) return literal;
    const Token& token = tokens_[i];
    const Token& next = tokens_[i + 1];
    switch (token.kind) {
      case TokenKind::kBacktickName:
        out += dialect::QuoteName(token.text);
        return i + 1;
      case TokenKind::kQuotedName:
        out += Text(token.text);
        return i + 1;
      case TokenKind::kString:
        if (!token.plain) Refuse(what_, text_, "this kind of string");
        out += Text(token.text);
        return i + 1;
      case TokenKind::kNumber:
        if (next.kind == TokenKind::kWord && Adjacent(i + 1)) {
          Refuse(what_, text_, "the number " + token.text + next.text);
        }
        out += token.text;
        return i + 1;
      case TokenKind::kWord:
        return Word(i, out);
      default:
        return Operator(i, out);
    }
  }

  size_t Word(size_t i, std::string& out) {
    const Token& token = tokens_[i];
    const bool in_cast = i > 0 && (IsWord(tokens_[i - 1], "AS") || IsOperator(tokens_[i - 1], ':'));
    const bool literal =
        tokens_[i + 1].kind == TokenKind::kString || tokens_[i + 1].kind == TokenKind::kQuotedName;
    if (IsWord(token, "TIMESTAMP_NTZ") && (in_cast || literal)) {
      out += "TIMESTAMP";
    } else if (IsWord(token, "TIMESTAMP") && (in_cast || literal)) {
      out += "TIMESTAMP WITH TIME ZONE";
    } else if (IsWord(token, "DIV")) {
      out += "//";
    } else if (IsWord(token, "RLIKE") || IsWord(token, "REGEXP") || IsWord(token, "ILIKE")) {
      Refuse(what_, text_, token.text);
    } else if ((IsWord(token, "CURRENT_TIMESTAMP") || IsWord(token, "CURRENT_DATE")) &&
               !IsOperator(tokens_[i + 1], '(')) {
      out += token.text + "()";
    } else if (IsCallOfKeyword(i)) {
      // The engine's grammar has these words for itself.
      out += dialect::QuoteName(dk::StringUtil::Lower(token.text));
    } else {
      out += token.text;
    }
    return i + 1;
  }

  bool IsCallOfKeyword(size_t i) const {
    const Token& token = tokens_[i];
    return IsOperator(tokens_[i + 1], '(') &&
           (IsWord(token, "CURRENT_TIMESTAMP") || IsWord(token, "CURRENT_DATE") ||
            IsWord(token, "IF") || IsWord(token, "LEFT") || IsWord(token, "RIGHT") ||
            IsWord(token, "DATE") || IsWord(token, "TIMESTAMP") || IsWord(token, "INT") ||
            IsWord(token, "BIGINT") || IsWord(token, "SMALLINT") || IsWord(token, "FLOAT") ||
            IsWord(token, "BOOLEAN"));
  }

  size_t Operator(size_t i, std::string& out) {
    const auto is = [&](size_t at, char symbol) {
      return at + 1 < tokens_.size() && IsOperator(tokens_[at], symbol) &&
             (at == i || Adjacent(at));
    };
    if (is(i, '<') && is(i + 1, '=') && is(i + 2, '>')) {
      out += "IS NOT DISTINCT FROM";
      return i + 3;
    }
    if (is(i, '!') && !is(i + 1, '=')) {
      out += "NOT";
      return i + 1;
    }
    if (is(i, '[') || is(i, '?') || is(i, '$') || is(i, ';') || is(i, '{')) {
      Refuse(what_, text_, tokens_[i].text);
    }
    // Symbols that stand together make one operator.
    const auto joins = [&](size_t at) {
      return at + 1 < tokens_.size() && tokens_[at].kind == TokenKind::kOperator &&
             std::string_view("<>=!|:").find(tokens_[at].text[0]) != std::string_view::npos;
    };
    do {
      out += tokens_[i].text;
      ++i;
    } while (joins(i - 1) && joins(i) && Adjacent(i));
    return i;
  }

  /// A string of Spark's, in which a backslash has a meaning.
  std::string Text(const std::string& text) const {
    if (text.find('\\') != std::string::npos) Refuse(what_, text_, "a backslash in a string");
    return dk::KeywordHelper::WriteQuoted(text, '\'');
  }

  const std::string& text_;
  const std::string& what_;
  const std::vector<Token> tokens_;
};

struct RowBinder : dk::ExpressionBinder {
  using ExpressionBinder::ExpressionBinder;
  std::string UnsupportedAggregateMessage() override { return "an aggregate has no place here"; }
};

void ToReferences(dk::unique_ptr<dk::Expression>& expression) {
  if (expression->GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF) {
    const auto& column = expression->Cast<dk::BoundColumnRefExpression>();
    expression = dk::make_uniq<dk::BoundReferenceExpression>(column.return_type,
                                                             column.binding.column_index);
    return;
  }
  dk::ExpressionIterator::EnumerateChildren(
      *expression, [](dk::unique_ptr<dk::Expression>& child) { ToReferences(child); });
}

/// Texts of these types are written differently by Spark.
bool HasSameText(const dk::LogicalType& type) {
  switch (type.id()) {
    case dk::LogicalTypeId::FLOAT:
    case dk::LogicalTypeId::DOUBLE:
    case dk::LogicalTypeId::TIMESTAMP:
    case dk::LogicalTypeId::TIMESTAMP_TZ:
    case dk::LogicalTypeId::BLOB:
      return false;
    default:
      return !type.IsNested();
  }
}

void CheckTexts(const dk::Expression& expression, const std::string& what,
                const std::string& text) {
  if (expression.GetExpressionClass() == ExpressionClass::BOUND_CAST &&
      expression.return_type.id() == dk::LogicalTypeId::VARCHAR) {
    const auto& from = expression.Cast<dk::BoundCastExpression>().child->return_type;
    if (!HasSameText(from)) Refuse(what, text, "the text of a " + from.ToString());
  }
  dk::ExpressionIterator::EnumerateChildren(
      expression, [&](const dk::Expression& child) { CheckTexts(child, what, text); });
}

}  // namespace

dk::unique_ptr<dk::ParsedExpression> ParseSparkExpression(const std::string& text,
                                                          const std::string& what) {
  dk::vector<Parsed> parsed;
  try {
    const std::string sql = Speller(text, what).Run();
    parsed = dk::Parser::ParseExpressionList(sql);
  } catch (const Error& error) {
    if (error.code() == "LK-3020") throw;
    Refuse(what, text, error.message());
  } catch (const dk::Exception& error) {
    Refuse(what, text, dk::ErrorData(error).RawMessage());
  }
  if (parsed.size() != 1 || parsed[0]->HasAlias()) Refuse(what, text, "it is no single expression");
  Translator(what, text).Translate(parsed[0]);
  return std::move(parsed[0]);
}

dk::unique_ptr<dk::Expression> BindToRow(dk::ClientContext& context,
                                         const dk::ParsedExpression& parsed,
                                         const dk::vector<std::string>& names,
                                         const dk::vector<dk::LogicalType>& types,
                                         const dk::LogicalType& type, const std::string& what) {
  try {
    auto binder = dk::Binder::CreateBinder(context);
    binder->bind_context.AddGenericBinding(binder->GenerateTableIndex(), "row", names, types);
    RowBinder row(*binder, context);
    auto copy = parsed.Copy();
    auto bound = row.Bind(copy);
    ToReferences(bound);
    CheckTexts(*bound, what, parsed.ToString());
    if (type.id() == dk::LogicalTypeId::INVALID) return bound;
    return dk::BoundCastExpression::AddCastToType(context, std::move(bound), type);
  } catch (const dk::Exception& error) {
    Refuse(what, parsed.ToString(), dk::ErrorData(error).RawMessage());
  }
}

}  // namespace lakehouse::query::duckdb
