#include "storage/delta/log/schema_json.h"

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace lakehouse::storage::delta {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxDepth = 100;

const std::map<std::string, TypeId, std::less<>> kPrimitives = {
    {"boolean", TypeId::kBoolean},     {"byte", TypeId::kByte},
    {"short", TypeId::kShort},         {"integer", TypeId::kInteger},
    {"long", TypeId::kLong},           {"float", TypeId::kFloat},
    {"double", TypeId::kDouble},       {"string", TypeId::kString},
    {"binary", TypeId::kBinary},       {"date", TypeId::kDate},
    {"timestamp", TypeId::kTimestamp}, {"timestamp_ntz", TypeId::kTimestampNtz},
    {"void", TypeId::kVoid},           {"variant", TypeId::kVariant}};

[[noreturn]] void ThrowCorrupt(const std::string& why) {
  throw Error(ErrorKind::kCorruption, "LK-3003", "the table's schema is damaged: " + why);
}

DataTypePtr ParseType(const Json& json, int depth);

DataTypePtr ParsePrimitive(const std::string& name) {
  const auto found = kPrimitives.find(name);
  if (found != kPrimitives.end()) return DataType::Primitive(found->second);
  if (name == "decimal") return DataType::Decimal(10, 0);
  int precision = 0, scale = 0, used = 0;
  if (std::sscanf(name.c_str(), "decimal(%d,%d)%n", &precision, &scale, &used) == 2 &&
      static_cast<size_t>(used) == name.size()) {
    return DataType::Decimal(precision, scale);
  }
  throw Error(ErrorKind::kUnsupported, "LK-3002", "the table has a column of type " + name,
              "This version does not know the type.");
}

Field ParseField(const Json& json, int depth) {
  if (!json.is_object() || !json.contains("name") || !json.contains("type")) {
    ThrowCorrupt("a field without name or type");
  }
  Field field{json["name"].get<std::string>(), ParseType(json["type"], depth), true, {}};
  if (json.contains("nullable")) field.nullable = json["nullable"].get<bool>();
  if (json.contains("metadata") && json["metadata"].is_object()) {
    for (const auto& [key, value] : json["metadata"].items()) field.metadata[key] = value.dump();
  }
  return field;
}

std::vector<Field> ParseFields(const Json& json, int depth) {
  if (!json.contains("fields") || !json["fields"].is_array())
    ThrowCorrupt("a struct without fields");
  std::vector<Field> fields;
  for (const Json& field : json["fields"]) fields.push_back(ParseField(field, depth));
  return fields;
}

DataTypePtr ParseType(const Json& json, int depth) {
  if (depth > kMaxDepth) ThrowCorrupt("nested more than 100 levels deep");
  if (json.is_string()) return ParsePrimitive(json.get<std::string>());
  if (!json.is_object() || !json.contains("type")) ThrowCorrupt("a type that is no type");
  const std::string kind = json["type"].get<std::string>();
  if (kind == "struct") return DataType::Struct(ParseFields(json, depth + 1));
  if (kind == "array") {
    return DataType::Array(ParseType(json.at("elementType"), depth + 1),
                           json.value("containsNull", true));
  }
  if (kind == "map") {
    return DataType::Map(ParseType(json.at("keyType"), depth + 1),
                         ParseType(json.at("valueType"), depth + 1),
                         json.value("valueContainsNull", true));
  }
  ThrowCorrupt("an unknown kind of type: " + kind);
}

Json TypeToJson(const DataType& type);

Json FieldToJson(const Field& field) {
  Json metadata = Json::object();
  for (const auto& [key, text] : field.metadata) metadata[key] = Json::parse(text);
  return {{"name", field.name},
          {"type", TypeToJson(*field.type)},
          {"nullable", field.nullable},
          {"metadata", metadata}};
}

Json StructToJson(const std::vector<Field>& fields) {
  Json list = Json::array();
  for (const Field& field : fields) list.push_back(FieldToJson(field));
  return {{"type", "struct"}, {"fields", list}};
}

Json TypeToJson(const DataType& type) {
  switch (type.id()) {
    case TypeId::kStruct:
      return StructToJson(type.fields());
    case TypeId::kArray:
      return {{"type", "array"},
              {"elementType", TypeToJson(*type.fields()[0].type)},
              {"containsNull", type.fields()[0].nullable}};
    case TypeId::kMap:
      return {{"type", "map"},
              {"keyType", TypeToJson(*type.fields()[0].type)},
              {"valueType", TypeToJson(*type.fields()[1].type)},
              {"valueContainsNull", type.fields()[1].nullable}};
    case TypeId::kDecimal:
      return type.ToString();
    default:
      for (const auto& [name, id] : kPrimitives) {
        if (id == type.id()) return name;
      }
  }
  ThrowCorrupt("a type without a name");
}

}  // namespace

Schema ParseSchema(std::string_view text) {
  // Some writers leave the schema of a table without columns empty.
  if (text.empty()) return {};
  try {
    const Json json = Json::parse(text);
    return Schema{ParseFields(json, 1)};
  } catch (const nlohmann::json::exception& error) {
    ThrowCorrupt(error.what());
  }
}

std::string WriteSchema(const Schema& schema) { return StructToJson(schema.fields).dump(); }

}  // namespace lakehouse::storage::delta
