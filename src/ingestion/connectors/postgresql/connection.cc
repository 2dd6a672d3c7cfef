#include "ingestion/connectors/postgresql/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace lakehouse::ingestion::connectors::postgresql {

namespace {

constexpr int kPollMs = 100;  // how soon a cancellation is seen

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ClearResult>;

std::string Trimmed(const char* text) {
  std::string result = text != nullptr ? text : "";
  while (!result.empty() && (result.back() == '\n' || result.back() == ' ')) result.pop_back();
  return result;
}

/// The SQLSTATE in a verbose message ("FATAL:  28P01: password ..."); the severity is in the
/// server's language, so only the form of the code is looked for.
std::string FindSqlState(std::string_view message) {
  for (size_t colon = message.find(":  "); colon != std::string_view::npos;
       colon = message.find(":  ", colon + 1)) {
    const std::string_view code = message.substr(colon + 3, 5);
    const bool is_code = code.size() == 5 && std::all_of(code.begin(), code.end(), [](char c) {
                           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
                         });
    if (is_code && message.substr(colon + 8).starts_with(":")) return std::string(code);
  }
  return {};
}

Error ErrorOf(std::string_view state, const std::string& what) {
  const std::string_view kind = state.substr(0, 2);
  if (state == "28P01" || kind == "28") {
    return {ErrorKind::kUnauthenticated, "LK-5021", what,
            "Check username and password, and the server's pg_hba.conf."};
  }
  if (state == "3D000" || state == "42P01" || state == "3F000" || state == "42703") {
    return {ErrorKind::kNotFound, "LK-5022", what, "Check database, schema and table."};
  }
  if (state == "42501") {
    return {ErrorKind::kPermissionDenied, "LK-5023", what,
            "Let an owner GRANT SELECT to this user. With row-level security, the user needs "
            "BYPASSRLS: a filtered copy would look complete."};
  }
  if (state.empty() || kind == "08" || kind == "57" || kind == "40" || state == "55P03") {
    return {ErrorKind::kUnavailable, "LK-5020", what,
            "Check that the server runs and that host and port are right."};
  }
  if (kind == "53") {
    return {ErrorKind::kResourceExhausted, "LK-5020", what,
            "The server is short of connections, memory or disk."};
  }
  return {ErrorKind::kInvalidArgument, "LK-5024", what, "See the server's message."};
}

/// libpq's own default: PGPORT, a service file, or 5432.
std::string DefaultPort() {
  struct FreeDefaults {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
  };
  const std::unique_ptr<PQconninfoOption, FreeDefaults> defaults(PQconndefaults());
  for (auto* option = defaults.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (std::strcmp(option->keyword, "port") == 0 && option->val != nullptr) return option->val;
  }
  return "5432";
}

}  // namespace

void Connection::Free::operator()(pg_conn* connection) const { PQfinish(connection); }

Connection::Connection(const ConnectionOptions& options, CancellationToken cancel)
    : port_(options.port.empty() ? DefaultPort() : options.port),
      server_(options.database + " at " + options.host + ":" + port_),
      cancel_(std::move(cancel)) {
  Connect(options);
  Query("SET client_encoding = 'UTF8'");
  Query("SET TimeZone = 'UTC'");
  Query("SET DateStyle = 'ISO, YMD'");
  Query("SET IntervalStyle = 'iso_8601'");
  Query("SET extra_float_digits = 3");
  Query("SET bytea_output = 'hex'");
  Query("SET search_path = pg_catalog");
  // A policy that hides rows must fail the copy, not shorten it.
  Query("SET row_security = off");
}

Connection::~Connection() { PQfreemem(chunk_); }

void Connection::Connect(const ConnectionOptions& options) {
  const char* const keys[] = {"host",    "port",     "dbname",           "user",
                              "sslmode", "password", "application_name", "keepalives",
                              nullptr};
  const char* const password = options.password.empty() ? nullptr : options.password.c_str();
  const char* const values[] = {options.host.c_str(),
                                port_.c_str(),
                                options.database.c_str(),
                                options.user.c_str(),
                                options.ssl_mode.c_str(),
                                password,
                                "lakehouse",
                                "1",
                                nullptr};
  connection_.reset(PQconnectStartParams(keys, values, 0));
  if (!connection_) {
    throw Error(ErrorKind::kResourceExhausted, "LK-0004", "no memory for a connection");
  }
  PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);
  const int64_t deadline_ms = NowMs() + options.connect_timeout_ms;
  PostgresPollingStatusType status = PGRES_POLLING_WRITING;
  while (PQstatus(connection_.get()) != CONNECTION_BAD && status != PGRES_POLLING_OK &&
         status != PGRES_POLLING_FAILED) {
    cancel_.ThrowIfStopped();
    if (NowMs() > deadline_ms) {
      throw Error(ErrorKind::kUnavailable, "LK-5020",
                  "no answer from " + server_ + " within " +
                      std::to_string(options.connect_timeout_ms) + " ms",
                  "Check host and port, or raise source_config.connect_timeout_ms.");
    }
    pollfd socket = {
        .fd = PQsocket(connection_.get()),
        .events = static_cast<int16_t>(status == PGRES_POLLING_READING ? POLLIN : POLLOUT),
        .revents = 0};
    if (poll(&socket, 1, kPollMs) > 0) status = PQconnectPoll(connection_.get());
  }
  if (PQstatus(connection_.get()) == CONNECTION_OK) {
    PQsetErrorVerbosity(connection_.get(), PQERRORS_DEFAULT);
    return;
  }
  const std::string message = Trimmed(PQerrorMessage(connection_.get()));
  const bool needs_password = PQconnectionNeedsPassword(connection_.get()) != 0;
  throw ErrorOf(needs_password ? "28P01" : FindSqlState(message),
                "cannot connect to " + server_ + " as " + options.user)
      .CausedBy(message.substr(0, message.find("\nLOCATION")));
}

void Connection::WaitForSocket(bool for_write) {
  pollfd socket = {.fd = PQsocket(connection_.get()),
                   .events = static_cast<int16_t>(for_write ? POLLIN | POLLOUT : POLLIN),
                   .revents = 0};
  do {
    cancel_.ThrowIfStopped();
  } while (poll(&socket, 1, kPollMs) == 0);
}

void Connection::WaitForResult() {
  int unsent = 0;
  while ((unsent = PQflush(connection_.get())) > 0) {
    WaitForSocket(true);
    if (PQconsumeInput(connection_.get()) == 0) break;
  }
  while (PQisBusy(connection_.get()) != 0) {
    WaitForSocket(false);
    if (PQconsumeInput(connection_.get()) == 0) break;
  }
}

void Connection::ThrowQueryError(const std::string& what, const void* result) {
  const auto* answer = static_cast<const PGresult*>(result);
  const char* state = answer != nullptr ? PQresultErrorField(answer, PG_DIAG_SQLSTATE) : nullptr;
  const std::string message = answer != nullptr ? Trimmed(PQresultErrorMessage(answer))
                                                : Trimmed(PQerrorMessage(connection_.get()));
  // Without a state the connection is gone.
  throw ErrorOf(state != nullptr ? state : "", server_ + ": " + what).CausedBy(message);
}

std::vector<Row> Connection::Query(const std::string& sql,
                                   const std::vector<std::string>& parameters) {
  std::vector<const char*> values;
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  if (PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                        values.data(), nullptr, nullptr, 0) == 0) {
    ThrowQueryError("the connection is lost", nullptr);
  }
  std::vector<Row> rows;
  while (true) {
    WaitForResult();
    const ResultPtr result(PQgetResult(connection_.get()));
    if (!result) return rows;
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
      ThrowQueryError("a query failed", result.get());
    }
    for (int i = 0; i < PQntuples(result.get()); ++i) {
      Row row;
      for (int j = 0; j < PQnfields(result.get()); ++j) {
        row.emplace_back();
        if (PQgetisnull(result.get(), i, j) == 0) row.back() = PQgetvalue(result.get(), i, j);
      }
      rows.push_back(std::move(row));
    }
  }
}

void Connection::StartCopy(const std::string& sql) {
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) {
    ThrowQueryError("the connection is lost", nullptr);
  }
  WaitForResult();
  const ResultPtr result(PQgetResult(connection_.get()));
  if (PQresultStatus(result.get()) != PGRES_COPY_OUT) {
    ThrowQueryError("the copy did not start", result.get());
  }
}

std::optional<std::string_view> Connection::NextCopyChunk() {
  PQfreemem(std::exchange(chunk_, nullptr));
  while (true) {
    const int size = PQgetCopyData(connection_.get(), &chunk_, 1);
    if (size > 0) return std::string_view(chunk_, static_cast<size_t>(size));
    if (size == -2) ThrowQueryError("the copy broke off", nullptr);
    if (size == -1) break;
    WaitForSocket(false);
    if (PQconsumeInput(connection_.get()) == 0) {
      ThrowQueryError("the connection was lost during the copy", nullptr);
    }
  }
  // The end of the rows is not yet success: the server's last word counts.
  while (true) {
    WaitForResult();
    const ResultPtr result(PQgetResult(connection_.get()));
    if (!result) return std::nullopt;
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
      ThrowQueryError("the copy broke off", result.get());
    }
  }
}

int Connection::server_version() const { return PQserverVersion(connection_.get()); }

bool Connection::server_has_utf8() const {
  const char* encoding = PQparameterStatus(connection_.get(), "server_encoding");
  return encoding != nullptr && std::strcmp(encoding, "SQL_ASCII") != 0;
}

std::string QuoteIdentifier(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace lakehouse::ingestion::connectors::postgresql
