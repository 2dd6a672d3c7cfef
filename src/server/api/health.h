#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace lakehouse::app {
class Lakehouse;
}

namespace lakehouse::server::api {

/// How one part of the lakehouse is.
struct ComponentHealth {
  std::string name;
  bool ready = false;
  int64_t since_ms = 0;   ///< when `ready` last changed
  double latency_ms = 0;  ///< of the last check
  std::string code;       ///< of the error
  std::string message;
};

/// Looks at metadata store, table store and engine every few seconds on a thread of its own, so
/// that a probe never waits for them. Thread-safe.
class Health {
 public:
  explicit Health(app::Lakehouse& lakehouse);
  ~Health();

  std::vector<ComponentHealth> Components() const;
  /// Every component is ready and the server does not end.
  bool ready() const;
  /// From now on the component "server" is not ready.
  void Drain();

 private:
  void Check(const std::string& name, const std::function<void()>& look);
  void Loop();

  app::Lakehouse& lakehouse_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, ComponentHealth> components_;  ///< guarded by mutex_
  bool stop_ = false;                                  ///< guarded by mutex_
  std::thread thread_;
};

}  // namespace lakehouse::server::api
