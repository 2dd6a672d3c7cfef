#include "interrupt.h"

#include <nanobind/nanobind.h>

#include <chrono>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "base/error.h"

namespace nb = nanobind;

namespace lakehouse::python {
namespace {

constexpr std::chrono::milliseconds kSignalPeriod(20);  // how soon a Ctrl-C is seen

}  // namespace

void RunInterruptibly(const std::function<void()>& stop, const std::function<void()>& work) {
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
  while (true) {
    {
      const nb::gil_scoped_release released;
      if (end.wait_for(kSignalPeriod) == std::future_status::ready) break;
    }
    if (raised || PyErr_CheckSignals() == 0) continue;
    raised.emplace();  // takes over what the handler raised
    stop();
  }
  worker.join();
  if (raised) throw std::move(*raised);
  if (failure) throw *failure;
}

}  // namespace lakehouse::python
