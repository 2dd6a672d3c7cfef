#include "query/engines/duckdb/value_domain.h"

#include <algorithm>
#include <duckdb/execution/expression_executor.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <set>

#include "query/engines/duckdb/generated_bounds.h"
#include "query/engines/duckdb/metadata_column.h"
#include "query/engines/duckdb/types.h"

namespace lakehouse::query::duckdb {
namespace {

using dk::LogicalTypeId;
using storage::TypeId;

constexpr size_t kMaxEvaluated = 100'000;
constexpr int64_t kMicrosPerDay = 86'400'000'000;

/// Not negative: a number of characters from the left.
bool IsCount(const dk::Value& value) {
  return !value.IsNull() && value.type().IsIntegral() &&
         value.DefaultCastAs(dk::LogicalType::BIGINT).GetValue<int64_t>() >= 0;
}

/// Functions that grow with their one argument that is not constant.
bool IsRising(const std::string& name, size_t argument, const std::vector<dk::Value>& constants) {
  static const std::set<std::string> kOfFirst{"year",     "isoyear", "decade", "century", "epoch",
                                              "epoch_ms", "floor",   "ceil",   "ceiling"};
  if (name == "+") return true;
  if (name == "-") return argument == 0 && constants.size() == 1;
  if (name == "date_trunc" || name == "datetrunc") return argument == 1;
  if (name == "date_part" || name == "datepart") {
    if (argument != 1 || constants.empty() || constants[0].IsNull()) return false;
    const std::string part = dk::StringUtil::Lower(constants[0].ToString());
    return part == "year" || part == "isoyear" || part == "epoch" || part == "decade";
  }
  if (name == "left") return argument == 0 && constants.size() == 1 && IsCount(constants[0]);
  if (name == "substring" || name == "substr") {
    return argument == 0 && !constants.empty() && constants[0].ToString() == "1" &&
           (constants.size() == 1 || IsCount(constants[1]));
  }
  if (name == "round") return argument == 0 && constants.empty();
  return argument == 0 && kOfFirst.contains(name);
}

bool IsTime(const dk::LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_TZ:
      return true;
    default:
      return false;
  }
}

/// Casts that keep the order of values.
bool IsRisingCast(const dk::LogicalType& from, const dk::LogicalType& to) {
  if (from.IsNumeric() && to.IsNumeric()) return true;
  return IsTime(from) && IsTime(to);
}

bool DependsOnZone(const dk::LogicalType& type) { return type.id() == LogicalTypeId::TIMESTAMP_TZ; }

/// A moment a day earlier or later: time zones move wall clocks by less.
dk::Value Shifted(const dk::Value& moment, int64_t days) {
  if (moment.type().id() == LogicalTypeId::TIMESTAMP_TZ) {
    const int64_t micros = moment.GetValue<dk::timestamp_tz_t>().value;
    return dk::Value::TIMESTAMPTZ(dk::timestamp_tz_t(micros + days * kMicrosPerDay));
  }
  if (moment.type().id() == LogicalTypeId::TIMESTAMP) {
    const int64_t micros = moment.GetValue<dk::timestamp_t>().value;
    return dk::Value::TIMESTAMP(dk::timestamp_t(micros + days * kMicrosPerDay));
  }
  if (moment.type().id() == LogicalTypeId::DATE) {
    const int32_t day = moment.GetValue<dk::date_t>().days;
    return dk::Value::DATE(dk::date_t(day + static_cast<int32_t>(days)));
  }
  return dk::Value(moment.type());
}

}  // namespace

DomainFinder::DomainFinder(dk::ClientContext& context, const storage::Snapshot& snapshot,
                           std::vector<dk::column_t> columns, FileFacts facts)
    : context_(context),
      snapshot_(snapshot),
      columns_(std::move(columns)),
      facts_(std::move(facts)),
      generated_(std::make_shared<const GeneratedBounds>(snapshot)) {}

std::optional<dk::Value> DomainFinder::FactOf(const dk::Expression& expression, size_t file) const {
  if (!facts_ || expression.GetExpressionClass() != dk::ExpressionClass::BOUND_FUNCTION) {
    return std::nullopt;
  }
  const auto& call = expression.Cast<dk::BoundFunctionExpression>();
  if (call.function.name != "struct_extract" || call.children.size() != 2 ||
      call.children[0]->GetExpressionClass() != dk::ExpressionClass::BOUND_COLUMN_REF ||
      call.children[1]->GetExpressionClass() != dk::ExpressionClass::BOUND_CONSTANT) {
    return std::nullopt;
  }
  const auto index = call.children[0]->Cast<dk::BoundColumnRefExpression>().binding.column_index;
  if (index >= columns_.size() || columns_[index] != kMetadataColumn) return std::nullopt;
  const auto& name = call.children[1]->Cast<dk::BoundConstantExpression>().value;
  return facts_(file, dk::StringUtil::Lower(name.ToString()));
}

const storage::Field* DomainFinder::FieldOf(const dk::Expression& expression,
                                            storage::ColumnPath& path) const {
  if (expression.GetExpressionClass() == dk::ExpressionClass::BOUND_COLUMN_REF) {
    const auto index = expression.Cast<dk::BoundColumnRefExpression>().binding.column_index;
    const auto& fields = snapshot_.schema().fields;
    if (index >= columns_.size() || columns_[index] >= fields.size()) return nullptr;
    const storage::Field& field = fields[columns_[index]];
    path = {field.name};
    return &field;
  }
  if (expression.GetExpressionClass() != dk::ExpressionClass::BOUND_FUNCTION) return nullptr;
  const auto& call = expression.Cast<dk::BoundFunctionExpression>();
  if (call.function.name != "struct_extract" || call.children.size() != 2 ||
      call.children[1]->GetExpressionClass() != dk::ExpressionClass::BOUND_CONSTANT) {
    return nullptr;
  }
  const storage::Field* parent = FieldOf(*call.children[0], path);
  if (parent == nullptr || parent->type->id() != TypeId::kStruct) return nullptr;
  const std::string name = call.children[1]->Cast<dk::BoundConstantExpression>().value.ToString();
  for (const storage::Field& field : parent->type->fields()) {
    if (!dk::StringUtil::CIEquals(field.name, name)) continue;
    path.push_back(field.name);
    return &field;
  }
  return nullptr;
}

ValueDomain DomainFinder::OfPath(const storage::ColumnPath& path, const storage::DataType& type,
                                 size_t file) {
  ValueDomain domain;
  auto& bounds = bounds_[path];
  if (!bounds) bounds = snapshot_.Bounds(path);
  const int64_t rows = snapshot_.file(file).num_records;
  const int64_t nulls = bounds->null_count[file];
  domain.may_be_null = nulls != 0;
  domain.may_be_value = rows < 0 || nulls != rows;
  if (type.is_nested() || type.id() == TypeId::kBinary || type.id() >= TypeId::kVoid) return domain;
  const auto& min = bounds->min[file];
  const auto& max = bounds->max[file];
  if (!min.is_null()) domain.min = ToDuckDb(min, type);
  // NaN is above every bound that statistics give.
  const bool real = type.id() == TypeId::kFloat || type.id() == TypeId::kDouble;
  if (!max.is_null() && !real) domain.max = ToDuckDb(max, type);
  return domain;
}

ValueDomain DomainFinder::Map(const ValueDomain& argument, bool by_time_zone, bool falling,
                              const std::function<bool(dk::Value&)>& apply) {
  ValueDomain domain;
  domain.may_be_value = argument.may_be_value;
  const auto bound = [&](const dk::Value& end, int64_t days, dk::Value& into) {
    if (end.IsNull()) return;
    dk::Value value = by_time_zone ? Shifted(end, days) : end;
    if (!value.IsNull() && apply(value)) into = value;
  };
  bound(argument.min, -1, falling ? domain.max : domain.min);
  bound(argument.max, 1, falling ? domain.min : domain.max);
  return domain;
}

ValueDomain DomainFinder::OfFunction(const dk::BoundFunctionExpression& call, size_t file) {
  std::vector<dk::Value> constants;
  size_t place = call.children.size();
  for (size_t i = 0; i < call.children.size(); ++i) {
    dk::Value value;
    if (!call.children[i]->IsFoldable()) {
      if (place != call.children.size()) return {};
      place = i;
    } else if (dk::ExpressionExecutor::TryEvaluateScalar(context_, *call.children[i], value)) {
      constants.push_back(std::move(value));
    } else {
      return {};
    }
  }
  if (place == call.children.size() || call.IsVolatile()) return {};
  const bool rising = IsRising(call.function.name, place, constants);
  const bool falling = call.function.name == "-" && place == 1 && constants.size() == 1;
  if (!rising && !falling) return {};
  const auto& argument = *call.children[place];
  return Map(Find(argument, file), DependsOnZone(argument.return_type), falling,
             [&](dk::Value& value) {
               auto copy = call.Copy();
               copy->Cast<dk::BoundFunctionExpression>().children[place] =
                   dk::make_uniq<dk::BoundConstantExpression>(value);
               dk::Value result;
               if (!dk::ExpressionExecutor::TryEvaluateScalar(context_, *copy, result))
                 return false;
               value = std::move(result);
               return !value.IsNull();
             });
}

ValueDomain DomainFinder::Find(const dk::Expression& expression, size_t file) {
  storage::ColumnPath path;
  if (const storage::Field* field = FieldOf(expression, path)) {
    ValueDomain domain = OfPath(path, *field->type, file);
    if (path.size() == 1) generated_->Narrow(field->name, file, domain);
    return domain;
  }
  if (const auto fact = FactOf(expression, file)) return {*fact, *fact, false, true};
  switch (expression.GetExpressionClass()) {
    case dk::ExpressionClass::BOUND_CONSTANT: {
      const dk::Value& value = expression.Cast<dk::BoundConstantExpression>().value;
      return {value, value, value.IsNull(), !value.IsNull()};
    }
    case dk::ExpressionClass::BOUND_CAST: {
      const auto& cast = expression.Cast<dk::BoundCastExpression>();
      const auto& from = cast.child->return_type;
      const auto& to = cast.return_type;
      if (!IsRisingCast(from, to)) break;
      const bool zoned = from != to && (DependsOnZone(from) || DependsOnZone(to));
      return Map(Find(*cast.child, file), zoned, false, [&](dk::Value& value) {
        dk::Value result;
        std::string error;
        if (!value.TryCastAs(context_, to, result, &error)) return false;
        value = std::move(result);
        return !value.IsNull();
      });
    }
    case dk::ExpressionClass::BOUND_FUNCTION: {
      const ValueDomain domain = OfFunction(expression.Cast<dk::BoundFunctionExpression>(), file);
      if (!domain.min.IsNull() || !domain.max.IsNull() || !domain.may_be_value) return domain;
      break;
    }
    default:
      break;
  }
  dk::Value value;
  if (!Evaluate(expression, file, value)) return {};
  return {value, value, value.IsNull(), !value.IsNull()};
}

bool DomainFinder::Substitute(dk::unique_ptr<dk::Expression>& expression, size_t file,
                              std::string& key) {
  if (auto fact = FactOf(*expression, file)) {
    key += fact->ToSQLString() + '\n';
    expression = dk::make_uniq<dk::BoundConstantExpression>(*std::move(fact));
    return true;
  }
  if (expression->GetExpressionClass() == dk::ExpressionClass::BOUND_COLUMN_REF) {
    storage::ColumnPath path;
    const storage::Field* field = FieldOf(*expression, path);
    const auto& parts = snapshot_.metadata().partition_columns;
    const auto part = field ? std::find(parts.begin(), parts.end(), field->name) : parts.end();
    const auto column = static_cast<size_t>(part - parts.begin());
    if (part == parts.end() || !snapshot_.has_partition_value(file, column)) return false;
    auto value = ToDuckDb(snapshot_.partition_value(file, column), *field->type);
    key += value.ToSQLString() + '\n';
    expression = dk::make_uniq<dk::BoundConstantExpression>(std::move(value));
    return true;
  }
  bool all = true;
  dk::ExpressionIterator::EnumerateChildren(*expression,
                                            [&](dk::unique_ptr<dk::Expression>& child) {
                                              if (all) all = Substitute(child, file, key);
                                            });
  return all;
}

bool DomainFinder::Evaluate(const dk::Expression& expression, size_t file, dk::Value& value) {
  if (expression.IsVolatile() || expression.HasSubquery() || expression.HasParameter())
    return false;
  auto copy = expression.Copy();
  std::string key = std::to_string(reinterpret_cast<uintptr_t>(&expression)) + '\n';
  if (!Substitute(copy, file, key)) return false;
  const auto found = evaluated_.find(key);
  if (found != evaluated_.end()) {
    value = found->second.second;
    return found->second.first;
  }
  const bool done =
      copy->IsFoldable() && dk::ExpressionExecutor::TryEvaluateScalar(context_, *copy, value);
  if (evaluated_.size() < kMaxEvaluated) evaluated_[key] = {done, value};
  return done;
}

}  // namespace lakehouse::query::duckdb
