#include "storage/parquet/physical_columns.h"

#include <arrow/api.h>

#include <utility>

#include "storage/arrow_schema.h"
#include "storage/field_keys.h"
#include "storage/mapping_keys.h"

namespace lakehouse::storage::parquet {
namespace {

/// A field of a file. With `may_lack` its parent may be null: then it has a null there itself,
/// which Parquet's writer takes of a nullable field only.
Field Physical(const Field& field, ColumnMapping mapping, bool may_lack);

DataTypePtr Physical(const DataTypePtr& type, ColumnMapping mapping, bool may_lack) {
  if (!type->is_nested()) return type;
  const bool is_struct = type->id() == TypeId::kStruct;
  std::vector<Field> fields;
  // Elements, keys and values are there only where the list or map is.
  for (const Field& field : type->fields()) {
    fields.push_back(Physical(field, mapping, is_struct && may_lack));
  }
  switch (type->id()) {
    case TypeId::kStruct:
      return DataType::Struct(std::move(fields));
    case TypeId::kArray:
      return DataType::Array(fields[0].type, fields[0].nullable);
    default:
      return DataType::Map(fields[0].type, fields[1].type, fields[1].nullable);
  }
}

Field Physical(const Field& field, ColumnMapping mapping, bool may_lack) {
  Field physical = field;
  physical.name = NameInFiles(field, mapping);
  physical.nullable = field.nullable || may_lack;
  physical.type = Physical(field.type, mapping, physical.nullable);
  return physical;
}

std::shared_ptr<arrow::ArrayData> Retype(const arrow::ArrayData& data,
                                         const std::shared_ptr<arrow::DataType>& type) {
  auto copy = data.Copy();
  copy->type = type;
  for (size_t i = 0; i < copy->child_data.size(); ++i) {
    const auto& field = type->field(static_cast<int>(i));
    auto child = Retype(*data.child_data[i], field->type());
    // Where the parent is null so is the child, which Parquet's writer takes of nullable ones only.
    if (!field->nullable() && !child->buffers.empty()) {
      child->buffers[0] = nullptr;
      child->null_count = 0;
    }
    copy->child_data[i] = std::move(child);
  }
  return copy;
}

}  // namespace

ColumnMapping MappingOf(const TableMetadata& metadata) {
  const auto mode = metadata.properties.find(kMappingModeKey);
  if (mode == metadata.properties.end()) return ColumnMapping::kNone;
  if (mode->second == "name") return ColumnMapping::kName;
  return mode->second == "id" ? ColumnMapping::kId : ColumnMapping::kNone;
}

std::string NameInFiles(const Field& field, ColumnMapping mapping) {
  return field.metadata.count(kPhysicalNameKey) > 0 ? PhysicalName(field, mapping) : field.name;
}

std::shared_ptr<arrow::Schema> ToArrowFiles(const std::vector<Field>& fields,
                                            ColumnMapping mapping) {
  Schema schema{fields};
  for (Field& field : schema.fields) field = Physical(field, mapping, false);
  return ToArrow(schema);
}

std::shared_ptr<arrow::RecordBatch> Rename(const arrow::RecordBatch& rows,
                                           const std::shared_ptr<arrow::Schema>& schema) {
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (int i = 0; i < rows.num_columns(); ++i) {
    columns.push_back(arrow::MakeArray(Retype(*rows.column_data(i), schema->field(i)->type())));
  }
  return arrow::RecordBatch::Make(schema, rows.num_rows(), std::move(columns));
}

}  // namespace lakehouse::storage::parquet
