#include "storage/delta/checkpoint/checkpoint_rows.h"

#include <arrow/api.h>

#include <utility>

#include "base/error.h"

namespace lakehouse::storage::delta {
namespace {

[[noreturn]] void ThrowType(const std::string& field, const arrow::Array& array) {
  throw Error(ErrorKind::kCorruption, "LK-3003",
              "checkpoint: " + field + " is of type " + array.type()->ToString());
}

/// Nothing when there is no such column.
template <typename ArrayType>
std::shared_ptr<ArrayType> Typed(const std::shared_ptr<arrow::Array>& array,
                                 const std::string& field, arrow::Type::type id) {
  if (!array) return nullptr;
  if (array->type_id() != id) ThrowType(field, *array);
  return std::static_pointer_cast<ArrayType>(array);
}

const arrow::StringArray& TextsOf(const arrow::Array& array, const std::string& field) {
  if (array.type_id() != arrow::Type::STRING) ThrowType(field, array);
  return static_cast<const arrow::StringArray&>(array);
}

}  // namespace

void Check(const arrow::Status& status) {
  if (!status.ok()) {
    throw Error(ErrorKind::kCorruption, "LK-3003", "checkpoint: " + status.message());
  }
}

CheckpointRows::CheckpointRows(const arrow::RecordBatch& batch, const std::string& name)
    : CheckpointRows(
          Typed<arrow::StructArray>(batch.GetColumnByName(name), name, arrow::Type::STRUCT)) {}

CheckpointRows::CheckpointRows(std::shared_ptr<arrow::StructArray> rows)
    : struct_(std::move(rows)) {
  for (int i = 0; struct_ && i < struct_->num_fields(); ++i) {
    fields_[struct_->type()->field(i)->name()] = struct_->field(i);
  }
}

bool CheckpointRows::Has(int64_t row) const { return struct_ && struct_->IsValid(row); }

std::shared_ptr<arrow::Array> CheckpointRows::Field(const std::string& field) const {
  const auto found = fields_.find(field);
  return found == fields_.end() ? nullptr : found->second;
}

bool CheckpointRows::HasField(const std::string& field, int64_t row) const {
  const auto array = Field(field);
  return array && array->IsValid(row);
}

CheckpointRows CheckpointRows::Struct(const std::string& field) const {
  return CheckpointRows(Typed<arrow::StructArray>(Field(field), field, arrow::Type::STRUCT));
}

std::string CheckpointRows::Text(const std::string& field, int64_t row) const {
  const auto array = Typed<arrow::StringArray>(Field(field), field, arrow::Type::STRING);
  return array && array->IsValid(row) ? array->GetString(row) : "";
}

int64_t CheckpointRows::Number(const std::string& field, int64_t row, int64_t fallback) const {
  const auto array = Field(field);
  if (!array || array->IsNull(row)) return fallback;
  if (array->type_id() == arrow::Type::INT64) {
    return static_cast<const arrow::Int64Array&>(*array).Value(row);
  }
  if (array->type_id() == arrow::Type::INT32) {
    return static_cast<const arrow::Int32Array&>(*array).Value(row);
  }
  ThrowType(field, *array);
}

bool CheckpointRows::Flag(const std::string& field, int64_t row) const {
  const auto array = Typed<arrow::BooleanArray>(Field(field), field, arrow::Type::BOOL);
  return array && array->IsValid(row) && array->Value(row);
}

std::vector<std::string> CheckpointRows::List(const std::string& field, int64_t row) const {
  const auto list = Typed<arrow::ListArray>(Field(field), field, arrow::Type::LIST);
  std::vector<std::string> texts;
  if (!list || list->IsNull(row)) return texts;
  const arrow::StringArray& values = TextsOf(*list->values(), field);
  for (int64_t i = list->value_offset(row); i < list->value_offset(row + 1); ++i) {
    texts.push_back(values.GetString(i));
  }
  return texts;
}

std::map<std::string, std::optional<std::string>> CheckpointRows::Map(const std::string& field,
                                                                      int64_t row) const {
  const auto map = Typed<arrow::MapArray>(Field(field), field, arrow::Type::MAP);
  std::map<std::string, std::optional<std::string>> entries;
  if (!map || map->IsNull(row)) return entries;
  const arrow::StringArray& keys = TextsOf(*map->keys(), field);
  const arrow::StringArray& items = TextsOf(*map->items(), field);
  for (int64_t i = map->value_offset(row); i < map->value_offset(row + 1); ++i) {
    entries[keys.GetString(i)] =
        items.IsValid(i) ? std::optional(items.GetString(i)) : std::nullopt;
  }
  return entries;
}

std::shared_ptr<arrow::StringArray> CheckpointRows::Texts(const std::string& field) const {
  return Typed<arrow::StringArray>(Field(field), field, arrow::Type::STRING);
}

std::shared_ptr<arrow::Int64Array> CheckpointRows::Numbers(const std::string& field) const {
  const auto array = Field(field);
  if (!array || array->type_id() == arrow::Type::INT64) {
    return std::static_pointer_cast<arrow::Int64Array>(array);
  }
  arrow::Int64Builder wide;
  Check(wide.Reserve(array->length()));
  for (int64_t row = 0; row < array->length(); ++row) {
    array->IsNull(row) ? wide.UnsafeAppendNull() : wide.UnsafeAppend(Number(field, row));
  }
  auto finished = wide.Finish();
  Check(finished.status());
  return std::static_pointer_cast<arrow::Int64Array>(*finished);
}

std::shared_ptr<arrow::MapArray> CheckpointRows::Maps(const std::string& field) const {
  const auto maps = Typed<arrow::MapArray>(Field(field), field, arrow::Type::MAP);
  for (const auto& part :
       maps ? arrow::ArrayVector{maps->keys(), maps->items()} : arrow::ArrayVector{}) {
    if (part->type_id() != arrow::Type::STRING) ThrowType(field, *part);
  }
  return maps;
}

}  // namespace lakehouse::storage::delta
