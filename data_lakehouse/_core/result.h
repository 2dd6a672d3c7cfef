#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/lakehouse.h"
#include "base/cancellation.h"
#include "query/query.h"
#include "rows.h"

namespace lakehouse::python {

/// What a running statement holds on to.
struct Statement {
  std::shared_ptr<app::Lakehouse> lakehouse;
  std::shared_ptr<query::Session> session;
  query::QueryResult result;
  CancellationToken cancel;
};

/// The rows of a running statement. They are read once: batch by batch, all at once, or by another
/// library through an Arrow C stream. Safe to use from several threads, and in a forked process it
/// refuses (LK-7001) instead of waiting for threads that are not there.
class Result {
 public:
  explicit Result(Statement statement);
  ~Result();
  Result(Result&&) = default;
  Result& operator=(Result&&) = default;

  /// Takes the reader; InvalidArgument LK-7002 when it is gone.
  nanobind::capsule ArrowStream(const nanobind::object& requested_schema);
  /// The next batch, or nothing at the end.
  std::optional<Batch> ReadBatch();
  /// The rest, at most `limit` rows of it.
  Rows ReadAll(std::optional<int64_t> limit);
  /// Ends the statement; nothing more can be read. May be called again.
  void Close();
  void Cancel();

  int64_t affected_rows() const;
  std::string engine_used() const;
  std::string current_schema() const;
  std::string time_zone() const;
  /// files_total, files_read, queued_ms, execution_ms; complete when all rows are read.
  nanobind::dict Metrics() const;

 private:
  struct State;
  class ForeignReader;

  /// With the state's mutex held: LK-7002 when there is nothing left to read here.
  void RequireOwn() const;

  std::shared_ptr<State> state_;
};

}  // namespace lakehouse::python
