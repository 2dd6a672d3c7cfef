#pragma once

#include <memory>
#include <string>

#include "base/config.h"
#include "catalog/lake.h"
#include "ingestion/job.h"
#include "query/query.h"

namespace lakehouse::app {

/// A running lakehouse: opens what the configuration names, wires the parts, owns them, and closes
/// them in reverse order. The only place that knows every part. Thread-safe.
class Lakehouse {
 public:
  /// Opens (creating directories and the metadata store when absent). The engine starts at first
  /// use, so that commands without SQL stay quick.
  static std::shared_ptr<Lakehouse> Open(const Config& config);
  ~Lakehouse();

  const Config& config() const;
  catalog::Lake& lake();
  query::QueryEngine& engine();
  /// Is the engine started?
  bool engine_open() const;
  ingestion::JobRunner& jobs();
  /// To be called after a commit to `table` that was not one of the engine: what the table wants
  /// then (auto compaction). Starts the engine only for that; never throws, not when cancelled.
  void AfterWrite(const security::Principal& principal,
                  const std::shared_ptr<storage::Table>& table, const CancellationToken& cancel);

 private:
  class Impl;
  explicit Lakehouse(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lakehouse::app
