#include "scheduler.h"

#include <algorithm>
#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>
#include <limits>
#include <utility>

#include "base/check.h"

// Itanium C++ ABI, "Exception Handling", section 2.2.2: what a thread is throwing and catching. It
// goes with the fiber: a fiber may yield in a handler, and another one end its own meanwhile.
namespace __cxxabiv1 {
struct __cxa_eh_globals {
  void* caught;
  unsigned int uncaught;
};
extern "C" __cxa_eh_globals* __cxa_get_globals() noexcept;
}  // namespace __cxxabiv1

namespace lakehouse::sim {
namespace {

namespace context = boost::context;

/// Parquet's writer is the deepest user; a guard page ends a run that needs more.
constexpr size_t kStackBytes = size_t{512} << 10;

}  // namespace

struct Scheduler::Fiber {
  context::fiber own;     ///< where it goes on
  context::fiber caller;  ///< where Run goes on
  __cxxabiv1::__cxa_eh_globals handlers{};
  int64_t wakes_at = 0;
};

Scheduler::Scheduler(uint64_t seed) : random_(seed) {}
Scheduler::~Scheduler() { fibers_.clear(); }

void Scheduler::Spawn(std::function<void()> work) {
  auto fiber = std::make_unique<Fiber>();
  Fiber& self = *fiber;
  self.wakes_at = step_;
  self.own = context::fiber(std::allocator_arg, context::protected_fixedsize_stack(kStackBytes),
                            [&self, work = std::move(work)](context::fiber&& caller) {
                              self.caller = std::move(caller);
                              work();
                              return std::move(self.caller);
                            });
  fibers_.push_back(std::move(fiber));
}

void Scheduler::Resume(Fiber& fiber) {
  __cxxabiv1::__cxa_eh_globals& now = *__cxxabiv1::__cxa_get_globals();
  const __cxxabiv1::__cxa_eh_globals ours = std::exchange(now, fiber.handlers);
  running_ = &fiber;
  fiber.own = std::move(fiber.own).resume();
  running_ = nullptr;
  fiber.handlers = std::exchange(now, ours);
}

void Scheduler::Yield(int64_t pause) {
  LAKE_CHECK(running_ != nullptr);
  Fiber& self = *running_;
  self.wakes_at = step_ + pause;
  self.caller = std::move(self.caller).resume();
}

size_t Scheduler::Choose() {
  int64_t earliest = std::numeric_limits<int64_t>::max();
  size_t ready = 0;
  for (const auto& fiber : fibers_) {
    earliest = std::min(earliest, fiber->wakes_at);
    if (fiber->wakes_at <= step_) ++ready;
  }
  if (ready == 0) {
    step_ = earliest;
    return Choose();
  }
  size_t left = random_.Below(ready);
  for (size_t i = 0;; ++i) {
    if (fibers_[i]->wakes_at <= step_ && left-- == 0) return i;
  }
}

void Scheduler::Run() {
  while (!fibers_.empty()) {
    ++step_;
    const size_t chosen = Choose();
    Resume(*fibers_[chosen]);
    if (!fibers_[chosen]->own) fibers_.erase(fibers_.begin() + static_cast<ptrdiff_t>(chosen));
  }
}

}  // namespace lakehouse::sim
