#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace lakehouse {

/// Shared between who asks for an end and who does the work. Copies share one state. Thread-safe.
class CancellationToken {
 public:
  /// A token that nobody can cancel is cheap: CancellationToken{} still has its own state.
  CancellationToken();

  void Cancel();
  bool cancelled() const;
  /// Throws Cancelled LK-0002 when cancelled, Timeout LK-0003 when the deadline has passed.
  void ThrowIfStopped() const;

  /// Monotonic nanoseconds (Clock::MonotonicNs of the system clock); 0 means none.
  void SetDeadlineNs(int64_t monotonic_ns);
  int64_t deadline_ns() const;

  /// Calls `callback` once when cancelled (at once if it already is). The returned handle removes
  /// it: after the handle is gone the callback does not run any more (a running one is waited for,
  /// except by itself).
  std::shared_ptr<void> OnCancel(std::function<void()> callback) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace lakehouse
