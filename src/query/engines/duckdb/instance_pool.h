#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "query/engines/duckdb/instance.h"

namespace lakehouse::query::duckdb {

/// One DuckDB for each statement that runs at a time: DuckDB limits the memory of an instance, not
/// of a statement, and a fatal error makes an instance unusable for everybody. Opened when first
/// needed, kept afterwards. Thread-safe.
class InstancePool {
 public:
  /// Opens the first instance. Internal LK-4031 when library and headers are of different builds.
  InstancePool(std::string lake_name, EngineOptions options);

  struct Claim {
    std::shared_ptr<Instance> instance;
    std::shared_ptr<void> handle;  ///< the claim ends when it goes
  };
  /// For the use of one statement; `preferred` if it is free.
  Claim Take(const std::shared_ptr<Instance>& preferred);
  /// Without a claim, for what needs no memory to speak of; `preferred` if it is not forgotten.
  std::shared_ptr<Instance> Any(const std::shared_ptr<Instance>& preferred = nullptr);
  /// Is not handed out again.
  void Forget(const std::shared_ptr<Instance>& broken);

 private:
  struct Member {
    std::shared_ptr<Instance> instance;
    bool taken = false;
  };

  std::shared_ptr<Instance> Open();
  void GiveBack(const Instance* instance);

  const std::string lake_name_;
  const EngineOptions options_;
  std::mutex mutex_;
  std::vector<Member> members_;  ///< guarded by mutex_
};

}  // namespace lakehouse::query::duckdb
