#pragma once

#include <string>

#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// Parses an expression in Spark's SQL, as tables keep it (constraints, generated columns,
/// defaults), into the engine's form. Only what means the same in both, or can be said in the
/// engine's words, is taken. Unsupported LK-3020 with `what` (the constraint's or column's name)
/// and the construct that is not understood: such an expression is never passed over.
dk::unique_ptr<dk::ParsedExpression> ParseSparkExpression(const std::string& text,
                                                          const std::string& what);

/// The expression over a row with the columns `names` and `types`: columns are references by
/// position. `type`: cast to it; INVALID: its own. Unsupported LK-3020 as above for what cannot be
/// bound.
dk::unique_ptr<dk::Expression> BindToRow(dk::ClientContext& context,
                                         const dk::ParsedExpression& parsed,
                                         const dk::vector<std::string>& names,
                                         const dk::vector<dk::LogicalType>& types,
                                         const dk::LogicalType& type, const std::string& what);

}  // namespace lakehouse::query::duckdb
