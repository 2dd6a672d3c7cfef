#include "query/engines/duckdb/variant_functions.h"

#include <duckdb/catalog/catalog_entry/scalar_function_catalog_entry.hpp>
#include <duckdb/execution/expression_executor.hpp>
#include <duckdb/function/function_binder.hpp>
#include <duckdb/parser/parsed_data/create_scalar_function_info.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <functional>

#include "query/engines/duckdb/dialect/cursor.h"
#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/types.h"
#include "query/engines/duckdb/variant_type.h"
#include "storage/variant_schema.h"

namespace lakehouse::query::duckdb {
namespace {

std::string_view TextOf(const dk::UnifiedVectorFormat& rows, dk::idx_t row) {
  const auto& text = dk::UnifiedVectorFormat::GetData<dk::string_t>(rows)[rows.sel->get_index(row)];
  return {text.GetData(), text.GetSize()};
}

bool IsThere(const dk::UnifiedVectorFormat& rows, dk::idx_t row) {
  return rows.validity.RowIsValid(rows.sel->get_index(row));
}

void EndConstant(dk::DataChunk& rows, dk::Vector& result) {
  if (rows.AllConstant()) result.SetVectorType(dk::VectorType::CONSTANT_VECTOR);
}

void ParseJson(dk::DataChunk& rows, dk::ExpressionState& state, dk::Vector& result) {
  dk::UnifiedVectorFormat texts;
  rows.data[0].ToUnifiedFormat(rows.size(), texts);
  VariantSink sink(result);
  SessionOf(state.GetContext()).Guard([&] {
    for (dk::idx_t i = 0; i < rows.size(); ++i) {
      if (IsThere(texts, i)) {
        sink.Set(i, storage::ParseVariant(TextOf(texts, i)).view());
      } else {
        sink.SetNull(i);
      }
    }
  });
  EndConstant(rows, result);
}

void TryParseJson(dk::DataChunk& rows, dk::ExpressionState&, dk::Vector& result) {
  dk::UnifiedVectorFormat texts;
  rows.data[0].ToUnifiedFormat(rows.size(), texts);
  VariantSink sink(result);
  for (dk::idx_t i = 0; i < rows.size(); ++i) {
    try {
      if (!IsThere(texts, i)) {
        sink.SetNull(i);
      } else {
        sink.Set(i, storage::ParseVariant(TextOf(texts, i)).view());
      }
    } catch (const Error&) {
      sink.SetNull(i);
    }
  }
  EndConstant(rows, result);
}

void GetPart(dk::DataChunk& rows, dk::ExpressionState& state, dk::Vector& result) {
  const VariantRows variants(rows.data[0], rows.size());
  dk::UnifiedVectorFormat paths;
  rows.data[1].ToUnifiedFormat(rows.size(), paths);
  VariantSink sink(result);
  SessionOf(state.GetContext()).Guard([&] {
    std::string last;
    std::vector<storage::VariantStep> steps;
    for (dk::idx_t i = 0; i < rows.size(); ++i) {
      if (variants.IsNull(i) || !IsThere(paths, i)) {
        sink.SetNull(i);
        continue;
      }
      const auto path = TextOf(paths, i);
      if (path != last || path.empty()) {
        steps = storage::ParseVariantPath(path);
        last = path;
      }
      if (const auto part = storage::VariantAt(variants.At(i), steps)) {
        sink.Set(i, *part);
      } else {
        sink.SetNull(i);
      }
    }
  });
  EndConstant(rows, result);
}

void IsNullOfVariants(dk::DataChunk& rows, dk::ExpressionState& state, dk::Vector& result) {
  const VariantRows variants(rows.data[0], rows.size());
  result.SetVectorType(dk::VectorType::FLAT_VECTOR);
  auto* flags = dk::FlatVector::GetData<bool>(result);
  SessionOf(state.GetContext()).Guard([&] {
    for (dk::idx_t i = 0; i < rows.size(); ++i) {
      flags[i] = !variants.IsNull(i) && storage::IsVariantNull(variants.At(i));
    }
  });
  EndConstant(rows, result);
}

std::string SchemaText(const storage::VariantView& variant) {
  return storage::VariantSchema::Of(variant).ToString();
}

template <std::string (*kText)(const storage::VariantView&)>
void WriteText(dk::DataChunk& rows, dk::ExpressionState& state, dk::Vector& result) {
  const VariantRows variants(rows.data[0], rows.size());
  result.SetVectorType(dk::VectorType::FLAT_VECTOR);
  SessionOf(state.GetContext()).Guard([&] {
    for (dk::idx_t i = 0; i < rows.size(); ++i) {
      if (variants.IsNull(i)) {
        dk::FlatVector::SetNull(result, i, true);
        continue;
      }
      const std::string text = kText(variants.At(i));
      dk::FlatVector::GetData<dk::string_t>(result)[i] =
          dk::StringVector::AddString(result, text.data(), text.size());
    }
  });
  EndConstant(rows, result);
}

dk::ScalarFunction Special(const char* name, dk::vector<dk::LogicalType> arguments,
                           const dk::LogicalType& type, dk::scalar_function_t function) {
  dk::ScalarFunction made(name, std::move(arguments), type, std::move(function));
  made.SetNullHandling(dk::FunctionNullHandling::SPECIAL_HANDLING);
  return made;
}

dk::ScalarFunction PathFunction(const char* name) {
  return Special(name, {VariantType(), dk::LogicalType::VARCHAR}, VariantType(), GetPart);
}

dk::LogicalType TypeNamed(const std::string& text) {
  const auto tokens = dialect::Tokenize(text);
  dialect::Cursor cursor(text, tokens);
  const auto type = dialect::ParseType(cursor);
  cursor.ExpectEnd();
  return ToDuckDb(*type);
}

/// variant_get(v, path, 'type') is the cast of variant_get(v, path).
template <bool kTry>
dk::unique_ptr<dk::Expression> BindTyped(dk::FunctionBindExpressionInput& input) {
  auto& type = *input.children[2];
  auto& session = SessionOf(input.context);
  const auto target = session.Guard([&] {
    if (!type.IsFoldable()) {
      throw Error(ErrorKind::kInvalidArgument, "LK-4095",
                  "the type in variant_get is not a constant", "Write it, for example 'int'.");
    }
    const auto text = dk::ExpressionExecutor::EvaluateScalar(input.context, type);
    return TypeNamed(text.IsNull() ? "" : text.ToString());
  });
  dk::vector<dk::unique_ptr<dk::Expression>> arguments;
  arguments.push_back(std::move(input.children[0]));
  arguments.push_back(std::move(input.children[1]));
  auto part = dk::FunctionBinder(input.context)
                  .BindScalarFunction(PathFunction(kTry ? "try_variant_get" : "variant_get"),
                                      std::move(arguments));
  return dk::BoundCastExpression::AddCastToType(input.context, std::move(part), target, kTry);
}

void NeverRun(dk::DataChunk&, dk::ExpressionState&, dk::Vector&) {
  throw dk::InternalException("a typed variant_get is bound as a cast");
}

template <bool kTry>
dk::ScalarFunctionSet PathFunctions(const char* name) {
  dk::ScalarFunctionSet set(name);
  set.AddFunction(PathFunction(name));
  auto typed = Special(name, {VariantType(), dk::LogicalType::VARCHAR, dk::LogicalType::VARCHAR},
                       VariantType(), NeverRun);
  typed.SetBindExpressionCallback(BindTyped<kTry>);
  set.AddFunction(typed);
  return set;
}

}  // namespace

void RegisterVariantFunctions(dk::Connection& connection) {
  auto& context = *connection.context;
  context.RunFunctionInTransaction([&] {
    auto& system = dk::Catalog::GetSystemCatalog(context);
    const auto add = [&](dk::CreateScalarFunctionInfo info) {
      system.CreateFunction(context, info);
    };
    const auto text = dk::LogicalType::VARCHAR;
    add(dk::CreateScalarFunctionInfo(Special("parse_json", {text}, VariantType(), ParseJson)));
    add(dk::CreateScalarFunctionInfo(
        Special("try_parse_json", {text}, VariantType(), TryParseJson)));
    add(dk::CreateScalarFunctionInfo(
        Special("is_variant_null", {VariantType()}, dk::LogicalType::BOOLEAN, IsNullOfVariants)));
    add(dk::CreateScalarFunctionInfo(
        Special("schema_of_variant", {VariantType()}, text, WriteText<SchemaText>)));
    add(dk::CreateScalarFunctionInfo(PathFunctions<false>("variant_get")));
    add(dk::CreateScalarFunctionInfo(PathFunctions<true>("try_variant_get")));
    auto& to_json =
        system.GetEntry<dk::ScalarFunctionCatalogEntry>(context, DEFAULT_SCHEMA, "to_json");
    to_json.functions.AddFunction(Special("to_json", {VariantType()}, dk::LogicalType::JSON(),
                                          WriteText<storage::VariantJson>));
  });
}

}  // namespace lakehouse::query::duckdb
