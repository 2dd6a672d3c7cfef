#include "storage/parquet/variant_checks.h"

#include <arrow/api.h>

#include <algorithm>
#include <string>

#include "base/error.h"

namespace lakehouse::storage::parquet {
namespace {

bool HoldsVariant(const DataType& type) {
  return type.id() == TypeId::kVariant ||
         std::any_of(type.fields().begin(), type.fields().end(),
                     [](const Field& field) { return HoldsVariant(*field.type); });
}

void CheckVariants(const arrow::StructArray& variants, const std::string& column) {
  for (int64_t i = 0; i < variants.length(); ++i) {
    if (variants.IsNull(i)) continue;
    for (int part = 0; part < variants.num_fields(); ++part) {
      const auto& bytes = static_cast<const arrow::BinaryArray&>(*variants.field(part));
      if (bytes.IsValid(i) && bytes.value_length(i) > 0) continue;
      throw Error(ErrorKind::kInvalidSchema, "LK-3521",
                  "column " + column + " is of variants, and the rows have other values",
                  "Insert them with SQL: parse_json makes a variant of a JSON text.");
    }
  }
}

void CheckColumn(const DataType& type, const arrow::Array& array, const std::string& column) {
  if (!HoldsVariant(type)) return;
  switch (type.id()) {
    case TypeId::kVariant:
      return CheckVariants(static_cast<const arrow::StructArray&>(array), column);
    case TypeId::kStruct: {
      const auto& parent = static_cast<const arrow::StructArray&>(array);
      for (size_t i = 0; i < type.fields().size(); ++i) {
        CheckColumn(*type.fields()[i].type, *parent.field(static_cast<int>(i)), column);
      }
      return;
    }
    case TypeId::kArray:
      return CheckColumn(*type.fields()[0].type,
                         *static_cast<const arrow::ListArray&>(array).values(), column);
    default:
      return CheckColumn(*type.fields()[1].type,
                         *static_cast<const arrow::MapArray&>(array).items(), column);
  }
}

}  // namespace

void CheckVariantParts(const arrow::RecordBatch& rows, const Schema& schema) {
  for (size_t i = 0; i < schema.fields.size(); ++i) {
    const Field& field = schema.fields[i];
    CheckColumn(*field.type, *rows.column(static_cast<int>(i)), field.name);
  }
}

}  // namespace lakehouse::storage::parquet
