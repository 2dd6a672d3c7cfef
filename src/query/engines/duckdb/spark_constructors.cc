#include "query/engines/duckdb/spark_constructors.h"

#include <duckdb/catalog/catalog_entry/scalar_function_catalog_entry.hpp>
#include <duckdb/execution/expression_executor.hpp>
#include <duckdb/function/function_binder.hpp>
#include <duckdb/parser/parsed_data/create_scalar_function_info.hpp>

namespace lakehouse::query::duckdb {
namespace {

using Arguments = dk::vector<dk::unique_ptr<dk::Expression>>;

/// A call of one of the engine's own functions.
dk::unique_ptr<dk::Expression> Call(dk::ClientContext& context, const std::string& name,
                                    Arguments arguments) {
  dk::ErrorData error;
  auto call = dk::FunctionBinder(context).BindScalarFunction(DEFAULT_SCHEMA, name,
                                                             std::move(arguments), error);
  if (!call) error.Throw();
  return call;
}

void RequirePairs(const Arguments& arguments, const std::string& function) {
  if (arguments.size() % 2 == 0) return;
  throw dk::BinderException(*arguments.back(),
                            function + " takes pairs, and its last argument has no value");
}

std::string FieldName(dk::ClientContext& context, const dk::Expression& given) {
  if (given.return_type.id() != dk::LogicalTypeId::VARCHAR || !given.IsFoldable()) {
    throw dk::BinderException(given, "named_struct takes names as '...' and values in turn");
  }
  const auto name = dk::ExpressionExecutor::EvaluateScalar(context, given);
  if (name.IsNull()) throw dk::BinderException(given, "a field of named_struct has no name");
  return name.ToString();
}

dk::unique_ptr<dk::Expression> BindNamedStruct(dk::FunctionBindExpressionInput& input) {
  RequirePairs(input.children, "named_struct");
  Arguments fields;
  for (dk::idx_t i = 0; i < input.children.size(); i += 2) {
    auto name = FieldName(input.context, *input.children[i]);
    fields.push_back(std::move(input.children[i + 1]));
    fields.back()->SetAlias(std::move(name));
  }
  return Call(input.context, "struct_pack", std::move(fields));
}

/// The engine's own map([keys], [values]).
dk::ScalarFunction MapOfLists(dk::ClientContext& context) {
  auto& map = dk::Catalog::GetSystemCatalog(context).GetEntry<dk::ScalarFunctionCatalogEntry>(
      context, DEFAULT_SCHEMA, "map");
  for (const auto& function : map.functions.functions) {
    const bool lists =
        function.arguments.size() == 2 && function.arguments[0].id() == dk::LogicalTypeId::LIST;
    if (lists) return function;
  }
  throw dk::InternalException("the engine has no map of lists");
}

bool IsList(const dk::Expression& argument) {
  const auto type = argument.return_type.id();
  return type == dk::LogicalTypeId::LIST || type == dk::LogicalTypeId::ARRAY ||
         type == dk::LogicalTypeId::SQLNULL;
}

/// Two lists are the engine's, all else is Spark's.
dk::unique_ptr<dk::Expression> BindMap(dk::FunctionBindExpressionInput& input) {
  dk::FunctionBinder binder(input.context);
  if (input.children.size() == 2 && IsList(*input.children[0]) && IsList(*input.children[1])) {
    return binder.BindScalarFunction(MapOfLists(input.context), std::move(input.children));
  }
  RequirePairs(input.children, "map");
  Arguments keys;
  Arguments values;
  for (dk::idx_t i = 0; i < input.children.size(); i += 2) {
    keys.push_back(std::move(input.children[i]));
    values.push_back(std::move(input.children[i + 1]));
  }
  Arguments lists;
  lists.push_back(Call(input.context, "list_value", std::move(keys)));
  lists.push_back(Call(input.context, "list_value", std::move(values)));
  return binder.BindScalarFunction(MapOfLists(input.context), std::move(lists));
}

void NeverRun(dk::DataChunk&, dk::ExpressionState&, dk::Vector&) {
  throw dk::InternalException("a constructor is bound as another function");
}

dk::ScalarFunction Pairs(const char* name, dk::function_bind_expression_t bind) {
  dk::ScalarFunction made(name, {dk::LogicalType::ANY, dk::LogicalType::ANY}, dk::LogicalType::ANY,
                          NeverRun);
  made.varargs = dk::LogicalType::ANY;
  made.SetNullHandling(dk::FunctionNullHandling::SPECIAL_HANDLING);
  made.SetBindExpressionCallback(bind);
  return made;
}

}  // namespace

void RegisterSparkConstructors(dk::Connection& connection) {
  auto& context = *connection.context;
  context.RunFunctionInTransaction([&] {
    auto& system = dk::Catalog::GetSystemCatalog(context);
    dk::CreateScalarFunctionInfo info(Pairs("named_struct", BindNamedStruct));
    system.CreateFunction(context, info);
    auto& map = system.GetEntry<dk::ScalarFunctionCatalogEntry>(context, DEFAULT_SCHEMA, "map");
    map.functions.AddFunction(Pairs("map", BindMap));
  });
}

}  // namespace lakehouse::query::duckdb
