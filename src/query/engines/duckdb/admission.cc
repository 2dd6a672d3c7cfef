#include "query/engines/duckdb/admission.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/error.h"

namespace lakehouse::query::duckdb {

int64_t Admission::ShareOf(int64_t wanted) const {
  return wanted > 0 ? std::min(wanted, memory_bytes_) : memory_bytes_ / max_running_;
}

std::shared_ptr<void> Admission::Enter(
    const CancellationToken& cancellation,
    std::optional<std::chrono::steady_clock::time_point> deadline, int64_t share_bytes) {
  std::unique_lock lock(mutex_);
  if (!queue_.empty() || !Fits(share_bytes)) {
    if (queue_.size() >= static_cast<size_t>(max_waiting_)) {
      throw Error(ErrorKind::kResourceExhausted, "LK-4020",
                  std::to_string(running_) + " statements run and " +
                      std::to_string(queue_.size()) + " wait, which is the limit",
                  "try again later, or raise query.max_waiting");
    }
    const uint64_t ticket = next_ticket_++;
    queue_.push_back(ticket);
    // The next one looks again when this one is through, or gives up.
    const auto leave_queue = std::shared_ptr<void>(nullptr, [this, ticket](void*) {
      std::erase(queue_, ticket);
      freed_.notify_all();
    });
    while (queue_.front() != ticket || !Fits(share_bytes)) {
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
  used_bytes_ += share_bytes;
  return {nullptr, [this, share_bytes](void*) { Leave(share_bytes); }};
}

bool Admission::Fits(int64_t share_bytes) const {
  return running_ < max_running_ && used_bytes_ + share_bytes <= memory_bytes_;
}

void Admission::Leave(int64_t share_bytes) {
  std::lock_guard lock(mutex_);
  --running_;
  used_bytes_ -= share_bytes;
  freed_.notify_all();
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
