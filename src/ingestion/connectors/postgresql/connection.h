#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"

struct pg_conn;

namespace lakehouse::ingestion::connectors::postgresql {

/// How to reach a server. The password is never part of a message.
struct ConnectionOptions {
  std::string host;
  std::string port;  ///< empty: libpq's default, the variable PGPORT or 5432
  std::string database;
  std::string user;
  std::string password;
  std::string ssl_mode = "prefer";
  int64_t connect_timeout_ms = 10'000;
};

using Row = std::vector<std::optional<std::string>>;

/// One session with a server, set to UTC, ISO dates and exact floats. Errors by SQLSTATE: not
/// reachable or going down Unavailable LK-5020, login refused Unauthenticated LK-5021, database or
/// table missing NotFound LK-5022, no right to read PermissionDenied LK-5023, anything else
/// LK-5024. Waiting ends when `cancel` is cancelled. Used by one thread.
class Connection {
 public:
  Connection(const ConnectionOptions& options, CancellationToken cancel);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Runs one statement and returns its rows as text.
  std::vector<Row> Query(const std::string& sql, const std::vector<std::string>& parameters = {});
  /// Begins COPY ... TO STDOUT.
  void StartCopy(const std::string& sql);
  /// The next piece of the copy, valid until the next call; nothing at its end.
  std::optional<std::string_view> NextCopyChunk();

  /// "database at host:port", for messages.
  const std::string& server() const { return server_; }
  int server_version() const;  ///< such as 150020
  bool server_has_utf8() const;

 private:
  struct Free {
    void operator()(pg_conn* connection) const;
  };

  void Connect(const ConnectionOptions& options);
  void WaitForSocket(bool for_write);
  void WaitForResult();
  [[noreturn]] void ThrowQueryError(const std::string& what, const void* result);

  std::unique_ptr<pg_conn, Free> connection_;
  const std::string port_;
  const std::string server_;
  CancellationToken cancel_;
  char* chunk_ = nullptr;  ///< owned by libpq, freed by PQfreemem
};

/// "name" with quotes doubled.
std::string QuoteIdentifier(std::string_view name);

}  // namespace lakehouse::ingestion::connectors::postgresql
