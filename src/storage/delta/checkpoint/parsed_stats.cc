#include "storage/delta/checkpoint/parsed_stats.h"

#include <arrow/api.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "storage/value.h"

namespace lakehouse::storage::delta {
namespace {

constexpr int kMaxDepth = 100;

std::string Quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<std::string> RealText(double number) {
  return std::isfinite(number) ? std::optional(nlohmann::json(number).dump()) : std::nullopt;
}

int64_t FloorDiv(int64_t number, int64_t divisor) {
  return number / divisor - (number % divisor < 0 ? 1 : 0);
}

int64_t MicrosOf(const arrow::TimestampArray& times, int64_t row) {
  const int64_t value = times.Value(row);
  switch (static_cast<const arrow::TimestampType&>(*times.type()).unit()) {
    case arrow::TimeUnit::SECOND:
      return value * 1'000'000;
    case arrow::TimeUnit::MILLI:
      return value * 1'000;
    case arrow::TimeUnit::MICRO:
      return value;
    default:
      return FloorDiv(value, 1'000);
  }
}

std::optional<std::string> Text(const arrow::Array& array, int64_t row, int depth);

/// {"a":1,"b":{"c":2}} of a struct; parts that say nothing are left out.
std::string StructText(const arrow::StructArray& array, int64_t row, int depth) {
  std::string text;
  for (int i = 0; i < array.num_fields(); ++i) {
    const auto part = Text(*array.field(i), row, depth + 1);
    if (!part) continue;
    text += (text.empty() ? "" : ",") + Quoted(array.type()->field(i)->name()) + ":" + *part;
  }
  return "{" + text + "}";
}

std::optional<std::string> Text(const arrow::Array& array, int64_t row, int depth) {
  if (array.IsNull(row) || depth > kMaxDepth) return std::nullopt;
  switch (array.type_id()) {
    case arrow::Type::STRUCT:
      return StructText(static_cast<const arrow::StructArray&>(array), row, depth);
    case arrow::Type::BOOL:
      return static_cast<const arrow::BooleanArray&>(array).Value(row) ? "true" : "false";
    case arrow::Type::INT8:
      return std::to_string(static_cast<const arrow::Int8Array&>(array).Value(row));
    case arrow::Type::INT16:
      return std::to_string(static_cast<const arrow::Int16Array&>(array).Value(row));
    case arrow::Type::INT32:
      return std::to_string(static_cast<const arrow::Int32Array&>(array).Value(row));
    case arrow::Type::INT64:
      return std::to_string(static_cast<const arrow::Int64Array&>(array).Value(row));
    case arrow::Type::FLOAT:
      return RealText(static_cast<const arrow::FloatArray&>(array).Value(row));
    case arrow::Type::DOUBLE:
      return RealText(static_cast<const arrow::DoubleArray&>(array).Value(row));
    case arrow::Type::STRING:
      return Quoted(static_cast<const arrow::StringArray&>(array).GetString(row));
    case arrow::Type::DATE32: {
      const int64_t day = static_cast<const arrow::Date32Array&>(array).Value(row);
      return Quoted(ToPartitionText(Value{day}, *DataType::Primitive(TypeId::kDate)));
    }
    case arrow::Type::TIMESTAMP: {
      const int64_t micros = MicrosOf(static_cast<const arrow::TimestampArray&>(array), row);
      return Quoted(ToPartitionText(Value{micros}, *DataType::Primitive(TypeId::kTimestamp)));
    }
    case arrow::Type::DECIMAL128:
      // Quoted, for a JSON number would lose digits.
      return Quoted(static_cast<const arrow::Decimal128Array&>(array).FormatValue(row));
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string StatsText(const arrow::Array& stats, int64_t row) {
  if (stats.type_id() != arrow::Type::STRUCT) return {};
  return Text(stats, row, 0).value_or("");
}

}  // namespace lakehouse::storage::delta
