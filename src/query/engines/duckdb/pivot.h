#pragma once

#include <functional>

#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

using Statements = dk::vector<dk::unique_ptr<dk::SQLStatement>>;

/// A PIVOT that takes its columns from the data comes from the parser as several statements: a
/// temporary type of the values for each ON, and the statement that uses these types; around them a
/// transaction unless it is a SELECT. Takes the transaction away and tells whether it is a pivot.
bool TakePivot(Statements& statements);

/// The query whose rows are the values of the type; `type` is one but the last of a pivot.
const dk::SQLStatement& ValuesQuery(const dk::SQLStatement& type);

/// The last statement with the values in place of the types; `values` runs a query and gives its
/// first column.
dk::unique_ptr<dk::SQLStatement> WithValues(
    Statements pivot,
    const std::function<std::vector<std::string>(dk::unique_ptr<dk::SQLStatement>)>& values);

}  // namespace lakehouse::query::duckdb
