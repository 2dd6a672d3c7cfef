#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "query/query.h"

namespace lakehouse::server::api {

/// How a statement that runs in the background is doing.
struct StatementStatus {
  std::string id;
  std::string state;  ///< running, succeeded, failed, cancelled
  std::string principal;
  std::optional<double> progress;  ///< 0 to 1
  int64_t started_ms = 0;
  int64_t finished_ms = 0;
  int64_t row_count = 0;
  int64_t affected_rows = -1;
  std::optional<Error> error;  ///< of a failed one

  bool running() const { return state == "running"; }
};

/// Bounds of what is kept.
struct StatementLimits {
  size_t max_statements = 64;                   ///< running and kept ones
  int64_t max_result_bytes = 64 * 1024 * 1024;  ///< of one statement, as Arrow
  int64_t keep_ms = 10 * 60 * 1000;             ///< after the end
};

/// Statements that run in the background, each on a thread of its own, with their results in memory
/// until keep_ms after their end. Only who started one, and the role admin, sees it: NotFound
/// LK-6012 for everybody else. Thread-safe.
class Statements {
 public:
  Statements(std::function<query::QueryEngine&()> engine, StatementLimits limits);
  ~Statements();  ///< cancels what runs and waits for it

  /// Its id. ResourceExhausted LK-6011 when max_statements run.
  std::string Start(query::QueryRequest request);
  StatementStatus Status(const security::Principal& principal, const std::string& id);
  std::vector<StatementStatus> List(const security::Principal& principal);
  /// The whole result of one that has succeeded; its own error when it failed, InvalidArgument
  /// LK-6016 while it runs.
  query::QueryResult Result(const security::Principal& principal, const std::string& id);
  /// Cancels it while it runs, else forgets it.
  void Delete(const security::Principal& principal, const std::string& id);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lakehouse::server::api
