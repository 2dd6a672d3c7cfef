#include "interrupt.h"

#include <nanobind/nanobind.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <list>
#include <optional>
#include <thread>
#include <utility>

#include "base/error.h"

namespace nb = nanobind;

namespace lakehouse::python {
namespace {

constexpr std::chrono::milliseconds kSignalPeriod(20);  // how soon a Ctrl-C is seen
constexpr std::chrono::seconds kLastWait(10);

/// A call of RunInterruptibly.
struct Call {
  const std::function<void()>* stop = nullptr;
  std::atomic<bool> parked = false;
};

/// The calls of this process; guarded by the interpreter's lock. A forked child begins with none:
/// the other threads stayed in its parent.
std::list<Call>& Calls() {
  static std::list<Call> calls;
  static pid_t process = getpid();
  if (process != getpid()) calls.clear();
  process = getpid();
  return calls;
}

std::atomic<bool> ending = false;
thread_local bool is_ender = false;
thread_local Call* current = nullptr;

/// Adds this thread's call to Calls for its lifetime.
class Registration {
 public:
  explicit Registration(const std::function<void()>& stop) : outer_(current) {
    at_ = Calls().emplace(Calls().end());
    at_->stop = &stop;
    current = &*at_;
  }
  ~Registration() {
    current = outer_;
    if (process_ == getpid()) Calls().erase(at_);
  }

 private:
  const pid_t process_ = getpid();
  Call* const outer_;
  std::list<Call>::iterator at_;
};

bool MustPark() { return ending && !is_ender; }

[[noreturn]] void Park() {
  if (current != nullptr) current->parked = true;
  while (true) std::this_thread::sleep_for(std::chrono::hours(1));
}

}  // namespace

Unlocked::~Unlocked() {
  if (MustPark()) Park();
  PyEval_RestoreThread(state_);
  ParkAtTheEnd();
}

void ParkAtTheEnd() {
  if (!MustPark()) return;
  PyEval_SaveThread();
  Park();
}

void RunInterruptibly(const std::function<void()>& stop, const std::function<void()>& work) {
  const Registration registration(stop);
  std::optional<Error> failure;
  std::packaged_task<void()> task([&] {
    try {
      work();
    } catch (...) {
      failure = CurrentError();
    }
  });
  std::future<void> end = task.get_future();
  std::thread worker(std::move(task));
  std::optional<nb::python_error> raised;
  bool ended = false;
  while (!ended) {
    {
      const Unlocked unlocked;
      ended = end.wait_for(kSignalPeriod) == std::future_status::ready;
      if (MustPark()) end.wait();
    }
    if (ended || raised || PyErr_CheckSignals() == 0) continue;
    raised.emplace();  // takes over what the handler raised
    stop();
  }
  worker.join();
  if (raised) throw std::move(*raised);
  if (failure) throw *failure;
}

void StopEverything() {
  is_ender = true;
  ending = true;
  for (const Call& call : Calls()) (*call.stop)();
  const auto deadline = std::chrono::steady_clock::now() + kLastWait;
  bool waiting = true;
  while (waiting && std::chrono::steady_clock::now() < deadline) {
    {
      // Threads that already wait for the lock get it now, and park.
      const Unlocked unlocked;
      std::this_thread::sleep_for(kSignalPeriod / 4);
    }
    waiting = std::any_of(Calls().begin(), Calls().end(), [](const Call& c) { return !c.parked; });
  }
}

}  // namespace lakehouse::python
