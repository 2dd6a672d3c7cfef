#pragma once

#include <string>

#include "query/engines/duckdb/pch.h"
#include "query/query.h"

namespace lakehouse::query::duckdb {

/// The first net: which statements exist for SQL at all. Throws PermissionDenied LK-4010, or
/// Unsupported LK-4012 for what tables cannot do yet; returns what kind of answer the statement
/// gives.
StatementKind CheckStatement(const dk::SQLStatement& statement, const std::string& lake_name);

/// The second net, after binding: the plan has allowed operators only, every scan is one of the
/// lakehouse or of an allowed function, and what is changed is the lakehouse's, whatever way it
/// came into the plan. PermissionDenied LK-4010 or LK-4011.
void RegisterBindGate(dk::DBConfig& config);

/// Takes out of the system catalog whatever function_rules.h does not allow, and every pragma and
/// copy function.
void KeepAllowedFunctions(dk::Connection& connection);

}  // namespace lakehouse::query::duckdb
