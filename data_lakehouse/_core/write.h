#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "catalog/lake.h"

namespace lakehouse::python {

/// Where rows go.
struct WriteTarget {
  catalog::ObjectName name;
  std::string mode = "append";  ///< append, overwrite, or of a table that is there: error, ignore
  std::vector<std::string> partition_columns;  ///< of a table that is made
  /// What becomes of the columns of a table that is there: empty, they stay; merge, those that only
  /// the rows have are added; overwrite, in mode overwrite, the rows' own take their place.
  std::string schema_mode;
};

struct WrittenRows {
  int64_t version = -1;                   ///< of the commit; -1 when mode ignore wrote nothing
  std::shared_ptr<storage::Table> table;  ///< null when nothing was written
};

/// Writes all rows in one commit. A table that is not there is made first,
/// with the columns of the rows, and goes again when they cannot be written. Rows for an existing
/// table are matched by name (storage/append.h). AlreadyExists LK-2013 in mode error,
/// CommitConflict LK-4013 when another writer won, CommitStateUnknown LK-4014 when the store did
/// not say, InvalidArgument LK-7011 for another mode.
WrittenRows WriteRows(catalog::Lake& lake, const security::Principal& principal,
                      const WriteTarget& target, arrow::RecordBatchReader& rows);

}  // namespace lakehouse::python
