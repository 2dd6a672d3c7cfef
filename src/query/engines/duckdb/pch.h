#pragma once

#include "catalog/lake.h"
#include "query/engines/duckdb/duckdb_headers.h"
#include "query/query.h"

namespace lakehouse::query::duckdb {
namespace dk = ::duckdb;
}  // namespace lakehouse::query::duckdb
