#pragma once

namespace lakehouse::cli {

/// While it lives, Ctrl-C (SIGINT) and SIGTERM are noted instead of ending the process, so that the
/// work at hand can end in order. A second one ends the process. One at a time.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  bool interrupted() const;
};

}  // namespace lakehouse::cli
