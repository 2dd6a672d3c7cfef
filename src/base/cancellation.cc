#include "base/cancellation.h"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/error.h"

namespace lakehouse {

struct CancellationToken::State {
  std::atomic<bool> cancelled{false};
  std::atomic<int64_t> deadline_ns{0};
  std::mutex mutex;
  std::condition_variable ended;                        ///< a callback has ended
  std::map<uint64_t, std::function<void()>> callbacks;  ///< guarded by mutex
  uint64_t next_id = 0;                                 ///< guarded by mutex
  uint64_t running_id = 0;                              ///< 0 is none; guarded by mutex
  std::thread::id runner;                               ///< who runs it; guarded by mutex

  /// Runs the first callback that is left; false when there is none.
  bool RunOne() {
    std::unique_lock lock(mutex);
    if (callbacks.empty()) return false;
    const auto node = callbacks.extract(callbacks.begin());
    running_id = node.key();
    runner = std::this_thread::get_id();
    lock.unlock();
    const auto end = [this](void*) {
      const std::lock_guard relock(mutex);
      running_id = 0;
      ended.notify_all();
    };
    const std::unique_ptr<void, decltype(end)> guard(this, end);
    node.mapped()();
    return true;
  }

  /// After it returns the callback does not run and will not; from inside the callback it just
  /// returns.
  void Remove(uint64_t id) {
    std::unique_lock lock(mutex);
    callbacks.erase(id);
    if (runner == std::this_thread::get_id()) return;
    ended.wait(lock, [&] { return running_id != id; });
  }
};

CancellationToken::CancellationToken() : state_(std::make_shared<State>()) {}

void CancellationToken::Cancel() {
  const std::shared_ptr<State> state = state_;
  {
    const std::lock_guard lock(state->mutex);
    if (state->cancelled.exchange(true)) return;
  }
  while (state->RunOne()) {
  }
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
  return {nullptr, [state = state_, id](void*) { state->Remove(id); }};
}

}  // namespace lakehouse
