#include "query/engines/duckdb/variant_rows.h"

#include <duckdb/function/aggregate_function.hpp>
#include <duckdb/optimizer/optimizer_extension.hpp>
#include <duckdb/parser/parsed_data/create_aggregate_function_info.hpp>
#include <duckdb/parser/parsed_data/create_table_function_info.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <duckdb/planner/logical_operator_visitor.hpp>

#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/variant_type.h"
#include "storage/variant_schema.h"

namespace lakehouse::query::duckdb {
namespace {

using ExpressionPtr = dk::unique_ptr<dk::Expression>;

dk::string_t TextIn(dk::Vector& vector, std::string_view text) {
  return dk::StringVector::AddString(vector, text.data(), text.size());
}

// The aggregate. Its state is a pointer, so that the engine may move it.

struct SchemaState {
  storage::VariantSchema* schema = nullptr;
};

SchemaState& StateAt(const dk::UnifiedVectorFormat& states, dk::idx_t row) {
  return *dk::UnifiedVectorFormat::GetData<SchemaState*>(states)[states.sel->get_index(row)];
}

template <typename Use>
void ForEachState(dk::Vector& vector, dk::idx_t count, const Use& use) {
  dk::UnifiedVectorFormat states;
  vector.ToUnifiedFormat(count, states);
  for (dk::idx_t i = 0; i < count; ++i) use(i, StateAt(states, i));
}

dk::idx_t SizeOfState(const dk::AggregateFunction&) { return sizeof(SchemaState); }
void StartState(const dk::AggregateFunction&, dk::data_ptr_t state) { new (state) SchemaState(); }

void MergeInto(SchemaState& state, storage::VariantSchema schema) {
  if (!state.schema) state.schema = new storage::VariantSchema();
  state.schema->Merge(std::move(schema));
}

void TakeVariants(dk::Vector inputs[], dk::AggregateInputData&, dk::idx_t, dk::Vector& states,
                  dk::idx_t count) {
  const VariantRows variants(inputs[0], count);
  ForEachState(states, count, [&](dk::idx_t i, SchemaState& state) {
    if (variants.IsNull(i)) return;
    try {
      MergeInto(state, storage::VariantSchema::Of(variants.At(i)));
    } catch (const Error& error) {
      throw dk::InvalidInputException(error.message());
    }
  });
}

void CombineStates(dk::Vector& from, dk::Vector& into, dk::AggregateInputData&, dk::idx_t count) {
  dk::UnifiedVectorFormat targets;
  into.ToUnifiedFormat(count, targets);
  ForEachState(from, count, [&](dk::idx_t i, SchemaState& state) {
    if (state.schema) MergeInto(StateAt(targets, i), *state.schema);
  });
}

void FinishStates(dk::Vector& states, dk::AggregateInputData&, dk::Vector& result, dk::idx_t count,
                  dk::idx_t offset) {
  const bool constant = states.GetVectorType() == dk::VectorType::CONSTANT_VECTOR;
  ForEachState(states, count, [&](dk::idx_t i, SchemaState& state) {
    const auto text = (state.schema ? *state.schema : storage::VariantSchema()).ToString();
    dk::FlatVector::GetData<dk::string_t>(result)[i + offset] = TextIn(result, text);
  });
  if (constant) result.SetVectorType(dk::VectorType::CONSTANT_VECTOR);
}

void EndStates(dk::Vector& states, dk::AggregateInputData&, dk::idx_t count) {
  ForEachState(states, count, [](dk::idx_t, SchemaState& state) {
    delete state.schema;
    state.schema = nullptr;
  });
}

// variant_explode

/// The row of the input that is taken apart, and how far.
struct ExplodeState : dk::LocalTableFunctionState {
  dk::idx_t row = 0;
  dk::idx_t part = 0;
};

dk::unique_ptr<dk::FunctionData> BindExplode(dk::ClientContext&, dk::TableFunctionBindInput&,
                                             dk::vector<dk::LogicalType>& types,
                                             dk::vector<std::string>& names) {
  types = {dk::LogicalType::INTEGER, dk::LogicalType::VARCHAR, VariantType()};
  names = {"pos", "key", "value"};
  return dk::make_uniq<dk::TableFunctionData>();
}

dk::unique_ptr<dk::LocalTableFunctionState> StartExplode(dk::ExecutionContext&,
                                                         dk::TableFunctionInitInput&,
                                                         dk::GlobalTableFunctionState*) {
  return dk::make_uniq<ExplodeState>();
}

void SetRow(dk::DataChunk& output, VariantSink& values, dk::idx_t row, int32_t part,
            const storage::VariantEntry& entry) {
  dk::FlatVector::GetData<int32_t>(output.data[0])[row] = part;
  if (entry.name) {
    dk::FlatVector::GetData<dk::string_t>(output.data[1])[row] =
        TextIn(output.data[1], *entry.name);
  } else {
    dk::FlatVector::SetNull(output.data[1], row, true);
  }
  values.Set(row, entry.variant);
}

void SetNullRow(dk::DataChunk& output, VariantSink& values, dk::idx_t row) {
  dk::FlatVector::SetNull(output.data[0], row, true);
  dk::FlatVector::SetNull(output.data[1], row, true);
  values.SetNull(row);
}

/// With kOuter what has no parts makes one row of nulls.
template <bool kOuter>
dk::OperatorResultType Explode(dk::ExecutionContext& context, dk::TableFunctionInput& data,
                               dk::DataChunk& input, dk::DataChunk& output) {
  auto& state = data.local_state->Cast<ExplodeState>();
  const VariantRows variants(input.data[0], input.size());
  VariantSink values(output.data[2]);
  dk::idx_t made = 0;
  SessionOf(context.client).Guard([&] {
    for (; state.row < input.size() && made < STANDARD_VECTOR_SIZE; ++state.row, state.part = 0) {
      std::vector<storage::VariantEntry> entries;
      if (!variants.IsNull(state.row)) entries = storage::VariantEntries(variants.At(state.row));
      if (kOuter && entries.empty()) SetNullRow(output, values, made++);
      for (; state.part < entries.size() && made < STANDARD_VECTOR_SIZE; ++state.part, ++made) {
        SetRow(output, values, made, static_cast<int32_t>(state.part), entries[state.part]);
      }
      if (state.part < entries.size()) return;
    }
  });
  output.SetCardinality(made);
  // The engine asks until there are no rows.
  if (made > 0) return dk::OperatorResultType::HAVE_MORE_OUTPUT;
  state = ExplodeState();
  return dk::OperatorResultType::NEED_MORE_INPUT;
}

template <bool kOuter>
dk::TableFunction ExplodeFunction(const char* name) {
  dk::TableFunction function(name, {VariantType()}, nullptr, BindExplode, nullptr, StartExplode);
  function.in_out_function = Explode<kOuter>;
  return function;
}

// Casts

void Pass(dk::DataChunk& rows, dk::ExpressionState&, dk::Vector& result) {
  result.Reference(rows.data[0]);
}

void Wrap(ExpressionPtr& expression) {
  dk::ExpressionIterator::EnumerateChildren(*expression, Wrap);
  if (expression->GetExpressionClass() != dk::ExpressionClass::BOUND_CAST) return;
  const auto& cast = expression->Cast<dk::BoundCastExpression>();
  if (!IsVariant(cast.child->return_type)) return;
  const auto type = cast.return_type;
  dk::ScalarFunction pass("__internal_of_variant", {type}, type, Pass);
  pass.SetNullHandling(dk::FunctionNullHandling::SPECIAL_HANDLING);
  dk::vector<ExpressionPtr> arguments;
  arguments.push_back(std::move(expression));
  expression = dk::make_uniq<dk::BoundFunctionExpression>(type, std::move(pass),
                                                          std::move(arguments), nullptr);
}

void WrapCasts(dk::LogicalOperator& plan) {
  dk::LogicalOperatorVisitor::EnumerateExpressions(
      plan, [](ExpressionPtr* expression) { Wrap(*expression); });
  for (const auto& child : plan.children) WrapCasts(*child);
}

}  // namespace

void RegisterVariantRows(dk::Connection& connection) {
  auto& context = *connection.context;
  context.RunFunctionInTransaction([&] {
    auto& system = dk::Catalog::GetSystemCatalog(context);
    dk::AggregateFunction merged("schema_of_variant_agg", {VariantType()}, dk::LogicalType::VARCHAR,
                                 SizeOfState, StartState, TakeVariants, CombineStates, FinishStates,
                                 dk::FunctionNullHandling::SPECIAL_HANDLING, nullptr, nullptr,
                                 EndStates);
    dk::CreateAggregateFunctionInfo aggregate(std::move(merged));
    system.CreateFunction(context, aggregate);
    dk::CreateTableFunctionInfo explode(ExplodeFunction<false>("variant_explode"));
    system.CreateTableFunction(context, explode);
    dk::CreateTableFunctionInfo outer(ExplodeFunction<true>("variant_explode_outer"));
    system.CreateTableFunction(context, outer);
  });
}

void KeepVariantCasts(dk::DBConfig& config) {
  dk::OptimizerExtension extension;
  extension.pre_optimize_function = [](dk::OptimizerExtensionInput&,
                                       dk::unique_ptr<dk::LogicalOperator>& plan) {
    WrapCasts(*plan);
  };
  dk::OptimizerExtension::Register(config, std::move(extension));
}

}  // namespace lakehouse::query::duckdb
