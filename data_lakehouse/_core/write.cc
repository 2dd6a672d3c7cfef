#include "write.h"

#include <arrow/record_batch.h>

#include <algorithm>

#include "base/error.h"
#include "base/suggest.h"
#include "storage/append.h"
#include "storage/arrow_schema.h"
#include "storage/delta/commit/schema_merge.h"

namespace lakehouse::python {
namespace {

void CheckMode(const WriteTarget& target) {
  const std::vector<std::string> modes = {"append", "overwrite", "error", "ignore"};
  const std::string& mode = target.mode;
  if (std::find(modes.begin(), modes.end(), mode) == modes.end()) {
    throw Error(ErrorKind::kInvalidArgument, "LK-7011", "there is no write mode \"" + mode + "\"",
                DidYouMean(mode, modes) + " There are append, overwrite, error and ignore.");
  }
  const std::vector<std::string> schema_modes = {"merge", "overwrite"};
  const bool overwrite = target.schema_mode == "overwrite";
  if (!target.schema_mode.empty() && target.schema_mode != "merge" && !overwrite) {
    throw Error(ErrorKind::kInvalidArgument, "LK-7011",
                "there is no schema_mode \"" + target.schema_mode + "\"",
                DidYouMean(target.schema_mode, schema_modes) + " There are merge and overwrite.");
  }
  if (overwrite && mode != "overwrite") {
    throw Error(ErrorKind::kInvalidArgument, "LK-7011",
                "schema_mode overwrite is for mode overwrite, not for " + mode,
                "Rows that stay have the columns that they have; add columns with merge.");
  }
}

/// The table with the columns that the rows give it.
storage::TableMetadata Evolved(const WriteTarget& target, const storage::TableMetadata& metadata,
                               const arrow::Schema& rows, Random& random) {
  storage::Schema schema = storage::FromArrow(rows);
  if (target.schema_mode == "merge") {
    return storage::delta::WithFieldsOf(metadata, std::move(schema.fields), random);
  }
  return storage::delta::WithSchema(metadata, std::move(schema), random);
}

void MakeTable(catalog::Lake& lake, const security::Principal& principal, const WriteTarget& target,
               const arrow::Schema& schema) {
  catalog::CreateTableRequest request;
  request.name = target.name;
  request.options.schema = storage::FromArrow(schema);
  request.options.partition_columns = target.partition_columns;
  request.description.operation = "CREATE TABLE";
  request.description.user_name = principal.name;
  lake.CreateTable(principal, request);
}

WrittenRows AppendRows(catalog::Lake& lake, const security::Principal& principal,
                       const WriteTarget& target, arrow::RecordBatchReader& rows) {
  const auto object = lake.Resolve(principal, catalog::Action::kModify, target.name);
  if (!object.table) {
    throw Error(ErrorKind::kInvalidArgument, "LK-2025", target.name.ToString() + " is a view",
                "Name a table.");
  }
  storage::AppendOptions options;
  if (target.mode == "overwrite") options.mode = storage::WriteMode::kOverwrite;
  options.description.user_name = principal.name;
  if (!target.schema_mode.empty()) {
    options.evolve = [&](const storage::TableMetadata& metadata) {
      return Evolved(target, metadata, *rows.schema(), *lake.storage_context().random);
    };
  }
  const auto result = storage::Append(*object.table, rows, options, lake.storage_context());
  if (result.outcome == storage::CommitOutcome::kConflict) {
    throw Error(ErrorKind::kCommitConflict, "LK-4013",
                "another writer changed " + target.name.ToString() + " at the same time",
                "Write the rows again; nothing of them is visible.")
        .CausedBy(result.reason);
  }
  if (result.outcome == storage::CommitOutcome::kUnknown) {
    throw Error(ErrorKind::kCommitStateUnknown, "LK-4014",
                "the store did not say whether the rows are in " + target.name.ToString(),
                "Look into the table's history before writing them again.")
        .CausedBy(result.reason);
  }
  return {result.version, object.table};
}

}  // namespace

WrittenRows WriteRows(catalog::Lake& lake, const security::Principal& principal,
                      const WriteTarget& target, arrow::RecordBatchReader& rows) {
  CheckMode(target);
  if (lake.Find(principal, catalog::Action::kModify, target.name)) {
    if (target.mode == "ignore") return {};
    if (target.mode == "error") {
      throw Error(ErrorKind::kAlreadyExists, "LK-2013", target.name.ToString() + " exists already",
                  "Choose mode append or overwrite, or another name.");
    }
    return AppendRows(lake, principal, target, rows);
  }
  MakeTable(lake, principal, target, *rows.schema());
  try {
    return AppendRows(lake, principal, target, rows);
  } catch (const Error& error) {
    // After an unknown outcome nothing is deleted: the rows may be there.
    if (error.kind() != ErrorKind::kCommitStateUnknown) {
      lake.Drop(principal, target.name, catalog::ObjectKind::kTable, true, true);
    }
    throw;
  }
}

}  // namespace lakehouse::python
