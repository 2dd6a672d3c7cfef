#include "ingestion/connectors/postgresql/column_plan.h"

#include <arrow/type.h>

#include <algorithm>

#include "ingestion/connectors/postgresql/connection.h"

namespace lakehouse::ingestion::connectors::postgresql {

namespace {

struct WireType {
  WireForm form;
  std::shared_ptr<arrow::DataType> type;
  const char* cast = nullptr;  ///< what the server makes of it first
};

// The object ids of built-in types are part of the protocol (pg_type.dat).
constexpr uint32_t kNumericOid = 1700;

/// numeric(p,s): the modifier holds precision and an 11-bit signed scale.
WireType NumericType(int32_t modifier, const PlanOptions& options) {
  const auto fallback = [&]() -> WireType {
    if (options.unconstrained_numeric == nullptr) return {WireForm::kNumericText, arrow::utf8()};
    return {WireForm::kNumeric, options.unconstrained_numeric};
  };
  if (modifier < 4) return fallback();
  int32_t precision = ((modifier - 4) >> 16) & 0xFFFF;
  int32_t scale = (((modifier - 4) & 0x7FF) ^ 1024) - 1024;
  if (scale < 0) {
    // numeric(3,-2) counts hundreds: five digits before the point.
    precision -= scale;
    scale = 0;
  }
  precision = std::max(precision, scale);
  if (precision > 38) return fallback();
  return {WireForm::kNumeric, arrow::decimal128(precision, scale)};
}

std::optional<WireType> NativeType(uint32_t oid, int32_t modifier, const PlanOptions& options) {
  switch (oid) {
    case 16:
      return WireType{WireForm::kBoolean, arrow::boolean()};
    case 17:
      return WireType{WireForm::kBytes, arrow::binary()};
    case 20:
      return WireType{WireForm::kInt64, arrow::int64()};
    case 21:
      return WireType{WireForm::kInt16, arrow::int16()};
    case 23:
      return WireType{WireForm::kInt32, arrow::int32()};
    case 26:
      return WireType{WireForm::kOid, arrow::int64()};
    case 700:
      return WireType{WireForm::kFloat, arrow::float32()};
    case 701:
      return WireType{WireForm::kDouble, arrow::float64()};
    case 19:    // name
    case 25:    // text
    case 114:   // json
    case 1042:  // character(n)
    case 1043:  // character varying(n)
      return WireType{WireForm::kText, arrow::utf8()};
    case 3802:
      return WireType{WireForm::kJsonb, arrow::utf8()};
    case 1082:
      return WireType{WireForm::kDate, arrow::date32()};
    case 1114:
      return WireType{WireForm::kTimestamp, arrow::timestamp(arrow::TimeUnit::MICRO)};
    case 1184:
      return WireType{WireForm::kTimestamp, arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")};
    case 790:  // money: 64 bits of cents
      return WireType{WireForm::kNumeric, arrow::decimal128(19, 2), "::pg_catalog.numeric"};
    case kNumericOid:
      return NumericType(modifier, options);
    default:
      return std::nullopt;
  }
}

}  // namespace

ColumnPlan PlanColumn(const ServerColumn& column, const PlanOptions& options) {
  ColumnPlan plan;
  plan.name = column.name;
  plan.expression = QuoteIdentifier(column.name);
  if (column.element_oid != 0 && !options.arrays_as_text) {
    const auto element = NativeType(column.element_oid, column.type_modifier, options);
    plan.form = WireForm::kArray;
    plan.element = element ? element->form : WireForm::kText;
    plan.type = arrow::list(element ? element->type : arrow::utf8());
    if (!element) plan.expression += "::pg_catalog.text[]";
    if (element && element->cast) plan.expression += std::string(element->cast) + "[]";
    return plan;
  }
  if (const auto native = NativeType(column.type_oid, column.type_modifier, options)) {
    plan.form = native->form;
    plan.type = native->type;
    if (native->cast != nullptr) plan.expression += native->cast;
    return plan;
  }
  plan.form = WireForm::kText;
  plan.type = arrow::utf8();
  plan.expression += "::pg_catalog.text";
  return plan;
}

}  // namespace lakehouse::ingestion::connectors::postgresql
