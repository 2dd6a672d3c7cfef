#include "query/engines/duckdb/parameters.h"

#include <algorithm>

#include "base/error.h"

namespace lakehouse::query::duckdb {
namespace {

constexpr size_t kMaxDecimalDigits = 38;

dk::Value DecimalOf(const std::string& text) {
  const size_t digits = static_cast<size_t>(std::count_if(text.begin(), text.end(), ::isdigit));
  const size_t point = text.find('.');
  const size_t scale = point == std::string::npos ? 0 : text.size() - point - 1;
  dk::Value value;
  std::string problem;
  if (digits > 0 && digits <= kMaxDecimalDigits && scale <= digits &&
      dk::Value(text).DefaultTryCastAs(
          dk::LogicalType::DECIMAL(static_cast<uint8_t>(digits), static_cast<uint8_t>(scale)),
          value, &problem)) {
    return value;
  }
  throw Error(ErrorKind::kInvalidArgument, "LK-4005",
              "the parameter " + text + " is no decimal number of at most 38 digits");
}

}  // namespace

dk::Value ToDuckDb(const Parameter& parameter) {
  if (auto* date = std::get_if<DateParameter>(&parameter)) {
    return dk::Value::DATE(dk::date_t(date->days));
  }
  if (auto* time = std::get_if<TimestampParameter>(&parameter)) {
    if (time->instant) return dk::Value::TIMESTAMPTZ(dk::timestamp_tz_t(time->microseconds));
    return dk::Value::TIMESTAMP(dk::timestamp_t(time->microseconds));
  }
  if (auto* binary = std::get_if<BinaryParameter>(&parameter)) {
    return dk::Value::BLOB_RAW(binary->bytes);
  }
  if (auto* decimal = std::get_if<DecimalParameter>(&parameter)) return DecimalOf(decimal->text);
  if (auto* flag = std::get_if<bool>(&parameter)) return dk::Value::BOOLEAN(*flag);
  if (auto* number = std::get_if<int64_t>(&parameter)) return dk::Value::BIGINT(*number);
  if (auto* real = std::get_if<double>(&parameter)) return dk::Value::DOUBLE(*real);
  if (auto* text = std::get_if<std::string>(&parameter)) return dk::Value(*text);
  return dk::Value(dk::LogicalType::SQLNULL);
}

}  // namespace lakehouse::query::duckdb
