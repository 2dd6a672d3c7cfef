#pragma once

#include <memory>
#include <vector>

#include "query/engines/duckdb/lake_transaction.h"
#include "query/engines/duckdb/pch.h"
#include "query/engines/duckdb/row_ids.h"
#include "query/engines/duckdb/row_places.h"
#include "query/engines/duckdb/row_writer.h"

namespace lakehouse::query::duckdb {

/// Which columns of updated rows are read late: when it is known which rows change, instead of with
/// every row that might. `set` are the positions of the other ones.
struct LateColumns {
  std::vector<size_t> set;
  storage::SnapshotPtr snapshot;  ///< of which the rows are
};

/// Can rows of a table be told apart when they are read late? Not when a column has the name of
/// what tells them apart.
bool CanReadLate(const storage::Schema& schema);

/// New values of rows that change, kept until the rest of the rows is read. The engine counts them
/// as its memory and spills them. For one thread; Unite brings those of several together.
class LateRows {
 public:
  /// `types` are those of the columns of the table.
  LateRows(dk::ClientContext& context, const LateColumns& columns,
           const dk::vector<dk::LogicalType>& types);

  /// `rows` begin with the values of the columns that are set; their files and numbers are in the
  /// two columns behind those.
  void Append(dk::DataChunk& rows);
  void Unite(LateRows& other);
  dk::idx_t count() const { return values_->Count(); }

  /// Reads the rows `named` of `table`, which are those of this, and writes them with their new
  /// values through `writer`; with change data, which `writer` feeds then, the rows as they were
  /// too. `ids`: null, or where the rows have their ids from, as the last two columns of `writer`.
  void Write(dk::ClientContext& context, const std::shared_ptr<storage::Table>& table,
             const DeletedRows& named, RowIds* ids, RowWriter& writer) const;

 private:
  class Output;

  const LateColumns& columns_;
  const dk::vector<dk::LogicalType>& types_;
  const RowPlaces places_;
  dk::unique_ptr<dk::ColumnDataCollection> values_;  ///< those set, and where the row is
  dk::ColumnDataAppendState append_;
};

}  // namespace lakehouse::query::duckdb
