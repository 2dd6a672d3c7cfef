#include "base/cancellation.h"

#include <map>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "base/error.h"

namespace lakehouse {

struct CancellationToken::State {
  std::atomic<bool> cancelled{false};
  std::atomic<int64_t> deadline_ns{0};
  std::mutex mutex;
  std::map<uint64_t, std::function<void()>> callbacks;  ///< guarded by mutex
  uint64_t next_id = 0;                                 ///< guarded by mutex
};

CancellationToken::CancellationToken() : state_(std::make_shared<State>()) {}

void CancellationToken::Cancel() {
  std::map<uint64_t, std::function<void()>> callbacks;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->cancelled.exchange(true)) return;
    callbacks.swap(state_->callbacks);
  }
  for (const auto& [id, callback] : callbacks) callback();
}

bool CancellationToken::cancelled() const { return state_->cancelled.load(); }

void CancellationToken::ThrowIfStopped() const {
  if (cancelled()) throw Error(ErrorKind::kCancelled, "LK-0002", "the request was cancelled");
  const int64_t deadline = deadline_ns();
  if (deadline != 0 && SystemClock().MonotonicNs() > deadline) {
    throw Error(ErrorKind::kTimeout, "LK-0003", "the time limit of the request is over",
                "Give it more time, or ask for less.");
  }
}

void CancellationToken::SetDeadlineNs(int64_t monotonic_ns) { state_->deadline_ns = monotonic_ns; }
int64_t CancellationToken::deadline_ns() const { return state_->deadline_ns.load(); }

std::shared_ptr<void> CancellationToken::OnCancel(std::function<void()> callback) const {
  uint64_t id = 0;
  {
    const std::lock_guard lock(state_->mutex);
    if (!state_->cancelled) {
      id = ++state_->next_id;
      state_->callbacks.emplace(id, std::move(callback));
    }
  }
  if (id == 0) {
    callback();
    return nullptr;
  }
  return {nullptr, [state = state_, id](void*) {
            const std::lock_guard lock(state->mutex);
            state->callbacks.erase(id);
          }};
}

}  // namespace lakehouse
