#include "catalog/metadata/sqlite_database.h"

#include <utility>

#include "base/check.h"
#include "base/error.h"

namespace lakehouse::catalog::metadata {

Statement::Statement(Database& database, std::string sql, Handle handle)
    : database_(&database), sql_(std::move(sql)), handle_(std::move(handle)) {}

Statement::Statement(Statement&& other) noexcept = default;

Statement::~Statement() {
  if (!handle_) return;
  sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
  database_->idle_[sql_] = std::move(handle_);
}

void Statement::Bind(int position, std::string_view text) {
  // An empty view may have no address, which SQLite would take for NULL.
  database_->Check(sqlite3_bind_text64(handle_.get(), position, text.empty() ? "" : text.data(),
                                       text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::Bind(int position, int64_t value) {
  database_->Check(sqlite3_bind_int64(handle_.get(), position, value));
}

bool Statement::Step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_->Fail(code);
  return false;
}

std::string Statement::Text(int column) const {
  const unsigned char* text = sqlite3_column_text(handle_.get(), column);
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return text == nullptr
             ? std::string()
             : std::string(reinterpret_cast<const char*>(text), static_cast<size_t>(size));
}

int64_t Statement::Integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }

Database::Database(const std::string& file, int busy_timeout_ms) : file_(file) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(
      file.c_str(), &handle,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  handle_.reset(handle);
  LAKE_CHECK(handle != nullptr);
  Check(code);
  Check(sqlite3_busy_timeout(handle, busy_timeout_ms));
  Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
}

void Database::Execute(const std::string& sql) {
  Check(sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr));
}

Statement Database::Prepare(const std::string& sql) {
  if (const auto found = idle_.find(sql); found != idle_.end() && found->second) {
    return {*this, sql, std::move(found->second)};
  }
  sqlite3_stmt* statement = nullptr;
  Check(sqlite3_prepare_v3(handle_.get(), sql.c_str(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
  return {*this, sql, Statement::Handle(statement)};
}

void Database::Check(int code) const {
  if (code != SQLITE_OK) Fail(code);
}

void Database::Fail(int code) const {
  const std::string what = "metadata store " + file_ + ": " + sqlite3_errmsg(handle_.get());
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      throw Error(
          ErrorKind::kCorruption, "LK-2021", what,
          "Restore the file from a backup, or move it away and run `lakehouse catalog rebuild`: "
          "the rows are in the tables, not here.");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Error(ErrorKind::kUnavailable, "LK-2022", what,
                  "Another process holds the metadata store; try again, or end that process.");
    case SQLITE_FULL:
      throw Error(ErrorKind::kResourceExhausted, "LK-2024", what, "Make room on the disk.");
    case SQLITE_NOMEM:
      throw std::bad_alloc();
    default:
      throw Error(
          ErrorKind::kIoError, "LK-2023", what,
          "Check that catalog.metadata_store names a file that this user may read and write.");
  }
}

}  // namespace lakehouse::catalog::metadata
