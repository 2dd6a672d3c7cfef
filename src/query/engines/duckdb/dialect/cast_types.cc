#include "query/engines/duckdb/dialect/cast_types.h"

#include "query/engines/duckdb/dialect/cursor.h"

namespace lakehouse::query::duckdb::dialect {
namespace {

using storage::DataType;
using storage::TypeId;

std::string Spelled(const DataType& type) {
  switch (type.id()) {
    case TypeId::kByte:
      return "TINYINT";
    case TypeId::kBinary:
      return "BLOB";
    case TypeId::kTimestamp:
      return "TIMESTAMP WITH TIME ZONE";
    case TypeId::kTimestampNtz:
      return "TIMESTAMP";
    case TypeId::kArray:
      return Spelled(*type.fields()[0].type) + "[]";
    case TypeId::kMap:
      return "MAP(" + Spelled(*type.fields()[0].type) + ", " + Spelled(*type.fields()[1].type) +
             ")";
    case TypeId::kStruct: {
      std::string fields;
      for (const auto& field : type.fields()) {
        fields += (fields.empty() ? "" : ", ") + QuoteName(field.name) + " " + Spelled(*field.type);
      }
      return "STRUCT(" + fields + ")";
    }
    default:
      return type.ToString();
  }
}

/// Is the type at `i` one of Spark's alone?
bool IsSparks(const std::vector<Token>& tokens, size_t i) {
  const Token& type = tokens[i];
  if (IsWord(type, "BYTE") || IsWord(type, "TIMESTAMP_NTZ") || IsWord(type, "TIMESTAMP_LTZ")) {
    return true;
  }
  return (IsWord(type, "ARRAY") || IsWord(type, "MAP") || IsWord(type, "STRUCT")) &&
         IsOperator(tokens[i + 1], '<');
}

}  // namespace

std::map<size_t, CastType> FindCastTypes(std::string_view sql, const std::vector<Token>& tokens,
                                         size_t first, size_t last) {
  std::map<size_t, CastType> types;
  std::vector<bool> casts;  // for each open parenthesis: is it that of a cast?
  for (size_t i = first; i < last; ++i) {
    if (IsOperator(tokens[i], '(')) {
      casts.push_back(i > first &&
                      (IsWord(tokens[i - 1], "CAST") || IsWord(tokens[i - 1], "TRY_CAST")));
    } else if (IsOperator(tokens[i], ')') && !casts.empty()) {
      casts.pop_back();
    }
    const bool behind = IsOperator(tokens[i], ':') && i > first && IsOperator(tokens[i - 1], ':');
    const bool in_cast = IsWord(tokens[i], "AS") && !casts.empty() && casts.back();
    if (i + 1 >= last || !(behind || in_cast) || !IsSparks(tokens, i + 1)) continue;
    Cursor cursor(sql, tokens);
    cursor.MoveTo(i + 1);
    const auto type = ParseType(cursor);
    types[i + 1] = {cursor.position(), Spelled(*type)};
    i = cursor.position() - 1;
  }
  return types;
}

}  // namespace lakehouse::query::duckdb::dialect
