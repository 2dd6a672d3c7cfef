#include "query/engines/duckdb/curve_key.h"

#include <algorithm>
#include <array>
#include <duckdb/function/create_sort_key.hpp>
#include <duckdb/parser/parsed_data/create_scalar_function_info.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>
#include <string_view>

#include "query/engines/duckdb/lake_session.h"
#include "storage/partitioning/space_curve.h"

namespace lakehouse::query::duckdb {
namespace {

namespace partitioning = storage::partitioning;

/// Are values of the type whole numbers inside, in their order?
bool IsNumber(const dk::LogicalType& type) {
  switch (type.InternalType()) {
    case dk::PhysicalType::INT8:
    case dk::PhysicalType::INT16:
    case dk::PhysicalType::INT32:
    case dk::PhysicalType::INT64:
      return true;
    default:
      return false;
  }
}

template <typename Number, typename Take>
void ForNumbers(dk::Vector& column, dk::idx_t count, const Take& take) {
  dk::UnifiedVectorFormat format;
  column.ToUnifiedFormat(count, format);
  const auto* values = dk::UnifiedVectorFormat::GetData<Number>(format);
  for (dk::idx_t i = 0; i < count; ++i) {
    const auto at = format.sel->get_index(i);
    const bool valid = format.validity.RowIsValid(at);
    take(i, valid ? static_cast<int64_t>(values[at]) : INT64_MIN);
  }
}

/// Calls take(row, number) for each value; null is the least number.
template <typename Take>
void TakeNumbers(dk::Vector& column, dk::idx_t count, const Take& take) {
  switch (column.GetType().InternalType()) {
    case dk::PhysicalType::INT8:
      return ForNumbers<int8_t>(column, count, take);
    case dk::PhysicalType::INT16:
      return ForNumbers<int16_t>(column, count, take);
    case dk::PhysicalType::INT32:
      return ForNumbers<int32_t>(column, count, take);
    default:
      return ForNumbers<int64_t>(column, count, take);
  }
}

/// Calls take(row, key) for each value, with a key that is ordered byte by byte.
template <typename Take>
void TakeKeys(dk::Vector& column, dk::idx_t count, const Take& take) {
  dk::Vector keys(dk::LogicalType::BLOB, count);
  const dk::OrderModifiers order(dk::OrderType::ASCENDING, dk::OrderByNullType::NULLS_FIRST);
  dk::CreateSortKeyHelpers::CreateSortKey(column, count, order, keys);
  dk::UnifiedVectorFormat format;
  keys.ToUnifiedFormat(count, format);
  const auto* values = dk::UnifiedVectorFormat::GetData<dk::string_t>(format);
  for (dk::idx_t i = 0; i < count; ++i) {
    const auto& key = values[format.sel->get_index(i)];
    take(i, std::string_view(key.GetData(), key.GetSize()));
  }
}

template <typename Value>
void KeepAt(std::vector<Value>& values, const std::vector<size_t>& positions) {
  size_t next = 0;
  for (const size_t position : positions) {
    if (next != position) values[next] = std::move(values[position]);
    ++next;
  }
  values.resize(positions.size());
}

}  // namespace

ColumnRanks::Sample::Sample(const dk::LogicalType& type) {
  if (!IsNumber(type)) values_ = std::vector<std::string>();
}

void ColumnRanks::Sample::Add(dk::Vector& column, const dk::SelectionVector& rows,
                              dk::idx_t count) {
  dk::Vector chosen(column, rows, count);
  if (auto* numbers = std::get_if<std::vector<int64_t>>(&values_)) {
    TakeNumbers(chosen, count, [&](dk::idx_t, int64_t number) { numbers->push_back(number); });
  } else {
    auto& keys = std::get<std::vector<std::string>>(values_);
    TakeKeys(chosen, count, [&](dk::idx_t, std::string_view key) { keys.emplace_back(key); });
  }
}

void ColumnRanks::Sample::Keep(const std::vector<size_t>& positions) {
  std::visit([&](auto& values) { KeepAt(values, positions); }, values_);
}

size_t ColumnRanks::Sample::size() const {
  return std::visit([](const auto& values) { return values.size(); }, values_);
}

ColumnRanks ColumnRanks::Sample::Finish() && {
  ColumnRanks ranks;
  if (auto* numbers = std::get_if<std::vector<int64_t>>(&values_)) {
    ranks.bounds_ = Numbers(std::move(*numbers));
  } else {
    ranks.bounds_ = Keys(std::move(std::get<std::vector<std::string>>(values_)));
  }
  return ranks;
}

void ColumnRanks::Rank(dk::Vector& column, dk::idx_t count, uint32_t* ranks, size_t stride) const {
  if (const auto* numbers = std::get_if<Numbers>(&bounds_)) {
    TakeNumbers(column, count, [&](dk::idx_t row, int64_t number) {
      ranks[row * stride] = numbers->RankOf(number);
    });
  } else {
    const auto& keys = std::get<Keys>(bounds_);
    TakeKeys(column, count,
             [&](dk::idx_t row, std::string_view key) { ranks[row * stride] = keys.RankOf(key); });
  }
}

namespace {

constexpr char kStateName[] = "lake_curve";

struct CurveState : dk::ClientContextState {
  explicit CurveState(CurvePtr of) : curve(std::move(of)) {}
  const CurvePtr curve;
};

struct CurveData : dk::FunctionData {
  explicit CurveData(CurvePtr of) : curve(std::move(of)) {}
  dk::unique_ptr<dk::FunctionData> Copy() const override { return dk::make_uniq<CurveData>(curve); }
  bool Equals(const dk::FunctionData& other) const override {
    return curve == other.Cast<CurveData>().curve;
  }
  const CurvePtr curve;
};

dk::unique_ptr<dk::FunctionData> BindCurve(dk::ClientContext& context, dk::ScalarFunction&,
                                           dk::vector<dk::unique_ptr<dk::Expression>>& arguments) {
  const auto state = context.registered_state->Get<CurveState>(kStateName);
  const CurvePtr curve = state ? state->curve : nullptr;
  SessionOf(context).Guard([&] {
    if (curve && curve->columns.size() == arguments.size()) return;
    throw Error(ErrorKind::kPermissionDenied, "LK-4011",
                std::string("the function ") + kCurveFunction + " may not be used",
                "OPTIMIZE ... ZORDER BY orders rows");
  });
  return dk::make_uniq<CurveData>(curve);
}

void ComputeKeys(dk::DataChunk& rows, dk::ExpressionState& state, dk::Vector& result) {
  const auto& bound = state.expr.Cast<dk::BoundFunctionExpression>();
  const Curve& curve = *bound.bind_info->Cast<CurveData>().curve;
  const size_t columns = curve.columns.size();
  std::vector<uint32_t> ranks(rows.size() * columns);
  for (size_t i = 0; i < columns; ++i) {
    curve.columns[i].Rank(rows.data[i], rows.size(), ranks.data() + i, columns);
  }
  const int bits = partitioning::BitsPerColumn(columns);
  for (uint32_t& rank : ranks) rank >>= partitioning::kRankBits - bits;
  result.SetVectorType(dk::VectorType::FLAT_VECTOR);
  auto* keys = dk::FlatVector::GetData<uint64_t>(result);
  for (dk::idx_t row = 0; row < rows.size(); ++row) {
    const std::span point(ranks.data() + row * columns, columns);
    keys[row] = curve.hilbert ? partitioning::HilbertKey(point, bits)
                              : partitioning::ZOrderKey(point, bits);
  }
}

}  // namespace

CurveInUse::CurveInUse(dk::ClientContext& context, CurvePtr curve) : context_(context) {
  context_.registered_state->Insert(kStateName, dk::make_shared_ptr<CurveState>(std::move(curve)));
}

CurveInUse::~CurveInUse() { context_.registered_state->Remove(kStateName); }

void RegisterCurveFunction(dk::Connection& connection) {
  auto& context = *connection.context;
  context.RunFunctionInTransaction([&] {
    dk::ScalarFunction function(kCurveFunction, {dk::LogicalType::ANY}, dk::LogicalType::UBIGINT,
                                ComputeKeys, BindCurve);
    function.varargs = dk::LogicalType::ANY;
    function.SetNullHandling(dk::FunctionNullHandling::SPECIAL_HANDLING);
    dk::CreateScalarFunctionInfo info(std::move(function));
    dk::Catalog::GetSystemCatalog(context).CreateFunction(context, info);
  });
}

}  // namespace lakehouse::query::duckdb
