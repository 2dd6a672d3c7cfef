#pragma once

#include "query/engines/duckdb/lake_transaction.h"
#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// What a sink writes: rows for a table, which is there (`table`) or will be (`create`), and which
/// they replace (`replace`) or join.
struct InsertTarget {
  std::shared_ptr<storage::Table> table;
  storage::SnapshotPtr base;
  std::optional<catalog::CreateTableRequest> create;
  bool replace = false;
  storage::TableMetadata metadata;
  io::Location root;
};

/// A sink that writes data files, one writer per thread, and hands them to the transaction. As a
/// source it gives the number of rows.
dk::PhysicalOperator& MakeInsert(dk::PhysicalPlanGenerator& planner, dk::Catalog& catalog,
                                 InsertTarget target, dk::PhysicalOperator& rows);

}  // namespace lakehouse::query::duckdb
