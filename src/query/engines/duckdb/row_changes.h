#pragma once

#include "query/engines/duckdb/insert.h"
#include "query/engines/duckdb/lake_transaction.h"
#include "query/engines/duckdb/late_rows.h"
#include "query/engines/duckdb/pch.h"
#include "query/engines/duckdb/row_ids.h"

namespace lakehouse::query::duckdb {

/// How a statement changes rows: which columns of its input name the row, and whether the input
/// begins with the new values of every column of the table, or of those that are set.
struct RowChange {
  InsertTarget target;
  dk::idx_t file_column = 0;        ///< index of the file in the snapshot
  dk::idx_t row_column = 0;         ///< number of the row in the file
  bool writes_rows = false;         ///< UPDATE: the first columns are the new row
  std::shared_ptr<RowIds> ids;      ///< set by MakeRowChange where updated rows keep their ids
  std::optional<LateColumns> late;  ///< the first columns are only those set
  std::vector<size_t> whole_files;  ///< of these every row goes, and none is in the input
};

/// A sink that takes rows away, and with `writes_rows` writes others in their place; it hands both
/// to the transaction, which makes one commit of all changes to a table. As a source it gives the
/// number of rows. A row that is updated twice is InvalidArgument LK-4040.
dk::PhysicalOperator& MakeRowChange(dk::ClientContext& context, dk::PhysicalPlanGenerator& planner,
                                    dk::Catalog& catalog, RowChange change);

/// Unites what `more` takes away with `rows`, and returns how many are in both; LK-4040 when
/// `strict` and there is one.
int64_t UniteDeleted(DeletedRows& rows, const DeletedRows& more, bool strict);

}  // namespace lakehouse::query::duckdb
