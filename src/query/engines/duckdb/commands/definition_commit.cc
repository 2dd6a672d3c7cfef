#include "query/engines/duckdb/commands/definition_commit.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace lakehouse::query::duckdb {

void CommitDefinition(storage::Transaction& transaction,
                      const storage::CommitDescription& description) {
  const auto result = transaction.Commit(description);
  if (result.outcome == storage::CommitOutcome::kConflict) {
    throw Error(ErrorKind::kCommitConflict, "LK-4013",
                "another commit changed the table first: " + result.reason,
                "Run the statement again.");
  }
  if (result.outcome == storage::CommitOutcome::kUnknown) {
    throw Error(ErrorKind::kCommitStateUnknown, "LK-4014",
                "the change may or may not be in the table: " + result.reason,
                "Look at DESCRIBE HISTORY before running it again.");
  }
}

std::string JsonOf(const std::string& text) { return nlohmann::json(text).dump(); }

}  // namespace lakehouse::query::duckdb
