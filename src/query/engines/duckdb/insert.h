#pragma once

#include <map>
#include <string>

#include "query/engines/duckdb/lake_table.h"
#include "query/engines/duckdb/lake_transaction.h"
#include "query/engines/duckdb/pch.h"
#include "query/engines/duckdb/row_writer.h"

namespace lakehouse::query::duckdb {

/// What a sink writes: rows for a table, which is there (`table`) or will be (`create`), and which
/// they replace with its columns (`replace`), replace (`overwrite`) or join.
struct InsertTarget {
  std::shared_ptr<storage::Table> table;
  storage::SnapshotPtr base;
  std::optional<catalog::CreateTableRequest> create;
  bool replace = false;
  bool overwrite = false;
  storage::TableMetadata metadata;
  std::map<std::string, std::string> domains;  ///< of a table that is replaced
  io::Location root;
  std::shared_ptr<const RowChecks> checks;  ///< null: rows need none
  storage::parquet::DataFileOptions files;
  bool merges = false;  ///< the rows of a MERGE
};

/// How the rows of a table are written; the clustering columns of `base`, which may be null, have
/// statistics in any case.
storage::parquet::DataFileOptions FileOptionsOf(const storage::TableMetadata& metadata,
                                                const storage::Snapshot* base);

/// A writer of rows with the checks of `target`. `types` are those of its columns. Rows that are
/// not plain inserts are changes of the kind `change` in tables that keep change data; null: plain.
RowWriter WriterOf(dk::ClientContext& context, const InsertTarget& target,
                   const dk::vector<dk::LogicalType>& types, const char* change);

/// What a statement writes to the table of `entry`, after checking the right to change it, and in a
/// transaction that this statement may (OpenTransaction::RequireWritable). Unsupported LK-3020 when
/// its defaults are not understood. Without checks.
InsertTarget TargetOf(LakeSession& session, LakeTable& entry);

/// The engine's types of the columns.
dk::vector<dk::LogicalType> TypesOf(const storage::Schema& schema);

/// `rows` cast to `types`, where the engine's own types are wider in name only.
dk::PhysicalOperator& CastTo(dk::ClientContext& context, dk::PhysicalPlanGenerator& planner,
                             const dk::vector<dk::LogicalType>& types, dk::PhysicalOperator& rows);

/// Finishes `writer` and hands its files to `write`, which `mutex` guards.
void TakeOver(RowWriter& writer, std::mutex& mutex, PendingWrite& write);

/// The rows partition after partition, so that one file is written at a time, where the table's
/// properties ask for few files. They begin with the columns of the table.
dk::PhysicalOperator& ByPartition(dk::PhysicalPlanGenerator& planner,
                                  const storage::TableMetadata& metadata,
                                  dk::PhysicalOperator& rows);

/// A sink that writes data files, one writer per thread or, where the table's properties ask for
/// few files, one for all, and hands them to the transaction. As a
/// source it gives the number of rows.
dk::PhysicalOperator& MakeInsert(dk::PhysicalPlanGenerator& planner, dk::Catalog& catalog,
                                 InsertTarget target, dk::PhysicalOperator& rows);

/// The same, to be fed by another operator.
dk::PhysicalOperator& MakeInsertSink(dk::PhysicalPlanGenerator& planner, dk::Catalog& catalog,
                                     InsertTarget target, dk::vector<dk::LogicalType> types);

}  // namespace lakehouse::query::duckdb
