#pragma once

#include "query/engines/duckdb/column_layout.h"

namespace lakehouse::query::duckdb {

// Old files say less of their times than the table's schema does: the engine takes them for wall
// clocks and would convert them in the session's time zone. They are in UTC.

/// Makes the conversions of a file's columns to instants read them as UTC. `expressions` are those
/// of the columns `column_ids`, `columns` the table's and `in_file` the file's. Unsupported LK-4012
/// where the engine converts inside of structs with other fields and the session is not in UTC.
void PinInstants(dk::ClientContext& context, const dk::vector<dk::ColumnIndex>& column_ids,
                 const FileColumns& columns, const FileColumns& in_file,
                 dk::vector<dk::unique_ptr<dk::Expression>>& expressions);

/// Must filters be applied after the conversion? When a constant would be converted the other way:
/// for tables with instants in a session that is not in UTC, and for tables with widened types,
/// where a constant that is cast to the narrower type may find other rows.
bool MustFilterLate(dk::ClientContext& context, const storage::Schema& schema);

}  // namespace lakehouse::query::duckdb
