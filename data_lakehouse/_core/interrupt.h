#pragma once

#include <Python.h>

#include <functional>

namespace lakehouse::python {

/// Gives the interpreter's lock away while it lives. Unlike nanobind's guard it does not come back
/// once the interpreter ends: a thread that asks for the lock then is unwound by force, which ends
/// the process with an abort, so the thread stays here until the process is gone.
class Unlocked {
 public:
  Unlocked() : state_(PyEval_SaveThread()) {}
  ~Unlocked();
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  PyThreadState* state_;
};

/// Runs `work` on a thread of its own, without the interpreter's lock, and waits for its end. While
/// it waits, signals are looked for: when a handler raises (Ctrl-C), `stop` is called once and the
/// handler's exception is raised after `work` has ended. What `work` throws comes out as an Error.
void RunInterruptibly(const std::function<void()>& stop, const std::function<void()>& work);

/// Does not return once the interpreter ends, in any thread but the one that ends it.
void ParkAtTheEnd();

/// The interpreter ends: calls `stop` of everything that RunInterruptibly runs in other threads and
/// waits for their ends, at most kLastWait. From now on no other thread gets the lock back.
void StopEverything();

}  // namespace lakehouse::python
