#include "query/engines/duckdb/commands/rows.h"

#include <arrow/api.h>

#include "base/check.h"
#include "base/error.h"

namespace lakehouse::query::duckdb {
namespace {

void Check(const arrow::Status& status) {
  if (!status.ok()) throw Error(ErrorKind::kInternal, "LK-0001", status.ToString());
}

std::shared_ptr<arrow::DataType> TypeOf(CellType type) {
  switch (type) {
    case CellType::kBoolean:
      return arrow::boolean();
    case CellType::kInteger:
      return arrow::int64();
    case CellType::kInstant:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case CellType::kTexts:
      return arrow::list(arrow::utf8());
    case CellType::kTextMap:
      return arrow::map(arrow::utf8(), arrow::utf8());
    case CellType::kText:
      break;
  }
  return arrow::utf8();
}

void AppendText(arrow::ArrayBuilder& builder, const std::string& text) {
  Check(static_cast<arrow::StringBuilder&>(builder).Append(text));
}

/// Appends a cell to the builder of its column.
struct Append {
  arrow::ArrayBuilder& builder;

  void operator()(std::monostate) const { Check(builder.AppendNull()); }
  void operator()(bool value) const {
    Check(static_cast<arrow::BooleanBuilder&>(builder).Append(value));
  }
  void operator()(int64_t value) const {
    Check(static_cast<arrow::Int64Builder&>(builder).Append(value));
  }
  void operator()(const std::string& value) const { AppendText(builder, value); }
  void operator()(const Instant& value) const {
    Check(static_cast<arrow::TimestampBuilder&>(builder).Append(value.microseconds));
  }
  void operator()(const Texts& values) const {
    auto& list = static_cast<arrow::ListBuilder&>(builder);
    Check(list.Append());
    for (const auto& value : values) AppendText(*list.value_builder(), value);
  }
  void operator()(const TextMap& values) const {
    auto& map = static_cast<arrow::MapBuilder&>(builder);
    Check(map.Append());
    for (const auto& [key, value] : values) {
      AppendText(*map.key_builder(), key);
      AppendText(*map.item_builder(), value);
    }
  }
};

}  // namespace

std::shared_ptr<arrow::RecordBatch> MakeRows(const std::vector<Column>& columns,
                                             const std::vector<std::vector<Cell>>& rows) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (size_t c = 0; c < columns.size(); ++c) {
    const auto type = TypeOf(columns[c].type);
    fields.push_back(arrow::field(columns[c].name, type));
    std::unique_ptr<arrow::ArrayBuilder> builder;
    Check(arrow::MakeBuilder(arrow::default_memory_pool(), type, &builder));
    for (const auto& row : rows) {
      LAKE_CHECK(row.size() == columns.size());
      std::visit(Append{*builder}, row[c]);
    }
    std::shared_ptr<arrow::Array> array;
    Check(builder->Finish(&array));
    arrays.push_back(std::move(array));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)),
                                  static_cast<int64_t>(rows.size()), std::move(arrays));
}

}  // namespace lakehouse::query::duckdb
