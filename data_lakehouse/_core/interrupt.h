#pragma once

#include <functional>

namespace lakehouse::python {

/// Runs `work` on a thread of its own, without the interpreter's lock, and waits for its end. While
/// it waits, signals are looked for: when a handler raises (Ctrl-C), `stop` is called once and the
/// handler's exception is raised after `work` has ended. What `work` throws comes out as an Error.
void RunInterruptibly(const std::function<void()>& stop, const std::function<void()>& work);

}  // namespace lakehouse::python
