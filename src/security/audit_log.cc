#include "security/audit_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/error.h"

namespace lakehouse::security {
namespace {

/// A file descriptor that is closed with its owner.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

class JsonLinesAuditLog : public AuditLog {
 public:
  JsonLinesAuditLog(const std::string& file, const Clock& clock)
      : file_(file),
        clock_(clock),
        descriptor_(
            open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    if (descriptor_.get() < 0) Fail("cannot open", errno);
    struct stat status{};
    if (fstat(descriptor_.get(), &status) != 0) Fail("cannot look at", errno);
    regular_ = S_ISREG(status.st_mode);
    if (!regular_) return;
    // A file that was made with another mode may hold what others must not read.
    if (fchmod(descriptor_.get(), 0600) != 0) Fail("cannot protect", errno);
    char last = '\n';
    if (status.st_size > 0 && pread(descriptor_.get(), &last, 1, status.st_size - 1) != 1) {
      Fail("cannot read", errno);
    }
    torn_ = last != '\n';
  }

  void Write(const AuditRecord& record) override {
    const nlohmann::ordered_json json = {
        {"time_ms", clock_.NowMs()},      {"principal", record.principal},
        {"action", record.action},        {"object", record.object},
        {"allowed", record.allowed},      {"reason", record.reason},
        {"request_id", record.request_id}};
    // Only ASCII leaves: control characters of any kind come out as \u escapes, broken UTF-8 as
    // U+FFFD.
    std::string line = json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) + '\n';
    const std::lock_guard lock(mutex_);
    // After a record that was cut by a full disk or a crash, the next one begins on a line of its
    // own.
    if (torn_) line.insert(line.begin(), '\n');
    ssize_t written = -1;
    do {
      written = write(descriptor_.get(), line.data(), line.size());
    } while (written < 0 && errno == EINTR);
    if (written == static_cast<ssize_t>(line.size())) {
      torn_ = false;
      return;
    }
    const int code = written < 0 ? errno : ENOSPC;
    torn_ = torn_ || written > 0;
    Fail("cannot write", code);
  }

  void Flush() override {
    if (regular_ && fdatasync(descriptor_.get()) != 0) Fail("cannot sync", errno);
  }

 private:
  [[noreturn]] void Fail(const std::string& what, int code) const {
    throw Error(
        ErrorKind::kUnavailable, "LK-2102",
        what + " the audit log " + file_ + ": " + std::strerror(code),
        "Requests are refused until the audit log can be written. Check the free space and the "
        "rights of security.audit_log.");
  }

  const std::string file_;
  const Clock& clock_;
  const Descriptor descriptor_;
  bool regular_ = false;
  std::mutex mutex_;
  bool torn_ = false;  ///< the file does not end with a line's end; guarded by mutex_
};

}  // namespace

std::unique_ptr<AuditLog> MakeJsonLinesAuditLog(const std::string& file, const Clock& clock) {
  return std::make_unique<JsonLinesAuditLog>(file, clock);
}

}  // namespace lakehouse::security
