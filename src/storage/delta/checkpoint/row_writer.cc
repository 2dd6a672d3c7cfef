#include "storage/delta/checkpoint/row_writer.h"

#include "base/error.h"

namespace lakehouse::storage::delta {
namespace {

int32_t Narrow(int64_t number) {
  if (number >= 0 && number <= INT32_MAX) return static_cast<int32_t>(number);
  throw Error(ErrorKind::kUnsupported, "LK-3020",
              "a deletion vector at " + std::to_string(number) + " has no place in a checkpoint");
}

/// `append(items, value)` for each value of a map from text to text.
template <typename Entries, typename AppendItem>
void AppendMap(arrow::ArrayBuilder& builder, const Entries& entries, AppendItem append) {
  auto& map = static_cast<arrow::MapBuilder&>(builder);
  auto& items = static_cast<arrow::StringBuilder&>(*map.item_builder());
  CheckBuilt(map.Append());
  for (const auto& [key, value] : entries) {
    AppendTo(*map.key_builder(), key);
    CheckBuilt(append(items, value));
  }
}

}  // namespace

std::shared_ptr<arrow::DataType> DeletionVectorType() {
  return arrow::struct_(
      {arrow::field("storageType", arrow::utf8()), arrow::field("pathOrInlineDv", arrow::utf8()),
       arrow::field("offset", arrow::int32()), arrow::field("sizeInBytes", arrow::int32()),
       arrow::field("cardinality", arrow::int64())});
}

void AppendTo(arrow::ArrayBuilder& builder, const std::string& text) {
  CheckBuilt(static_cast<arrow::StringBuilder&>(builder).Append(text));
}

void AppendTo(arrow::ArrayBuilder& builder, int64_t number) {
  CheckBuilt(static_cast<arrow::Int64Builder&>(builder).Append(number));
}

void AppendTo(arrow::ArrayBuilder& builder, bool flag) {
  CheckBuilt(static_cast<arrow::BooleanBuilder&>(builder).Append(flag));
}

void AppendTo(arrow::ArrayBuilder& builder, const std::vector<std::string>& texts) {
  auto& list = static_cast<arrow::ListBuilder&>(builder);
  CheckBuilt(list.Append());
  for (const std::string& text : texts) AppendTo(*list.value_builder(), text);
}

void AppendTo(arrow::ArrayBuilder& builder, const std::map<std::string, std::string>& entries) {
  AppendMap(builder, entries, [](arrow::StringBuilder& items, const std::string& value) {
    return items.Append(value);
  });
}

void AppendTo(arrow::ArrayBuilder& builder, const PartitionValues& values) {
  AppendMap(builder, values,
            [](arrow::StringBuilder& items, const std::optional<std::string>& value) {
              return value ? items.Append(*value) : items.AppendNull();
            });
}

void AppendTo(arrow::ArrayBuilder& builder, const DeletionVectorDescriptor& vector) {
  RowWriter parts(static_cast<arrow::StructBuilder&>(builder));
  parts.Put(std::string(1, vector.storage_type)).Put(vector.path_or_inline);
  vector.offset ? parts.PutShort(Narrow(*vector.offset)) : parts.Null();
  parts.PutShort(Narrow(vector.size_bytes)).Put(vector.cardinality);
}

RowWriter& RowWriter::PutShort(int64_t number) {
  CheckBuilt(static_cast<arrow::Int32Builder&>(Next()).Append(static_cast<int32_t>(number)));
  return *this;
}

RowWriter& RowWriter::Null() {
  CheckBuilt(Next().AppendNull());
  return *this;
}

}  // namespace lakehouse::storage::delta
