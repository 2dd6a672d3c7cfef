#include "catalog/table_cache.h"

namespace lakehouse::catalog {

std::shared_ptr<storage::Table> TableCache::Find(const Key& key) {
  const auto found = places_.find(key);
  if (found == places_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->second;
}

std::shared_ptr<storage::Table> TableCache::Get(
    const std::string& id, const std::string& location,
    const std::function<std::shared_ptr<storage::Table>()>& open) {
  const Key key{location, id};
  {
    const std::lock_guard lock(mutex_);
    if (auto table = Find(key)) return table;
  }
  auto opened = open();
  const std::lock_guard lock(mutex_);
  if (auto table = Find(key)) return table;
  if (max_entries_ == 0) return opened;
  entries_.emplace_front(key, opened);
  places_[key] = entries_.begin();
  if (entries_.size() > max_entries_) {
    places_.erase(entries_.back().first);
    entries_.pop_back();
  }
  return opened;
}

void TableCache::Forget(const std::string& location) {
  const std::lock_guard lock(mutex_);
  auto at = places_.lower_bound({location, ""});
  while (at != places_.end() && at->first.first == location) {
    entries_.erase(at->second);
    at = places_.erase(at);
  }
}

size_t TableCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace lakehouse::catalog
