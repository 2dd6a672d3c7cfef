#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lakehouse {

using Labels = std::map<std::string, std::string>;

class Counter {
 public:
  virtual ~Counter() = default;
  virtual void Add(double amount) = 0;
  void Increment() { Add(1); }
};

class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void Set(double value) = 0;
  virtual void Add(double amount) = 0;
};

class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void Observe(double value) = 0;
};

/// The process's metrics. Get* returns the same object for the same name and labels, valid as long
/// as the process; look it up once and keep the reference (a look-up takes a lock, Add does not
/// block). Names: lakehouse_<layer>_<thing>_<unit>, counters end in _total. At most 5 labels, and
/// never a user, SQL text, path or error text as a label. Throws InvalidArgument LK-0006 for a bad
/// name. Thread-safe.
class Metrics {
 public:
  static Metrics& Instance();

  Counter& GetCounter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& GetGauge(const std::string& name, const std::string& help, const Labels& labels = {});
  /// Upper bounds in ascending order; empty means the default for seconds (1 ms to 60 s).
  Histogram& GetHistogram(const std::string& name, const std::string& help,
                          const Labels& labels = {}, const std::vector<double>& bounds = {});

  /// Prometheus text exposition format 0.0.4, with process_* values and lakehouse_build_info.
  std::string Text() const;

 private:
  Metrics();
  ~Metrics();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lakehouse
