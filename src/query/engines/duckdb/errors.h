#pragma once

#include <string>

#include "base/error.h"
#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// The lakehouse's error for one of the engine, with line and column in `sql` where it is known. An
/// Error kept in the session is the answer itself.
Error Translate(dk::ErrorData error, LakeSession* session, const std::string& sql);

/// LK-4023, of a statement that somebody ended.
Error Cancelled();

/// True when the whole engine instance is unusable after this error.
bool IsFatal(const dk::ErrorData& error);

}  // namespace lakehouse::query::duckdb
