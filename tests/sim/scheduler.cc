#include "scheduler.h"

#include <algorithm>
#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>
#include <limits>
#include <utility>

#include "base/check.h"
#include "slowed_down.h"

#ifdef LAKEHOUSE_ADDRESS_SANITIZER
#include <sanitizer/common_interface_defs.h>

// Frames that it keeps elsewhere to find their use after a return would belong to no fiber.
extern "C" const char* __asan_default_options() { return "detect_stack_use_after_return=0"; }
#endif

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

/// Parquet's writer is the deepest user; a guard page ends a run that needs more. Sanitizers make
/// frames larger.
constexpr size_t kStackBytes = (kSlowedDown ? size_t{4} << 20 : size_t{512} << 10);

/// A stack, as the address sanitizer must know it.
struct Stack {
  const void* bottom = nullptr;
  size_t bytes = 0;
};

/// Tells the address sanitizer that this thread goes on on `to`; `frames` keeps what it knows of
/// the stack that is left, or is null when nobody comes back to it.
void Leave([[maybe_unused]] void** frames, [[maybe_unused]] const Stack& to) {
#ifdef LAKEHOUSE_ADDRESS_SANITIZER
  __sanitizer_start_switch_fiber(frames, to.bottom, to.bytes);
#endif
}

/// The other half, on the stack that goes on: `from` gets the one that was left.
void Arrive([[maybe_unused]] void* frames, [[maybe_unused]] Stack* from) {
#ifdef LAKEHOUSE_ADDRESS_SANITIZER
  const void* bottom = nullptr;
  size_t bytes = 0;
  __sanitizer_finish_switch_fiber(frames, &bottom, &bytes);
  if (from != nullptr) *from = {bottom, bytes};
#endif
}

}  // namespace

struct Scheduler::Fiber {
  Stack stack, stack_of_caller;
  void* frames = nullptr;
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
  context::protected_fixedsize_stack stacks(kStackBytes);
  const context::stack_context stack = stacks.allocate();
  self.stack = {static_cast<char*>(stack.sp) - stack.size, stack.size};
  self.own = context::fiber(std::allocator_arg, context::preallocated(stack.sp, stack.size, stack),
                            stacks, [&self, work = std::move(work)](context::fiber&& caller) {
                              Arrive(nullptr, &self.stack_of_caller);
                              self.caller = std::move(caller);
                              work();
                              Leave(nullptr, self.stack_of_caller);
                              return std::move(self.caller);
                            });
  fibers_.push_back(std::move(fiber));
}

void Scheduler::Resume(Fiber& fiber) {
  __cxxabiv1::__cxa_eh_globals& now = *__cxxabiv1::__cxa_get_globals();
  const __cxxabiv1::__cxa_eh_globals ours = std::exchange(now, fiber.handlers);
  running_ = &fiber;
  void* frames = nullptr;
  Leave(&frames, fiber.stack);
  fiber.own = std::move(fiber.own).resume();
  Arrive(frames, nullptr);
  running_ = nullptr;
  fiber.handlers = std::exchange(now, ours);
}

void Scheduler::Yield(int64_t pause) {
  LAKE_CHECK(running_ != nullptr);
  Fiber& self = *running_;
  self.wakes_at = step_ + pause;
  Leave(&self.frames, self.stack_of_caller);
  self.caller = std::move(self.caller).resume();
  Arrive(self.frames, &self.stack_of_caller);
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
