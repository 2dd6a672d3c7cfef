#pragma once

#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// Reads objects of the lakehouse's stores for the engine, and only those granted to the running
/// statement (LakeSession::Grant). There is no writing, listing or deleting through it.
dk::unique_ptr<dk::FileSystem> MakeLakeFileSystem();

}  // namespace lakehouse::query::duckdb
