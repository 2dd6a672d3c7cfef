#include "storage/delta/log/column_ids.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/ids.h"
#include "base/random.h"
#include "storage/field_keys.h"
#include "storage/mapping_keys.h"
#include "storage/schema_names.h"

namespace lakehouse::storage::delta {
namespace {

using EditFields = std::function<void(Field&)>;

DataTypePtr Mapped(const DataTypePtr& type, const EditFields& edit);

std::vector<Field> Mapped(std::vector<Field> fields, const EditFields& edit) {
  for (Field& field : fields) {
    edit(field);
    field.type = Mapped(field.type, edit);
  }
  return fields;
}

/// `type` with `edit` done to every field of its structs.
DataTypePtr Mapped(const DataTypePtr& type, const EditFields& edit) {
  switch (type->id()) {
    case TypeId::kStruct:
      return DataType::Struct(Mapped(type->fields(), edit));
    case TypeId::kArray:
      return DataType::Array(Mapped(type->fields()[0].type, edit), type->fields()[0].nullable);
    case TypeId::kMap:
      return DataType::Map(Mapped(type->fields()[0].type, edit),
                           Mapped(type->fields()[1].type, edit), type->fields()[1].nullable);
    default:
      return type;
  }
}

int64_t HighestId(const TableMetadata& metadata) {
  int64_t highest = 0;
  const auto known = metadata.properties.find(kMaxColumnIdKey);
  if (known != metadata.properties.end()) {
    const std::string& text = known->second;
    std::from_chars(text.data(), text.data() + text.size(), highest);
  }
  Mapped(metadata.schema.fields, [&](Field& field) {
    const auto id = field.metadata.find(kFieldIdKey);
    if (id != field.metadata.end()) highest = std::max<int64_t>(highest, FieldId(field));
  });
  return highest;
}

ColumnMapping ModeOf(const std::map<std::string, std::string>& properties) {
  const auto mode = properties.find(kMappingModeKey);
  if (mode == properties.end()) return ColumnMapping::kNone;
  if (mode->second == "name") return ColumnMapping::kName;
  return mode->second == "id" ? ColumnMapping::kId : ColumnMapping::kNone;
}

}  // namespace

ColumnMapping MappingOf(const TableMetadata& metadata) { return ModeOf(metadata.properties); }

void ValidateColumns(const Schema& schema, const std::map<std::string, std::string>& properties) {
  if (ModeOf(properties) == ColumnMapping::kNone) {
    ValidateSchema(schema);
  } else {
    ValidateMappedSchema(schema);
  }
}

TableMetadata WithColumnIds(TableMetadata metadata, PhysicalNames names, Random& random) {
  if (MappingOf(metadata) == ColumnMapping::kNone) return metadata;
  int64_t highest = HighestId(metadata);
  metadata.schema.fields = Mapped(std::move(metadata.schema.fields), [&](Field& field) {
    if (field.metadata.count(kFieldIdKey) == 0) {
      field.metadata[kFieldIdKey] = std::to_string(++highest);
    }
    if (field.metadata.count(kPhysicalNameKey) > 0) return;
    const std::string name =
        names == PhysicalNames::kKept ? field.name : "col-" + Uuid::V4(random).ToString();
    field.metadata[kPhysicalNameKey] = nlohmann::json(name).dump();
  });
  metadata.properties[kMaxColumnIdKey] = std::to_string(highest);
  return metadata;
}

Schema WithoutColumnIds(const Schema& schema) {
  return WithoutFieldKeys(schema, {kMappingPrefix, kTypeChangesKey, kIdentityMarkKey});
}

Schema WithoutFieldKeys(const Schema& schema, const std::vector<std::string>& prefixes) {
  return {Mapped(schema.fields, [&](Field& field) {
    std::erase_if(field.metadata, [&](const auto& entry) {
      return std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string& prefix) {
        return entry.first.starts_with(prefix);
      });
    });
  })};
}

}  // namespace lakehouse::storage::delta
