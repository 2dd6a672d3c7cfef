#include "query/json_cell.h"

#include <arrow/api.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "query/render.h"

namespace lakehouse::query {
namespace {

using arrow::Type;

void AppendList(const arrow::Array& values, int64_t begin, int64_t length, std::string& out) {
  out += '[';
  for (int64_t i = 0; i < length; ++i) {
    if (i > 0) out += ',';
    AppendJson(values, begin + i, out);
  }
  out += ']';
}

template <typename ListArray>
void AppendListCell(const arrow::Array& array, int64_t row, std::string& out) {
  const auto& list = static_cast<const ListArray&>(array);
  AppendList(*list.values(), list.value_offset(row), list.value_length(row), out);
}

void AppendStruct(const arrow::StructArray& array, int64_t row, std::string& out) {
  out += '{';
  for (int i = 0; i < array.num_fields(); ++i) {
    if (i > 0) out += ',';
    AppendJsonText(array.struct_type()->field(i)->name(), out);
    out += ':';
    AppendJson(*array.field(i), row, out);
  }
  out += '}';
}

void AppendMap(const arrow::MapArray& array, int64_t row, std::string& out) {
  const bool object = arrow::is_string(array.keys()->type_id());
  const int64_t begin = array.value_offset(row);
  out += object ? '{' : '[';
  for (int64_t i = 0; i < array.value_length(row); ++i) {
    if (i > 0) out += ',';
    if (!object) out += '[';
    AppendJson(*array.keys(), begin + i, out);
    out += object ? ':' : ',';
    AppendJson(*array.items(), begin + i, out);
    if (!object) out += ']';
  }
  out += object ? '}' : ']';
}

bool IsFinite(const arrow::Array& array, int64_t row) {
  if (array.type_id() == Type::FLOAT) {
    return std::isfinite(static_cast<const arrow::FloatArray&>(array).Value(row));
  }
  return std::isfinite(static_cast<const arrow::DoubleArray&>(array).Value(row));
}

std::string SqlNestedName(const arrow::DataType& type) {
  switch (type.id()) {
    case Type::LIST:
    case Type::LARGE_LIST:
    case Type::FIXED_SIZE_LIST:
      return SqlTypeName(*type.field(0)->type()) + "[]";
    case Type::STRUCT: {
      std::string text = "STRUCT(";
      for (int i = 0; i < type.num_fields(); ++i) {
        text +=
            (i > 0 ? ", " : "") + type.field(i)->name() + " " + SqlTypeName(*type.field(i)->type());
      }
      return text + ")";
    }
    case Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      return "MAP(" + SqlTypeName(*map.key_type()) + ", " + SqlTypeName(*map.item_type()) + ")";
    }
    case Type::DICTIONARY:
      return SqlTypeName(*static_cast<const arrow::DictionaryType&>(type).value_type());
    case Type::EXTENSION:
      return SqlTypeName(*static_cast<const arrow::ExtensionType&>(type).storage_type());
    default:
      return type.ToString();
  }
}

std::string SqlNumberName(const arrow::DataType& type) {
  switch (type.id()) {
    case Type::BOOL:
      return "BOOLEAN";
    case Type::INT8:
      return "TINYINT";
    case Type::INT16:
      return "SMALLINT";
    case Type::INT32:
      return "INTEGER";
    case Type::INT64:
      return "BIGINT";
    case Type::UINT8:
      return "UTINYINT";
    case Type::UINT16:
      return "USMALLINT";
    case Type::UINT32:
      return "UINTEGER";
    case Type::UINT64:
      return "UBIGINT";
    case Type::FLOAT:
      return "FLOAT";
    case Type::DOUBLE:
      return "DOUBLE";
    default:
      return SqlNestedName(type);
  }
}

}  // namespace

void AppendJsonText(std::string_view text, std::string& out) {
  out += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void AppendJson(const arrow::Array& array, int64_t row, std::string& out) {
  if (array.IsNull(row)) {
    out += "null";
    return;
  }
  const Type::type id = array.type_id();
  switch (id) {
    case Type::NA:
      out += "null";
      return;
    case Type::LIST:
      return AppendListCell<arrow::ListArray>(array, row, out);
    case Type::LARGE_LIST:
      return AppendListCell<arrow::LargeListArray>(array, row, out);
    case Type::FIXED_SIZE_LIST:
      return AppendListCell<arrow::FixedSizeListArray>(array, row, out);
    case Type::STRUCT:
      return AppendStruct(static_cast<const arrow::StructArray&>(array), row, out);
    case Type::MAP:
      return AppendMap(static_cast<const arrow::MapArray&>(array), row, out);
    case Type::DICTIONARY: {
      const auto& dictionary = static_cast<const arrow::DictionaryArray&>(array);
      return AppendJson(*dictionary.dictionary(), dictionary.GetValueIndex(row), out);
    }
    case Type::EXTENSION:
      return AppendJson(*static_cast<const arrow::ExtensionArray&>(array).storage(), row, out);
    default:
      break;
  }
  const bool plain = id == Type::BOOL || arrow::is_integer(id) ||
                     ((id == Type::FLOAT || id == Type::DOUBLE) && IsFinite(array, row));
  if (plain) {
    out += FormatCell(array, row);
  } else {
    AppendJsonText(FormatCell(array, row), out);
  }
}

std::string SqlTypeName(const arrow::DataType& type) {
  switch (type.id()) {
    case Type::STRING:
    case Type::LARGE_STRING:
    case Type::STRING_VIEW:
      return "VARCHAR";
    case Type::BINARY:
    case Type::LARGE_BINARY:
    case Type::BINARY_VIEW:
    case Type::FIXED_SIZE_BINARY:
      return "BLOB";
    case Type::DATE32:
    case Type::DATE64:
      return "DATE";
    case Type::TIME32:
    case Type::TIME64:
      return "TIME";
    case Type::TIMESTAMP:
      return static_cast<const arrow::TimestampType&>(type).timezone().empty()
                 ? "TIMESTAMP"
                 : "TIMESTAMP WITH TIME ZONE";
    case Type::INTERVAL_MONTH_DAY_NANO:
      return "INTERVAL";
    case Type::DECIMAL32:
    case Type::DECIMAL64:
    case Type::DECIMAL128:
    case Type::DECIMAL256: {
      const auto& decimal = static_cast<const arrow::DecimalType&>(type);
      return "DECIMAL(" + std::to_string(decimal.precision()) + "," +
             std::to_string(decimal.scale()) + ")";
    }
    default:
      return SqlNumberName(type);
  }
}

}  // namespace lakehouse::query
