#include "storage/column_mapping.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "storage/field_keys.h"

namespace lakehouse::storage {
namespace {

nlohmann::json MetadataOf(const Field& field, const char* key) {
  const auto found = field.metadata.find(key);
  if (found == field.metadata.end()) return {};
  return nlohmann::json::parse(found->second, nullptr, /*allow_exceptions=*/false);
}

[[noreturn]] void ThrowUnmapped(const Field& field, const char* key) {
  throw Error(ErrorKind::kInvalidSchema, "LK-3502",
              "the column " + field.name + " has no " + key + ", though columns are mapped");
}

bool AnyChanged(const std::vector<Field>& fields) {
  return std::any_of(fields.begin(), fields.end(), [](const Field& field) {
    return field.metadata.count(kTypeChangesKey) > 0 || AnyChanged(field.type->fields());
  });
}

}  // namespace

bool HasTypeChanges(const Schema& schema) { return AnyChanged(schema.fields); }

std::string PhysicalName(const Field& field, ColumnMapping mapping) {
  if (mapping == ColumnMapping::kNone) return field.name;
  const nlohmann::json name = MetadataOf(field, kPhysicalNameKey);
  if (!name.is_string()) ThrowUnmapped(field, kPhysicalNameKey);
  return name.get<std::string>();
}

int32_t FieldId(const Field& field) {
  const nlohmann::json id = MetadataOf(field, kFieldIdKey);
  if (!id.is_number_integer()) ThrowUnmapped(field, kFieldIdKey);
  const auto number = id.get<int64_t>();
  if (number < INT32_MIN || number > INT32_MAX) ThrowUnmapped(field, kFieldIdKey);
  return static_cast<int32_t>(number);
}

}  // namespace lakehouse::storage
