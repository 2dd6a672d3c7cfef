#include <cctype>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "query/engines/duckdb/dialect/cursor.h"
#include "query/engines/duckdb/dialect/dialect.h"

namespace lakehouse::query::duckdb::dialect {
namespace {

using storage::DataType;
using storage::DataTypePtr;
using storage::Field;
using storage::TypeId;

const std::map<std::string, TypeId, std::less<>>& Primitives() {
  static const std::map<std::string, TypeId, std::less<>> kTypes = {
      {"BOOLEAN", TypeId::kBoolean},
      {"BOOL", TypeId::kBoolean},
      {"LOGICAL", TypeId::kBoolean},
      {"BYTE", TypeId::kByte},
      {"TINYINT", TypeId::kByte},
      {"INT1", TypeId::kByte},
      {"SHORT", TypeId::kShort},
      {"SMALLINT", TypeId::kShort},
      {"INT2", TypeId::kShort},
      {"INT", TypeId::kInteger},
      {"INTEGER", TypeId::kInteger},
      {"INT4", TypeId::kInteger},
      {"SIGNED", TypeId::kInteger},
      {"LONG", TypeId::kLong},
      {"BIGINT", TypeId::kLong},
      {"INT8", TypeId::kLong},
      {"FLOAT", TypeId::kFloat},
      {"REAL", TypeId::kFloat},
      {"FLOAT4", TypeId::kFloat},
      {"DOUBLE", TypeId::kDouble},
      {"FLOAT8", TypeId::kDouble},
      {"STRING", TypeId::kString},
      {"VARCHAR", TypeId::kString},
      {"TEXT", TypeId::kString},
      {"CHAR", TypeId::kString},
      {"BPCHAR", TypeId::kString},
      {"BINARY", TypeId::kBinary},
      {"BLOB", TypeId::kBinary},
      {"BYTEA", TypeId::kBinary},
      {"VARBINARY", TypeId::kBinary},
      {"DATE", TypeId::kDate},
      {"TIMESTAMP", TypeId::kTimestamp},
      {"TIMESTAMPTZ", TypeId::kTimestamp},
      {"TIMESTAMP_LTZ", TypeId::kTimestamp},
      {"TIMESTAMP_NTZ", TypeId::kTimestampNtz},
      {"DATETIME", TypeId::kTimestampNtz},
      {"VARIANT", TypeId::kVariant}};
  return kTypes;
}

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

class TypeParser {
 public:
  explicit TypeParser(Cursor& cursor) : cursor_(cursor) {}

  DataTypePtr Type(int depth) {
    if (depth > kMaxTypeDepth) {
      throw cursor_.Expected("a type nested at most " + std::to_string(kMaxTypeDepth) + " deep");
    }
    DataTypePtr type = Base(depth);
    for (int lists = 0; IsOperator(cursor_.Peek(), '['); ++lists) {
      if (depth + lists > kMaxTypeDepth) throw cursor_.Expected("fewer []");
      if (!IsOperator(cursor_.Peek(1), ']')) {
        throw cursor_.Unsupported("an array of fixed length", "write the type with []");
      }
      cursor_.Take();
      cursor_.Take();
      type = DataType::Array(std::move(type), true);
    }
    return type;
  }

 private:
  DataTypePtr Base(int depth) {
    const Token& token = cursor_.Peek();
    if (token.kind != TokenKind::kWord) throw cursor_.Expected("a type");
    const std::string name = Upper(token.text);
    if (name == "STRUCT" || name == "ROW") return Struct(depth);
    if (name == "MAP") return MapType(depth);
    if (name == "ARRAY") return ArrayType(depth);
    if (name == "DECIMAL" || name == "NUMERIC" || name == "DEC") return DecimalType();
    const auto found = Primitives().find(name);
    if (found == Primitives().end()) {
      throw cursor_.Unsupported("type " + token.text,
                                "use a type of Delta tables, such as STRING, BIGINT or DOUBLE");
    }
    if (IsOperator(cursor_.Peek(1), '(')) {
      throw cursor_.Unsupported("type " + token.text + " with a length",
                                "write " + token.text + " without (...), or STRING");
    }
    cursor_.Take();
    if (name == "DOUBLE") cursor_.TakeWord("PRECISION");
    if (name == "TIMESTAMP" && cursor_.TakeWords({"WITHOUT", "TIME", "ZONE"})) {
      return DataType::Primitive(TypeId::kTimestampNtz);
    }
    if (name == "TIMESTAMP") cursor_.TakeWords({"WITH", "TIME", "ZONE"});
    return DataType::Primitive(found->second);
  }

  /// The closing symbol of the list that opens here.
  char OpenList() {
    if (cursor_.TakeOperator('<')) return '>';
    if (cursor_.TakeOperator('(')) return ')';
    throw cursor_.Expected("\"<\" or \"(\"");
  }

  DataTypePtr Struct(int depth) {
    cursor_.Take();
    const char close = OpenList();
    std::vector<Field> fields;
    do {
      fields.push_back(ParseStructField(cursor_, depth + 1));
    } while (cursor_.TakeOperator(','));
    cursor_.ExpectOperator(close);
    return DataType::Struct(std::move(fields));
  }

  DataTypePtr MapType(int depth) {
    cursor_.Take();
    const char close = OpenList();
    DataTypePtr key = Type(depth + 1);
    cursor_.ExpectOperator(',');
    DataTypePtr value = Type(depth + 1);
    cursor_.ExpectOperator(close);
    return DataType::Map(std::move(key), std::move(value), true);
  }

  DataTypePtr ArrayType(int depth) {
    cursor_.Take();
    cursor_.ExpectOperator('<');
    DataTypePtr element = Type(depth + 1);
    cursor_.ExpectOperator('>');
    return DataType::Array(std::move(element), true);
  }

  int Number() {
    const Token& token = cursor_.Peek();
    int value = 0;
    const char* end = token.text.data() + token.text.size();
    const auto [at, failed] = std::from_chars(token.text.data(), end, value);
    if (token.kind != TokenKind::kNumber || failed != std::errc() || at != end) {
      throw cursor_.Expected("a whole number");
    }
    cursor_.Take();
    return value;
  }

  DataTypePtr DecimalType() {
    if (!IsOperator(cursor_.Peek(1), '(')) {
      // Spark means (10,0), DuckDB (18,3).
      throw cursor_.Unsupported("type " + cursor_.Peek().text + " without a precision",
                                "write it, for example DECIMAL(18,2)");
    }
    cursor_.Take();
    cursor_.Take();
    const int precision = Number();
    const int scale = cursor_.TakeOperator(',') ? Number() : 0;
    cursor_.ExpectOperator(')');
    return DataType::Decimal(precision, scale);
  }

  Cursor& cursor_;
};

}  // namespace

DataTypePtr ParseType(Cursor& cursor) { return TypeParser(cursor).Type(0); }

DataTypePtr ParseColumnType(Cursor& cursor, const std::string& column) {
  if (IsOperator(cursor.Peek(), ',') || IsOperator(cursor.Peek(), ')') || cursor.AtEnd()) {
    throw cursor.Unsupported("column \"" + column + "\" without a type",
                             "write its type, or leave out the list of columns");
  }
  return ParseType(cursor);
}

Field ParseStructField(Cursor& cursor, int depth) {
  Field field;
  field.name = cursor.Identifier("a column's name");
  cursor.TakeOperator(':');
  field.type = TypeParser(cursor).Type(depth);
  while (true) {
    if (cursor.TakeWords({"NOT", "NULL"})) {
      field.nullable = false;
    } else if (cursor.TakeWord("NULL")) {
      field.nullable = true;
    } else if (cursor.TakeWord("COMMENT")) {
      const std::string comment = cursor.Text("the comment");
      try {
        field.metadata["comment"] = nlohmann::json(comment).dump();
      } catch (const nlohmann::json::exception&) {
        throw cursor.Expected("before this text in UTF-8");
      }
    } else {
      break;
    }
  }
  const Token& next = cursor.Peek();
  if (next.kind == TokenKind::kWord) {
    throw cursor.Unsupported(
        Upper(next.text) + " on field \"" + field.name + "\"",
        "only NOT NULL and COMMENT '...' may follow the type of a struct's field");
  }
  return field;
}

}  // namespace lakehouse::query::duckdb::dialect
