#pragma once

#include <nanobind/nanobind.h>
#include <sys/types.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "app/lakehouse.h"
#include "base/cancellation.h"
#include "result.h"

namespace lakehouse::python {

/// A session that keeps a transaction for several statements. Thread-safe: one runs at a time. In a
/// forked process it refuses (LK-7001): the transaction belongs to the parent.
class KeptSession {
 public:
  KeptSession(std::shared_ptr<app::Lakehouse> lakehouse, std::shared_ptr<query::Session> session);
  ~KeptSession();

  /// Calls `work` alone; InvalidArgument LK-4091 after Close.
  template <typename Work>
  void Use(Work work) {
    RequireProcess();
    const std::lock_guard lock(mutex_);
    RequireOpen();
    work(session_);
  }
  /// Ends the session, and rolls its transaction back. Waits for a running statement, not for the
  /// rows of one.
  void Close();

 private:
  void RequireProcess() const;
  void RequireOpen() const;

  const pid_t process_;
  std::shared_ptr<app::Lakehouse> lakehouse_;
  std::mutex mutex_;
  std::shared_ptr<query::Session> session_;  ///< guarded by mutex_; null: closed
};

/// A statement and who asks.
struct Request {
  std::string sql;
  nanobind::list parameters;
  std::string user;       ///< empty: the local user
  std::string schema;     ///< of names that have none; empty: the configured one
  std::string time_zone;  ///< empty: UTC
  int64_t timeout_ms = 0;
  int64_t memory_bytes = 0;  ///< limit of the statement; 0: an equal share
  CancellationToken cancel;
  bool gather = false;  ///< all rows will be read at once (query.h)
  /// Rows that the statement reads as lake_source."name".
  std::map<std::string, std::shared_ptr<arrow::Table>> sources;
  std::shared_ptr<KeptSession> session;  ///< null: one of its own, which ends with it
};

/// An open lakehouse. Thread-safe. Closed, or after a fork, every method throws LK-7001.
class Core {
 public:
  explicit Core(const Config& config);
  ~Core();

  /// Running statements keep the lakehouse open until they have ended.
  void Close();

  /// For the statements of one transaction; schema and time zone are those of `request`.
  std::shared_ptr<KeptSession> OpenKept(const Request& request);
  Result Execute(const Request& request);
  /// (kind, no rows with the columns or None)
  nanobind::tuple Describe(const Request& request);

  /// Writes the rows of an object with __arrow_c_stream__; see write.h. Returns the version.
  int64_t Write(const nanobind::object& rows, const std::string& name, const std::string& mode,
                const std::vector<std::string>& partition_columns, const std::string& schema_mode,
                const std::string& schema, const std::string& user);

  std::string RegisterJob(const std::string& json, const std::string& user);
  std::string StartJob(const std::string& job, const std::string& user);
  bool StopJob(const std::string& job, const std::string& user);
  /// Newest first.
  nanobind::list JobHistory(const std::string& job, size_t limit, const std::string& user);
  nanobind::list ListJobs(const std::string& user);
  void RemoveJob(const std::string& job, const std::string& user);

  nanobind::list ListCatalogs(const std::string& user);
  nanobind::list ListSchemas(const std::string& catalog, const std::string& user);
  nanobind::list ListObjects(const std::string& catalog, const std::string& schema,
                             const std::string& user);
  void RegisterTable(const std::string& name, const std::string& location,
                     const std::string& schema, const std::string& user);
  /// A table or view, as of a version or a time in Unix milliseconds when one is given.
  nanobind::dict DescribeTable(const std::string& name, std::optional<int64_t> version,
                               std::optional<int64_t> timestamp_ms, const std::string& schema,
                               const std::string& user);
  /// Data files of a version (the newest one without): path, uri, size_bytes, num_records,
  /// deleted_records. Needs the right to change the table: who may only read sees rows, not files.
  nanobind::list TableFiles(const std::string& name, std::optional<int64_t> version,
                            const std::string& schema, const std::string& user);
  nanobind::list TableHistory(const std::string& name, std::optional<size_t> limit,
                              const std::string& schema, const std::string& user);

 private:
  std::shared_ptr<app::Lakehouse> Use() const;
  security::Principal PrincipalOf(const std::string& user) const;
  catalog::ObjectName NameOf(const std::string& name, const std::string& schema) const;
  query::QueryRequest RequestOf(const Request& request) const;
  std::unique_ptr<query::Session> OpenSession(app::Lakehouse& lakehouse,
                                              const query::QueryRequest& request,
                                              const Request& asked) const;

  std::shared_ptr<app::Lakehouse> lakehouse_;
  const pid_t process_;
};

}  // namespace lakehouse::python
