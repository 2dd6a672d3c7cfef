#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "catalog/metadata/sqlite_database.h"

namespace lakehouse::catalog::metadata {

/// Connections for reading, opened when needed, at most `max_connections`; who comes later waits.
/// Thread-safe.
class ReaderPool {
 public:
  ReaderPool(std::string file, int busy_timeout_ms, size_t max_connections);

  /// Runs `read` with a connection of its own; gives back what it returns.
  template <typename Read>
  auto With(const Read& read) {
    Lease lease(*this);
    return read(lease.database());
  }

 private:
  /// A connection that goes back to the pool by itself.
  class Lease {
   public:
    explicit Lease(ReaderPool& pool) : pool_(pool), database_(pool.Take()) {}
    ~Lease() { pool_.Return(std::move(database_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Database& database() { return *database_; }

   private:
    ReaderPool& pool_;
    std::unique_ptr<Database> database_;
  };

  std::unique_ptr<Database> Take();
  void Return(std::unique_ptr<Database> database);

  const std::string file_;
  const int busy_timeout_ms_;
  const size_t max_connections_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Database>> idle_;  ///< guarded by mutex_
  size_t open_ = 0;                              ///< guarded by mutex_
};

}  // namespace lakehouse::catalog::metadata
