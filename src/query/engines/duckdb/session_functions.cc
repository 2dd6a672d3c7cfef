#include "query/engines/duckdb/session_functions.h"

#include <algorithm>
#include <array>
#include <duckdb/parser/parsed_data/create_scalar_function_info.hpp>
#include <string_view>

#include "query/engines/duckdb/lake_session.h"

namespace lakehouse::query::duckdb {
namespace {

constexpr std::array<std::string_view, 4> kNamesOfPrincipal = {"current_user", "session_user",
                                                               "user", "current_role"};

void NamePrincipal(dk::DataChunk&, dk::ExpressionState& state, dk::Vector& result) {
  result.Reference(dk::Value(SessionOf(state.GetContext()).principal.name));
}

}  // namespace

bool IsSessionFunction(const std::string& name) {
  return std::find(kNamesOfPrincipal.begin(), kNamesOfPrincipal.end(), name) !=
         kNamesOfPrincipal.end();
}

void RegisterSessionFunctions(dk::Connection& connection) {
  auto& context = *connection.context;
  context.RunFunctionInTransaction([&] {
    for (const auto name : kNamesOfPrincipal) {
      dk::ScalarFunction function(std::string(name), {}, dk::LogicalType::VARCHAR, NamePrincipal);
      function.SetStability(dk::FunctionStability::CONSISTENT_WITHIN_QUERY);
      dk::CreateScalarFunctionInfo info(std::move(function));
      dk::Catalog::GetSystemCatalog(context).CreateFunction(context, info);
    }
  });
}

}  // namespace lakehouse::query::duckdb
