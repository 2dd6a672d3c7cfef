#include "query/render.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "base/error.h"

namespace lakehouse::query {
namespace {

constexpr int64_t kDaysPer400Years = 146'097;

int64_t FloorDivide(int64_t value, int64_t by) {
  return value / by - (value % by != 0 && (value < 0) != (by < 0) ? 1 : 0);
}

struct DateText {
  std::string text;
  bool before_christ = false;
};

DateText FormatDay(int64_t days) {
  // std::chrono has years up to 32767 only; the calendar repeats every 400 years.
  const int64_t cycles = FloorDivide(days, kDaysPer400Years);
  const std::chrono::year_month_day day(
      std::chrono::sys_days(std::chrono::days(days - cycles * kDaysPer400Years)));
  const int64_t year = static_cast<int>(day.year()) + cycles * 400;
  const bool before = year <= 0;
  return {fmt::format("{:04}-{:02}-{:02}", before ? 1 - year : year,
                      static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day())),
          before};
}

std::string FormatDate(int64_t days) {
  if (days == std::numeric_limits<int32_t>::max()) return "infinity";
  if (days == -std::numeric_limits<int32_t>::max()) return "-infinity";
  const DateText date = FormatDay(days);
  return date.text + (date.before_christ ? " (BC)" : "");
}

/// All digits; Arrow's own text has an exponent where zeros follow the point.
template <typename Array, typename Value>
std::string FormatDecimal(const arrow::Array& array, int64_t row) {
  const auto scale = static_cast<const arrow::DecimalType&>(*array.type()).scale();
  std::string digits = Value(static_cast<const Array&>(array).GetValue(row)).ToIntegerString();
  const std::string sign = digits.starts_with('-') ? "-" : "";
  digits.erase(0, sign.size());
  if (scale <= 0) {
    if (digits != "0") digits.append(static_cast<size_t>(-scale), '0');
    return sign + digits;
  }
  const auto places = static_cast<size_t>(scale);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  return sign + digits.insert(digits.size() - places, 1, '.');
}

int64_t PerSecond(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return 1;
    case arrow::TimeUnit::MILLI:
      return 1'000;
    case arrow::TimeUnit::MICRO:
      return 1'000'000;
    case arrow::TimeUnit::NANO:
      return 1'000'000'000;
  }
  return 1;
}

/// hh:mm:ss and the fraction without closing zeros.
std::string FormatTime(int64_t ticks, int64_t per_second) {
  const int64_t seconds = ticks / per_second;
  std::string text =
      fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  int64_t fraction = ticks % per_second;
  if (fraction == 0) return text;
  text += '.';
  for (int64_t unit = per_second / 10; fraction > 0; unit /= 10) {
    text += static_cast<char>('0' + fraction / unit);
    fraction %= unit;
  }
  return text;
}

std::string FormatTimestamp(int64_t value, const arrow::TimestampType& type) {
  if (value == std::numeric_limits<int64_t>::max()) return "infinity";
  if (value == -std::numeric_limits<int64_t>::max()) return "-infinity";
  const int64_t per_second = PerSecond(type.unit());
  const int64_t per_day = per_second * 86'400;
  const int64_t days = FloorDivide(value, per_day);
  const DateText date = FormatDay(days);
  return date.text + " " + FormatTime(value - days * per_day, per_second) +
         (type.timezone().empty() ? "" : "+00") + (date.before_christ ? " (BC)" : "");
}

template <typename Float>
std::string FormatFloat(Float value) {
  if (std::isnan(value)) return "nan";
  std::string text = fmt::format("{}", value);
  return std::isinf(value) || text.find_first_of(".e") != std::string::npos ? text : text + ".0";
}

std::string FormatBinary(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const bool plain = c >= 32 && c < 127 && c != '\\' && c != '\'' && c != '"';
    text += plain ? std::string(1, c) : fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
  }
  return text;
}

std::string FormatInterval(const arrow::MonthDayNanoIntervalType::MonthDayNanos& value) {
  std::string text;
  const auto add = [&](int64_t count, const char* unit) {
    if (count == 0) return;
    text += fmt::format("{}{} {}{}", text.empty() ? "" : " ", count, unit,
                        std::llabs(count) == 1 ? "" : "s");
  };
  add(value.months / 12, "year");
  add(value.months % 12, "month");
  add(value.days, "day");
  if (value.nanoseconds != 0 || text.empty()) {
    const bool negative = value.nanoseconds < 0;
    const int64_t micros = std::llabs(value.nanoseconds / 1'000);
    text += fmt::format("{}{}{}", text.empty() ? "" : " ", negative ? "-" : "",
                        FormatTime(micros, 1'000'000));
  }
  return text;
}

std::string FormatList(const arrow::Array& values, int64_t begin, int64_t length) {
  std::string text = "[";
  for (int64_t i = 0; i < length; ++i) {
    text += (i > 0 ? ", " : "") + FormatCell(values, begin + i);
  }
  return text + "]";
}

std::string FormatStruct(const arrow::StructArray& array, int64_t row) {
  std::string text = "{";
  for (int i = 0; i < array.num_fields(); ++i) {
    text += fmt::format("{}'{}': {}", i > 0 ? ", " : "", array.struct_type()->field(i)->name(),
                        FormatCell(*array.field(i), row));
  }
  return text + "}";
}

std::string FormatMap(const arrow::MapArray& array, int64_t row) {
  std::string text = "{";
  const int64_t begin = array.value_offset(row);
  for (int64_t i = 0; i < array.value_length(row); ++i) {
    text += fmt::format("{}{}={}", i > 0 ? ", " : "", FormatCell(*array.keys(), begin + i),
                        FormatCell(*array.items(), begin + i));
  }
  return text + "}";
}

template <typename ArrayType>
auto Value(const arrow::Array& array, int64_t row) {
  return static_cast<const ArrayType&>(array).GetView(row);
}

template <typename ListArray>
std::string ListCell(const arrow::Array& array, int64_t row) {
  const auto& list = static_cast<const ListArray&>(array);
  return FormatList(*list.values(), list.value_offset(row), list.value_length(row));
}

std::string FormatNumber(const arrow::Array& array, int64_t row) {
  using arrow::Type;
  switch (array.type_id()) {
    case Type::BOOL:
      return Value<arrow::BooleanArray>(array, row) ? "true" : "false";
    case Type::INT8:
      return std::to_string(Value<arrow::Int8Array>(array, row));
    case Type::INT16:
      return std::to_string(Value<arrow::Int16Array>(array, row));
    case Type::INT32:
      return std::to_string(Value<arrow::Int32Array>(array, row));
    case Type::INT64:
      return std::to_string(Value<arrow::Int64Array>(array, row));
    case Type::UINT8:
      return std::to_string(Value<arrow::UInt8Array>(array, row));
    case Type::UINT16:
      return std::to_string(Value<arrow::UInt16Array>(array, row));
    case Type::UINT32:
      return std::to_string(Value<arrow::UInt32Array>(array, row));
    case Type::UINT64:
      return std::to_string(Value<arrow::UInt64Array>(array, row));
    case Type::FLOAT:
      return FormatFloat(Value<arrow::FloatArray>(array, row));
    case Type::DOUBLE:
      return FormatFloat(Value<arrow::DoubleArray>(array, row));
    case Type::DECIMAL32:
      return FormatDecimal<arrow::Decimal32Array, arrow::Decimal32>(array, row);
    case Type::DECIMAL64:
      return FormatDecimal<arrow::Decimal64Array, arrow::Decimal64>(array, row);
    case Type::DECIMAL128:
      return FormatDecimal<arrow::Decimal128Array, arrow::Decimal128>(array, row);
    case Type::DECIMAL256:
      return FormatDecimal<arrow::Decimal256Array, arrow::Decimal256>(array, row);
    default:
      break;
  }
  throw Error(ErrorKind::kUnsupported, "LK-4012",
              "a value of Arrow type " + array.type()->ToString() + " cannot be shown",
              "cast the column, for example to VARCHAR");
}

std::string FormatScalar(const arrow::Array& array, int64_t row) {
  using arrow::Type;
  switch (array.type_id()) {
    case Type::STRING:
      return std::string(Value<arrow::StringArray>(array, row));
    case Type::LARGE_STRING:
      return std::string(Value<arrow::LargeStringArray>(array, row));
    case Type::STRING_VIEW:
      return std::string(Value<arrow::StringViewArray>(array, row));
    case Type::BINARY:
      return FormatBinary(Value<arrow::BinaryArray>(array, row));
    case Type::LARGE_BINARY:
      return FormatBinary(Value<arrow::LargeBinaryArray>(array, row));
    case Type::BINARY_VIEW:
      return FormatBinary(Value<arrow::BinaryViewArray>(array, row));
    case Type::FIXED_SIZE_BINARY:
      return FormatBinary(Value<arrow::FixedSizeBinaryArray>(array, row));
    case Type::DATE32:
      return FormatDate(Value<arrow::Date32Array>(array, row));
    case Type::DATE64:
      return FormatDate(FloorDivide(Value<arrow::Date64Array>(array, row), 86'400'000));
    case Type::TIMESTAMP:
      return FormatTimestamp(Value<arrow::TimestampArray>(array, row),
                             static_cast<const arrow::TimestampType&>(*array.type()));
    case Type::TIME32:
      return FormatTime(Value<arrow::Time32Array>(array, row),
                        PerSecond(static_cast<const arrow::Time32Type&>(*array.type()).unit()));
    case Type::TIME64:
      return FormatTime(Value<arrow::Time64Array>(array, row),
                        PerSecond(static_cast<const arrow::Time64Type&>(*array.type()).unit()));
    case Type::INTERVAL_MONTH_DAY_NANO:
      return FormatInterval(Value<arrow::MonthDayNanoIntervalArray>(array, row));
    default:
      return FormatNumber(array, row);
  }
}

}  // namespace

std::string FormatCell(const arrow::Array& array, int64_t row) {
  using arrow::Type;
  if (array.IsNull(row)) return "NULL";
  switch (array.type_id()) {
    case Type::NA:
      return "NULL";
    case Type::LIST:
      return ListCell<arrow::ListArray>(array, row);
    case Type::LARGE_LIST:
      return ListCell<arrow::LargeListArray>(array, row);
    case Type::FIXED_SIZE_LIST:
      return ListCell<arrow::FixedSizeListArray>(array, row);
    case Type::STRUCT:
      return FormatStruct(static_cast<const arrow::StructArray&>(array), row);
    case Type::MAP:
      return FormatMap(static_cast<const arrow::MapArray&>(array), row);
    case Type::DICTIONARY: {
      const auto& dictionary = static_cast<const arrow::DictionaryArray&>(array);
      return FormatCell(*dictionary.dictionary(), dictionary.GetValueIndex(row));
    }
    case Type::EXTENSION:
      return FormatCell(*static_cast<const arrow::ExtensionArray&>(array).storage(), row);
    default:
      return FormatScalar(array, row);
  }
}

}  // namespace lakehouse::query
