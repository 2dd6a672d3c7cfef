#include "ingestion/connectors/files/type_inference.h"

#include <arrow/type.h>

#include "ingestion/connectors/files/cell_parser.h"

namespace lakehouse::ingestion::connectors::files {

namespace {

constexpr unsigned kBigint = 1;
constexpr unsigned kDouble = 2;
constexpr unsigned kBoolean = 4;
constexpr unsigned kDate = 8;
constexpr unsigned kTimestamp = 16;

bool HasLeadingZero(std::string_view cell) {
  if (cell.front() == '-' || cell.front() == '+') cell.remove_prefix(1);
  return cell.size() > 1 && cell[0] == '0' && cell[1] >= '0' && cell[1] <= '9';
}

unsigned TypesOf(std::string_view cell) {
  int64_t whole = 0;
  double number = 0;
  int32_t days = 0;
  bool zoned = false;
  if (cell.empty()) return 0;
  if (ParseBigint(cell, &whole)) return HasLeadingZero(cell) ? 0 : kBigint | kDouble;
  if (ParseDouble(cell, &number)) return HasLeadingZero(cell) ? 0 : kDouble;
  if (ParseDate(cell, &days)) return kDate | kTimestamp;
  if (ParseTimestamp(cell, &whole, &zoned)) return kTimestamp;
  bool flag = false;
  return cell.size() >= 4 && ParseBoolean(cell, &flag) ? kBoolean : 0;
}

}  // namespace

void TypeInference::Observe(std::string_view cell) {
  seen_ = true;
  if (possible_ != 0) possible_ &= TypesOf(TrimBlanks(cell));
}

std::shared_ptr<arrow::DataType> TypeInference::Result() const {
  if (!seen_ || possible_ == 0) return arrow::utf8();
  if (possible_ & kBigint) return arrow::int64();
  if (possible_ & kDouble) return arrow::float64();
  if (possible_ & kBoolean) return arrow::boolean();
  if (possible_ & kDate) return arrow::date32();
  return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
}

}  // namespace lakehouse::ingestion::connectors::files
