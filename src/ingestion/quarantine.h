#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catalog/lake.h"
#include "ingestion/connectors/connector.h"

namespace lakehouse::ingestion {

/// Keeps the rows of one run that could not be read, in <schema>.<table>_quarantine: columns
/// run_id, file_path, line, reason, raw, ts. The table is made when there is the first such row.
/// Rows are there at least once: they are committed before the target's rows. Not thread-safe.
class Quarantine {
 public:
  Quarantine(catalog::Lake& lake, const security::Principal& principal,
             const catalog::ObjectName& target, std::string run_id);
  ~Quarantine();

  void Add(const std::vector<connectors::RejectedRow>& rows);
  int64_t rows() const;
  /// Commits what was added; nothing happens when that is nothing.
  void Commit();
  const catalog::ObjectName& table() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lakehouse::ingestion
