#include "storage/parquet/physical_columns.h"

#include <arrow/api.h>

#include <utility>

#include "storage/arrow_schema.h"

namespace lakehouse::storage::parquet {
namespace {

constexpr char kMode[] = "delta.columnMapping.mode";
constexpr char kPhysicalName[] = "delta.columnMapping.physicalName";

Field Physical(const Field& field, ColumnMapping mapping);

DataTypePtr Physical(const DataTypePtr& type, ColumnMapping mapping) {
  if (!type->is_nested()) return type;
  std::vector<Field> fields;
  for (const Field& field : type->fields()) fields.push_back(Physical(field, mapping));
  switch (type->id()) {
    case TypeId::kStruct:
      return DataType::Struct(std::move(fields));
    case TypeId::kArray:
      return DataType::Array(fields[0].type, fields[0].nullable);
    default:
      return DataType::Map(fields[0].type, fields[1].type, fields[1].nullable);
  }
}

Field Physical(const Field& field, ColumnMapping mapping) {
  Field physical = field;
  physical.name = NameInFiles(field, mapping);
  physical.type = Physical(field.type, mapping);
  return physical;
}

std::shared_ptr<arrow::ArrayData> Retype(const arrow::ArrayData& data,
                                         const std::shared_ptr<arrow::DataType>& type) {
  auto copy = data.Copy();
  copy->type = type;
  for (size_t i = 0; i < copy->child_data.size(); ++i) {
    copy->child_data[i] = Retype(*data.child_data[i], type->field(static_cast<int>(i))->type());
  }
  return copy;
}

}  // namespace

ColumnMapping MappingOf(const TableMetadata& metadata) {
  const auto mode = metadata.properties.find(kMode);
  if (mode == metadata.properties.end()) return ColumnMapping::kNone;
  if (mode->second == "name") return ColumnMapping::kName;
  return mode->second == "id" ? ColumnMapping::kId : ColumnMapping::kNone;
}

std::string NameInFiles(const Field& field, ColumnMapping mapping) {
  return field.metadata.count(kPhysicalName) > 0 ? PhysicalName(field, mapping) : field.name;
}

std::shared_ptr<arrow::Schema> ToArrowFiles(const std::vector<Field>& fields,
                                            ColumnMapping mapping) {
  Schema schema{fields};
  if (mapping != ColumnMapping::kNone) {
    for (Field& field : schema.fields) field = Physical(field, mapping);
  }
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
