#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lakehouse {
class Clock;
}

namespace lakehouse::security {

/// One decision or action. Fields are facts, never secrets and never SQL literals.
struct AuditRecord {
  std::string principal;
  std::string action;  ///< "select", "create_table", ...
  std::string object;  ///< "lake.bronze.flights"
  bool allowed = false;
  std::string reason;      ///< why it was denied, or how it was allowed ("owner", "role admin")
  std::string request_id;  ///< from the front, may be empty
};

/// Append only. Write throws Unavailable LK-2102 when the record cannot be kept: the caller then
/// refuses the request (an action that leaves no trace does not happen). Thread-safe.
class AuditLog {
 public:
  virtual ~AuditLog() = default;
  virtual void Write(const AuditRecord& record) = 0;
  /// Everything written so far is on disk after it.
  virtual void Flush() = 0;
};

/// JSON Lines in `file` (created, mode 0600), one object per record with time_ms and all fields.
std::unique_ptr<AuditLog> MakeJsonLinesAuditLog(const std::string& file, const Clock& clock);
/// Keeps records in memory, for tests. Not thread-safe.
class MemoryAuditLog : public AuditLog {
 public:
  void Write(const AuditRecord& record) override { records.push_back(record); }
  void Flush() override {}
  std::vector<AuditRecord> records;
};

}  // namespace lakehouse::security
