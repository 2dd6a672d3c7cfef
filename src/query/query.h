#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/cancellation.h"
#include "security/principal.h"

namespace lakehouse::storage {
class Table;
}

namespace lakehouse::query {

struct DateParameter {
  int32_t days = 0;  ///< since 1970-01-01
};
struct TimestampParameter {
  int64_t microseconds = 0;  ///< since 1970-01-01 00:00
  bool instant = false;      ///< in UTC (TIMESTAMP WITH TIME ZONE), else a clock on a wall
};
struct BinaryParameter {
  std::string bytes;
};
struct DecimalParameter {
  std::string text;  ///< "-12.50"; at most 38 digits
};

/// A value for a ? or $1 placeholder.
using Parameter = std::variant<std::monostate, bool, int64_t, double, std::string, DateParameter,
                               TimestampParameter, BinaryParameter, DecimalParameter>;

/// Bounds of one statement; 0 means the configured default.
struct QueryLimits {
  int64_t timeout_ms = 0;
  int64_t memory_bytes = 0;
};

struct QueryRequest {
  std::string sql;  ///< one statement
  std::vector<Parameter> parameters;
  security::Principal principal;
  std::string request_id;  ///< from the front, for logs and audit
  QueryLimits limits;
  CancellationToken cancellation;
  /// Every row of a query will be read at once: the engine may gather them in memory with all its
  /// threads, instead of handing them out as they come.
  bool gather = false;
  /// The session ends with this statement, so BEGIN is refused (LK-4088).
  bool last = false;
  /// Rows of the caller, which the statement reads as lake_source."name" (names in lower case).
  /// They stay in memory until the statement has ended.
  std::map<std::string, std::shared_ptr<arrow::Table>> sources;
};

/// Known in full when the result's reader is exhausted.
struct QueryMetrics {
  double queued_ms = 0;
  double execution_ms = 0;  ///< until the first batch
  int64_t files_total = 0;
  int64_t files_read = 0;
  /// Of the commit that the statement made; -1 and empty when it made none. The names are those of
  /// the table's history (numOutputRows, numTargetRowsUpdated, ...).
  int64_t version = -1;
  std::map<std::string, int64_t> commit;
};

enum class StatementKind { kQuery, kWrite, kDefinition, kOther };
/// "query", "write", "definition" or "other".
std::string_view ToString(StatementKind kind);

/// The answer to one statement. For kWrite `affected_rows` is set and the reader gives one row
/// {"affected_rows"}; a definition gives no rows. The reader may be used from one thread at a time
/// and must be read or destroyed before the session's next statement.
struct QueryResult {
  StatementKind kind = StatementKind::kQuery;
  std::shared_ptr<arrow::RecordBatchReader> reader;
  int64_t affected_rows = -1;
  std::string engine_used;
  std::string query_id;
  std::shared_ptr<QueryMetrics> metrics;
};

/// What a statement would give, without running it.
struct StatementDescription {
  StatementKind kind = StatementKind::kQuery;
  /// Columns of a query's rows; null for other statements, and when a column takes its type from a
  /// parameter.
  std::shared_ptr<arrow::Schema> schema;
};

/// One connection of one principal: current catalog and schema. Not thread-safe, except Progress.
class Session {
 public:
  virtual ~Session() = default;
  virtual QueryResult Execute(const QueryRequest& request) = 0;
  /// Parses and binds: its errors are those of Execute for a wrong text, name or right.
  virtual StatementDescription Describe(const QueryRequest& request) = 0;
  /// 0 to 1 of the running statement, or nothing when unknown. From any thread.
  virtual std::optional<double> Progress() const = 0;
  virtual std::string current_schema() const = 0;
  /// Name of the zone in which instants are shown and taken apart, "UTC".
  virtual std::string time_zone() const = 0;
};

/// Runs SQL on the lakehouse's tables. Errors: syntax InvalidArgument LK-4001 (with line and
/// column), unknown column LK-4002, unknown function LK-4003, type errors LK-4004, statement not
/// allowed PermissionDenied LK-4010, file access PermissionDenied LK-4011, construct not
/// implemented Unsupported LK-4012, queue full ResourceExhausted LK-4020, out of memory
/// ResourceExhausted LK-4021, time limit Timeout LK-4022, cancelled Cancelled LK-4023, engine
/// failed Internal LK-4030 (it is reopened), run-time errors of the data (overflow, bad cast)
/// InvalidArgument LK-4005.
class QueryEngine {
 public:
  virtual ~QueryEngine() = default;
  virtual std::string name() const = 0;
  virtual std::unique_ptr<Session> OpenSession(const security::Principal& principal) = 0;
  /// What follows a commit that another part of the program made: the compaction of small files,
  /// for a table that wants it. What fails, or is cancelled, is only said in the log.
  virtual void CompactAfterWrite(const security::Principal& principal,
                                 std::shared_ptr<storage::Table> table,
                                 const CancellationToken& cancel) = 0;
  /// Throws when the engine cannot answer; for readiness.
  virtual void Ping() = 0;
};

}  // namespace lakehouse::query
