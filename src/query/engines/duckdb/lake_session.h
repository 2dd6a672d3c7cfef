#pragma once

#include <arrow/type_fwd.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/cancellation.h"
#include "base/error.h"
#include "catalog/lake.h"
#include "query/engines/duckdb/pch.h"
#include "query/engines/duckdb/scan.h"
#include "query/engines/duckdb/schema_evolution.h"
#include "security/principal.h"

namespace lakehouse::query::duckdb {

inline constexpr char kFileScheme[] = "lakeint://";

/// A file that a statement may open, and its size when the log says it (else 0).
struct GrantedFile {
  io::Location place;
  int64_t size_bytes = 0;
};

/// Files of a table that are read to be written anew.
struct RewriteSource {
  std::shared_ptr<storage::Table> table;
  storage::SnapshotPtr snapshot;
  ScanSelectionPtr selection;
};

class OpenTransaction;

/// What one connection knows beside DuckDB: who asks, what the running statement may open, and the
/// error that ended it (DuckDB's own error type would lose code and hint). SQL cannot reach it.
class LakeSession : public dk::ClientContextState {
 public:
  LakeSession(security::Principal who, std::shared_ptr<catalog::Lake> of)
      : principal(std::move(who)), lake(std::move(of)) {}

  /// Null for the engine's own connections: those get no table.
  static dk::shared_ptr<LakeSession> Get(dk::ClientContext& context);

  /// Forgets grants, error and counters; before each statement.
  void BeginStatement();
  /// The name under which the running statement may open the object.
  std::string Grant(const io::Location& file, int64_t size_bytes);
  /// Nothing when the running statement may not open `name`.
  std::optional<GrantedFile> Granted(const std::string& name) const;
  /// Holds the filters of a scan as long as the running statement.
  dk::TableFilterSet* Keep(dk::unique_ptr<dk::TableFilterSet> filters);
  /// Ends the requests to stores of the running statement.
  CancellationToken stop() const;
  void Remember(const Error& error);
  /// A table or view that the running statement named and that is not there.
  void Miss(const catalog::ObjectName& name);
  /// The full name of the first missed object called `name`.
  std::optional<catalog::ObjectName> Missed(const std::string& name) const;
  std::optional<Error> TakeError();

  /// Runs `body`; an Error in it is kept here and ends the statement.
  template <typename Body>
  auto Guard(Body body) -> decltype(body()) {
    try {
      return body();
    } catch (const Error& error) {
      Remember(error);
      throw dk::InvalidInputException(error.what());
    }
  }

  const security::Principal principal;
  const std::shared_ptr<catalog::Lake> lake;
  std::string schema = "main";               ///< current one of the running statement
  std::optional<SchemaEvolution> evolution;  ///< of the running statement
  bool overwrite = false;                    ///< the running INSERT takes the place of all rows
  std::optional<std::string> replaces;       ///< of some rows: as in PendingWrite
  bool keeps_variants = false;  ///< what is bound now is not shown: its variants are no JSON
  std::optional<storage::IsolationLevel>
      isolation;                                 ///< of the running statement; unset: the table's
  std::shared_ptr<OpenTransaction> transaction;  ///< of the running statement; null: its own
  /// Rows that came with the running statement, by name in lower case.
  std::map<std::string, std::shared_ptr<arrow::Table>> sources;
  std::map<std::string, std::string> operation_parameters;  ///< of the running change, for history
  std::optional<RewriteSource> rewrite;  ///< of the engine's own sessions only; set before use
  std::atomic<int64_t> files_total{0};
  std::atomic<int64_t> files_skipped{0};
  /// Of the commit that the running statement made; set by its own thread.
  int64_t committed_version = -1;
  std::vector<std::shared_ptr<storage::Table>> committed;  ///< tables it wrote, to be compacted
  std::optional<catalog::ObjectName> created;              ///< one that it made, likewise
  std::map<std::string, int64_t> commit_metrics;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, GrantedFile> grants_;
  std::vector<dk::unique_ptr<dk::TableFilterSet>> filters_;  ///< of the running statement's scans
  CancellationToken stop_;                                   ///< of the running statement
  std::optional<Error> error_;
  std::map<std::string, catalog::ObjectName> missed_;  ///< by folded name
};

/// The session of `context`; PermissionDenied for a connection without one.
LakeSession& SessionOf(dk::ClientContext& context);

}  // namespace lakehouse::query::duckdb
