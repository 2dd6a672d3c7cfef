#include "query/engines/duckdb/admission.h"

#include <optional>
#include <string>

#include "base/error.h"

namespace lakehouse::query::duckdb {

std::shared_ptr<void> Admission::Enter(
    const CancellationToken& cancellation,
    std::optional<std::chrono::steady_clock::time_point> deadline) {
  std::unique_lock lock(mutex_);
  if (running_ >= max_running_) {
    if (waiting_ >= max_waiting_) {
      throw Error(ErrorKind::kResourceExhausted, "LK-4020",
                  std::to_string(running_) + " statements run and " + std::to_string(waiting_) +
                      " wait, which is the limit",
                  "try again later, or raise query.max_waiting");
    }
    ++waiting_;
    auto leave_queue = std::shared_ptr<void>(nullptr, [this](void*) { --waiting_; });
    while (running_ >= max_running_) {
      freed_.wait_for(lock, std::chrono::milliseconds(20));
      if (cancellation.cancelled()) {
        throw Error(ErrorKind::kCancelled, "LK-4023", "cancelled while it waited for its turn");
      }
      if (deadline && std::chrono::steady_clock::now() > *deadline) {
        throw Error(ErrorKind::kTimeout, "LK-4022", "the time limit passed while it waited");
      }
    }
  }
  ++running_;
  return {nullptr, [this](void*) { Leave(); }};
}

void Admission::Leave() {
  std::lock_guard lock(mutex_);
  --running_;
  freed_.notify_one();
}

Watchdog::Watchdog() : thread_([this] { Run(); }) {}

Watchdog::~Watchdog() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::shared_ptr<void> Watchdog::Arm(std::chrono::steady_clock::time_point at,
                                    std::function<void()> callback) {
  std::lock_guard lock(mutex_);
  uint64_t id = next_++;
  armed_.emplace(at, std::pair(id, std::move(callback)));
  changed_.notify_all();
  return {nullptr, [this, id](void*) {
            std::lock_guard inner(mutex_);
            std::erase_if(armed_, [id](const auto& entry) { return entry.second.first == id; });
          }};
}

void Watchdog::Run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (armed_.empty()) {
      changed_.wait(lock);
      continue;
    }
    auto first = armed_.begin();
    if (std::chrono::steady_clock::now() < first->first) {
      changed_.wait_until(lock, first->first);
      continue;
    }
    auto callback = std::move(first->second.second);
    armed_.erase(first);
    // Under the lock: a handle that goes waits for it. Callbacks are short.
    callback();
  }
}

}  // namespace lakehouse::query::duckdb
