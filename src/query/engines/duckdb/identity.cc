#include "query/engines/duckdb/identity.h"

#include <duckdb/execution/expression_executor.hpp>
#include <duckdb/execution/expression_executor_state.hpp>
#include <duckdb/parser/parsed_data/create_scalar_function_info.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "query/engines/duckdb/lake_catalog.h"
#include "query/engines/duckdb/lake_transaction.h"
#include "storage/field_keys.h"

namespace lakehouse::query::duckdb {
namespace {

nlohmann::json ValueOf(const storage::Field& field, const char* key) {
  const auto found = field.metadata.find(key);
  if (found == field.metadata.end()) return {};
  return nlohmann::json::parse(found->second, nullptr, /*allow_exceptions=*/false);
}

struct NumbersData : dk::FunctionData {
  explicit NumbersData(std::shared_ptr<IdentityNumbers> of) : numbers(std::move(of)) {}
  dk::unique_ptr<dk::FunctionData> Copy() const override {
    return dk::make_uniq<NumbersData>(numbers);
  }
  bool Equals(const dk::FunctionData& other) const override {
    return other.Cast<NumbersData>().numbers == numbers;
  }
  const std::shared_ptr<IdentityNumbers> numbers;
};

dk::unique_ptr<dk::FunctionData> BindNumbers(dk::ClientContext& context, dk::ScalarFunction&,
                                             dk::vector<dk::unique_ptr<dk::Expression>>& given) {
  auto& session = SessionOf(context);
  std::shared_ptr<IdentityNumbers> numbers;
  if (given[0]->IsFoldable()) {
    const auto key = dk::ExpressionExecutor::EvaluateScalar(context, *given[0]);
    auto& catalog = dk::Catalog::GetCatalog(context, session.lake->default_catalog());
    auto& transaction = LakeTransaction::Get(context, catalog);
    if (!key.IsNull()) numbers = transaction.identities().Find(key.GetValue<int64_t>());
  }
  if (!numbers) throw dk::PermissionException("the function %s may not be used", kIdentityFunction);
  return dk::make_uniq<NumbersData>(std::move(numbers));
}

void GiveNumbers(dk::DataChunk& rows, dk::ExpressionState& state, dk::Vector& result) {
  auto& call = state.expr.Cast<dk::BoundFunctionExpression>();
  auto& numbers = *call.bind_info->Cast<NumbersData>().numbers;
  const auto count = static_cast<int64_t>(rows.size());
  const int64_t first = SessionOf(state.GetContext()).Guard([&] { return numbers.Take(count); });
  result.SetVectorType(dk::VectorType::FLAT_VECTOR);
  auto* values = dk::FlatVector::GetData<int64_t>(result);
  for (int64_t i = 0; i < count; ++i) values[i] = first + i * numbers.step();
}

dk::unique_ptr<dk::FunctionData> BindComputed(dk::ClientContext& context, dk::ScalarFunction&,
                                              dk::vector<dk::unique_ptr<dk::Expression>>&) {
  auto& catalog = dk::Catalog::GetCatalog(context, SessionOf(context).lake->default_catalog());
  if (!LakeTransaction::Get(context, catalog).identities().computes()) {
    throw dk::PermissionException("the function %s may not be used", kComputedFunction);
  }
  return nullptr;
}

void GiveNull(dk::DataChunk&, dk::ExpressionState&, dk::Vector& result) {
  result.SetVectorType(dk::VectorType::CONSTANT_VECTOR);
  dk::ConstantVector::SetNull(result, true);
}

void Register(dk::ClientContext& context, dk::ScalarFunction function) {
  function.SetStability(dk::FunctionStability::VOLATILE);
  dk::CreateScalarFunctionInfo info(std::move(function));
  dk::Catalog::GetSystemCatalog(context).CreateFunction(context, info);
}

}  // namespace

std::optional<IdentitySpec> IdentityOf(const storage::Field& field) {
  if (field.metadata.count(storage::kIdentityStartKey) == 0) return std::nullopt;
  const auto start = ValueOf(field, storage::kIdentityStartKey);
  const auto step = ValueOf(field, storage::kIdentityStepKey);
  const auto mark = ValueOf(field, storage::kIdentityMarkKey);
  const bool understood =
      start.is_number_integer() && step.is_number_integer() && step.get<int64_t>() != 0 &&
      (mark.is_null() || mark.is_number_integer()) && field.type->id() == storage::TypeId::kLong;
  if (!understood) {
    throw Error(ErrorKind::kUnsupported, "LK-3020",
                "the identity column " + field.name + " is not understood",
                "Its start and step are whole numbers, its type is bigint.");
  }
  IdentitySpec spec{start.get<int64_t>(), step.get<int64_t>(), std::nullopt, false};
  if (!mark.is_null()) spec.mark = mark.get<int64_t>();
  const auto allowed = ValueOf(field, storage::kIdentityExplicitKey);
  spec.explicit_allowed = allowed.is_boolean() && allowed.get<bool>();
  return spec;
}

IdentityNumbers::IdentityNumbers(std::string column, const IdentitySpec& spec)
    : column_(std::move(column)), spec_(spec), next_(spec.start) {
  if (!spec_.mark) return;
  // The first number of the row start, start + step, ... that is beyond the mark.
  const __int128 step = spec_.step;
  const __int128 gone = static_cast<__int128>(*spec_.mark) - spec_.start;
  const bool beyond = step > 0 ? gone >= 0 : gone <= 0;
  if (beyond) next_ = spec_.start + (gone / step + 1) * step;
}

int64_t IdentityNumbers::Take(int64_t count) {
  std::lock_guard lock(mutex_);
  if (count == 0) return spec_.start;
  const __int128 last = next_ + static_cast<__int128>(count - 1) * spec_.step;
  if (last > INT64_MAX || last < INT64_MIN) {
    throw Error(ErrorKind::kResourceExhausted, "LK-4044",
                "the identity column " + column_ + " has no more numbers",
                "Give its values yourself, or make a new table with another start or step.");
  }
  const auto first = static_cast<int64_t>(next_);
  last_ = static_cast<int64_t>(last);
  next_ = last + spec_.step;
  return first;
}

std::optional<int64_t> IdentityNumbers::last() const {
  std::lock_guard lock(mutex_);
  return last_;
}

int64_t Identities::KeyOf(const std::string& table_uri, const std::string& column,
                          const IdentitySpec& spec) {
  std::lock_guard lock(mutex_);
  for (size_t i = 0; i < numbers_.size(); ++i) {
    if (numbers_[i].first == table_uri && numbers_[i].second->column() == column) {
      return static_cast<int64_t>(i);
    }
  }
  numbers_.emplace_back(table_uri, std::make_shared<IdentityNumbers>(column, spec));
  return static_cast<int64_t>(numbers_.size()) - 1;
}

std::shared_ptr<IdentityNumbers> Identities::Find(int64_t key) const {
  std::lock_guard lock(mutex_);
  const bool there = key >= 0 && static_cast<size_t>(key) < numbers_.size();
  return there ? numbers_[static_cast<size_t>(key)].second : nullptr;
}

std::map<std::string, int64_t> Identities::MarksOf(const std::string& table_uri) const {
  std::lock_guard lock(mutex_);
  std::map<std::string, int64_t> marks;
  for (const auto& [uri, numbers] : numbers_) {
    const auto last = numbers->last();
    if (uri == table_uri && last) marks[numbers->column()] = *last;
  }
  return marks;
}

bool SetMarks(const std::map<std::string, int64_t>& marks, storage::TableMetadata& metadata) {
  for (const auto& [column, mark] : marks) {
    const auto at = metadata.schema.IndexOf(column);
    if (at) metadata.schema.fields[*at].metadata[storage::kIdentityMarkKey] = std::to_string(mark);
  }
  return !marks.empty();
}

bool IsCallOf(const dk::Expression& expression, const char* function) {
  if (expression.GetExpressionClass() == dk::ExpressionClass::BOUND_CAST) {
    return IsCallOf(*expression.Cast<dk::BoundCastExpression>().child, function);
  }
  return expression.GetExpressionClass() == dk::ExpressionClass::BOUND_FUNCTION &&
         expression.Cast<dk::BoundFunctionExpression>().function.name == function;
}

void RegisterIdentity(dk::Connection& connection) {
  auto& context = *connection.context;
  context.RunFunctionInTransaction([&] {
    Register(context, dk::ScalarFunction(kIdentityFunction, {dk::LogicalType::BIGINT},
                                         dk::LogicalType::BIGINT, GiveNumbers, BindNumbers));
    // A text can be cast to every type.
    Register(context, dk::ScalarFunction(kComputedFunction, {}, dk::LogicalType::VARCHAR, GiveNull,
                                         BindComputed));
  });
}

}  // namespace lakehouse::query::duckdb
