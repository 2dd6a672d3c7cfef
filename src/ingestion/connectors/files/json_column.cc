#include "ingestion/connectors/files/json_column.h"

#include <arrow/array/array_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/buffer_builder.h>
#include <arrow/type.h>

#include <nlohmann/json.hpp>
#include <unordered_map>
#include <vector>

#include "ingestion/connectors/arrow_status.h"
#include "ingestion/connectors/files/column_converter.h"
#include "ingestion/connectors/options.h"
#include "ingestion/connectors/rescue.h"

namespace lakehouse::ingestion::connectors::files {

namespace {

using Json = nlohmann::ordered_json;

std::string JsonOf(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string TextOf(const Json& value) {
  return value.is_string() ? value.get<std::string>() : JsonOf(value);
}

std::string FieldKey(const std::string& name) { return FoldCase(TableColumnNames({name}).front()); }

class LeafColumn : public JsonColumn {
 public:
  explicit LeafColumn(const std::shared_ptr<arrow::DataType>& type, bool as_json = false)
      : converter_(MakeColumnConverter(type)), as_json_(as_json) {}

  void Append(const Json& value, const std::string& path, int64_t row, Rescue& rescue) override {
    if (value.is_null()) return AppendNull();
    const bool nested = value.is_structured() && !as_json_;
    const std::string text = as_json_ ? JsonOf(value) : TextOf(value);
    if ((nested && !converter_->takes_any_text()) || !converter_->Append(text)) {
      rescue.Add(row, path, text);
      return AppendNull();
    }
    ++length_;
  }
  void AppendNull() override {
    converter_->AppendNull();
    ++length_;
  }
  int64_t length() const override { return length_; }
  std::shared_ptr<arrow::Array> Finish() override {
    length_ = 0;
    return converter_->Finish();
  }

 private:
  std::unique_ptr<ColumnConverter> converter_;
  const bool as_json_;  ///< texts of JSON, whatever the values are
  int64_t length_ = 0;
};

class StructColumn : public JsonColumn {
 public:
  explicit StructColumn(const std::shared_ptr<arrow::DataType>& type) : type_(type) {
    for (const auto& field : type->fields()) {
      by_name_.emplace(FoldCase(field->name()), children_.size());
      children_.push_back(MakeJsonColumn(field->type()));
    }
  }

  void Append(const Json& value, const std::string& path, int64_t row, Rescue& rescue) override {
    if (!value.is_object()) {
      if (!value.is_null()) rescue.Add(row, path, TextOf(value));
      return AppendNull();
    }
    ThrowUnlessOk(valid_.Append(true));
    ++length_;
    for (const auto& [key, item] : value.items()) {
      const std::string place = path + "." + key;
      auto found = by_name_.find(FieldKey(key));
      if (found == by_name_.end() || children_[found->second]->length() == length_) {
        if (!item.is_null()) rescue.Add(row, place, TextOf(item));
      } else {
        children_[found->second]->Append(item, place, row, rescue);
      }
    }
    Pad();
  }
  void AppendNull() override {
    ThrowUnlessOk(valid_.Append(false));
    ++length_;
    Pad();
  }
  int64_t length() const override { return length_; }
  std::shared_ptr<arrow::Array> Finish() override {
    std::vector<std::shared_ptr<arrow::Array>> columns;
    for (auto& child : children_) columns.push_back(child->Finish());
    const int64_t nulls = valid_.false_count();
    auto bitmap = ValueOrThrow(valid_.Finish());
    const int64_t length = std::exchange(length_, 0);
    return std::make_shared<arrow::StructArray>(type_, length, std::move(columns), bitmap, nulls);
  }

 private:
  void Pad() {
    for (auto& child : children_) {
      if (child->length() < length_) child->AppendNull();
    }
  }

  std::shared_ptr<arrow::DataType> type_;
  std::vector<std::unique_ptr<JsonColumn>> children_;
  std::unordered_map<std::string, size_t> by_name_;
  arrow::TypedBufferBuilder<bool> valid_;
  int64_t length_ = 0;
};

/// Lists from JSON arrays, and maps with string keys from JSON objects.
class RepeatedColumn : public JsonColumn {
 public:
  explicit RepeatedColumn(const std::shared_ptr<arrow::DataType>& type)
      : type_(type), is_map_(type->id() == arrow::Type::MAP) {
    if (is_map_) {
      const auto& map = static_cast<const arrow::MapType&>(*type);
      keys_ = MakeColumnConverter(map.key_type());
      items_ = MakeJsonColumn(map.item_type());
    } else {
      items_ = MakeJsonColumn(static_cast<const arrow::ListType&>(*type).value_type());
    }
  }

  void Append(const Json& value, const std::string& path, int64_t row, Rescue& rescue) override {
    if (is_map_ ? !value.is_object() : !value.is_array()) {
      if (!value.is_null()) rescue.Add(row, path, TextOf(value));
      return AppendNull();
    }
    ThrowUnlessOk(offsets_.Append(static_cast<int32_t>(items_->length())));
    if (!is_map_) {
      size_t index = 0;
      for (const auto& item : value) {
        items_->Append(item, path + "[" + std::to_string(index++) + "]", row, rescue);
      }
      return;
    }
    for (const auto& [key, item] : value.items()) {
      if (!keys_->Append(key)) {
        rescue.Add(row, path + "." + key, TextOf(item));
        continue;
      }
      items_->Append(item, path + "." + key, row, rescue);
    }
  }
  void AppendNull() override { ThrowUnlessOk(offsets_.AppendNull()); }
  int64_t length() const override { return offsets_.length(); }
  std::shared_ptr<arrow::Array> Finish() override {
    ThrowUnlessOk(offsets_.Append(static_cast<int32_t>(items_->length())));
    auto offsets = ValueOrThrow(offsets_.Finish());
    auto items = items_->Finish();
    if (is_map_) {
      return ValueOrThrow(arrow::MapArray::FromArrays(type_, offsets, keys_->Finish(), items));
    }
    return ValueOrThrow(arrow::ListArray::FromArrays(type_, *offsets, *items));
  }

 private:
  std::shared_ptr<arrow::DataType> type_;
  bool is_map_;
  std::unique_ptr<ColumnConverter> keys_;  ///< of a map
  std::unique_ptr<JsonColumn> items_;
  arrow::Int32Builder offsets_;
};

}  // namespace

std::unique_ptr<JsonColumn> MakeJsonColumn(const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::STRUCT:
      return std::make_unique<StructColumn>(type);
    case arrow::Type::LIST:
    case arrow::Type::MAP:
      return std::make_unique<RepeatedColumn>(type);
    case arrow::Type::EXTENSION:  // arrow.json
      return std::make_unique<LeafColumn>(type, true);
    default:
      return std::make_unique<LeafColumn>(type);
  }
}

struct JsonInference::State {
  bool null_only = true;
  bool mixed = false;
  Json::value_t kind = Json::value_t::null;
  std::vector<std::pair<std::string, JsonInference>> fields;  ///< of an object, in order
  std::unordered_map<std::string, size_t> by_name;
  std::unique_ptr<JsonInference> element;  ///< of an array
};

JsonInference::JsonInference() : state_(std::make_unique<State>()) {}
JsonInference::~JsonInference() = default;
JsonInference::JsonInference(JsonInference&&) noexcept = default;

void JsonInference::Observe(const Json& value) {
  if (value.is_null() || state_->mixed) return;
  Json::value_t kind = value.type();
  if (kind == Json::value_t::number_unsigned) {
    // Beyond bigint only the text is exact.
    kind = value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX) ? Json::value_t::string
                                                                    : Json::value_t::number_integer;
  }
  const bool first = std::exchange(state_->null_only, false);
  if (first) state_->kind = kind;
  if (state_->kind != kind) {
    const auto is_number = [](Json::value_t k) {
      return k == Json::value_t::number_integer || k == Json::value_t::number_float;
    };
    state_->mixed = !is_number(kind) || !is_number(state_->kind);
    state_->kind = Json::value_t::number_float;
    return;
  }
  if (kind == Json::value_t::array) {
    if (!state_->element) state_->element = std::make_unique<JsonInference>();
    for (const auto& item : value) state_->element->Observe(item);
  }
  if (kind == Json::value_t::object) {
    for (const auto& [key, item] : value.items()) {
      const auto [at, added] = state_->by_name.emplace(FieldKey(key), state_->fields.size());
      if (added) state_->fields.emplace_back(TableColumnNames({key}).front(), JsonInference());
      state_->fields[at->second].second.Observe(item);
    }
  }
}

std::shared_ptr<arrow::DataType> JsonInference::Result() const {
  if (state_->mixed) return arrow::utf8();
  switch (state_->kind) {
    case Json::value_t::boolean:
      return arrow::boolean();
    case Json::value_t::number_integer:
      return arrow::int64();
    case Json::value_t::number_float:
      return arrow::float64();
    case Json::value_t::array:
      return arrow::list(state_->element->Result());
    case Json::value_t::object: {
      if (state_->fields.empty()) return arrow::utf8();
      std::vector<std::shared_ptr<arrow::Field>> fields;
      for (const auto& [name, inference] : state_->fields) {
        fields.push_back(arrow::field(name, inference.Result()));
      }
      return arrow::struct_(std::move(fields));
    }
    default:
      return arrow::utf8();
  }
}

}  // namespace lakehouse::ingestion::connectors::files
