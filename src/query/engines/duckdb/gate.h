#pragma once

#include <string>

#include "query/engines/duckdb/pch.h"
#include "query/query.h"

namespace lakehouse::query::duckdb {

/// The first net: which statements exist for SQL at all. Throws PermissionDenied LK-4010, or
/// Unsupported LK-4012 for what tables cannot do yet; returns what kind of answer the statement
/// gives.
StatementKind CheckStatement(const dk::SQLStatement& statement, const std::string& lake_name);

/// The second net, after binding: every scan is one of the lakehouse or of an allowed value
/// function, whatever way it came into the plan. PermissionDenied LK-4011.
void RegisterBindGate(dk::DBConfig& config);

/// Does the function reach files, logs, settings or other statements?
bool IsBlockedFunction(const std::string& name);

/// Takes the blocked functions out of the system catalog.
void DropDangerousFunctions(dk::Connection& connection);

}  // namespace lakehouse::query::duckdb
