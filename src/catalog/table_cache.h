#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "storage/table.h"

namespace lakehouse::catalog {

/// Opened tables by object id and location, least recently used out first. Thread-safe.
class TableCache {
 public:
  explicit TableCache(size_t max_entries) : max_entries_(max_entries) {}

  /// The cached table, or what `open` gives (called without a lock; of two callers the first one
  /// wins).
  std::shared_ptr<storage::Table> Get(const std::string& id, const std::string& location,
                                      const std::function<std::shared_ptr<storage::Table>()>& open);
  /// Forgets every table at `location`.
  void Forget(const std::string& location);
  size_t size() const;

 private:
  using Key = std::pair<std::string, std::string>;  ///< location, id
  using Entry = std::pair<Key, std::shared_ptr<storage::Table>>;

  std::shared_ptr<storage::Table> Find(const Key& key);

  const size_t max_entries_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;                          ///< newest first; guarded by mutex_
  std::map<Key, std::list<Entry>::iterator> places_;  ///< guarded by mutex_
};

}  // namespace lakehouse::catalog
