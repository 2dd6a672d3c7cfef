#pragma once

#include <string>

#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// current_user and its like: the engine's own ones name a user that does not exist here.
bool IsSessionFunction(const std::string& name);

/// Makes them; the engine's own ones are gone by then.
void RegisterSessionFunctions(dk::Connection& connection);

}  // namespace lakehouse::query::duckdb
