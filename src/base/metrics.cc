#include "base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <mutex>

#include "base/error.h"
#include "base/version.h"

namespace lakehouse {
namespace {

struct CounterOf : Counter {
  explicit CounterOf(prometheus::Counter& counter) : counter(counter) {}
  void Add(double amount) override { counter.Increment(amount); }
  prometheus::Counter& counter;
};
struct GaugeOf : Gauge {
  explicit GaugeOf(prometheus::Gauge& gauge) : gauge(gauge) {}
  void Set(double value) override { gauge.Set(value); }
  void Add(double amount) override { gauge.Increment(amount); }
  prometheus::Gauge& gauge;
};
struct HistogramOf : Histogram {
  explicit HistogramOf(prometheus::Histogram& histogram) : histogram(histogram) {}
  void Observe(double value) override { histogram.Observe(value); }
  prometheus::Histogram& histogram;
};

constexpr size_t kMaxLabels = 5;

void CheckName(const std::string& name, bool counter, const Labels& labels) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return std::islower(static_cast<unsigned char>(c)) ||
           std::isdigit(static_cast<unsigned char>(c)) || c == '_';
  });
  const bool total = name.size() > 6 && name.compare(name.size() - 6, 6, "_total") == 0;
  if (!plain || name.rfind("lakehouse_", 0) != 0 || total != counter ||
      labels.size() > kMaxLabels) {
    throw Error(
        ErrorKind::kInvalidArgument, "LK-0006", "bad metric name or labels: " + name,
        "Names are lakehouse_<layer>_<thing>_<unit>; counters, and only they, end in _total; at "
        "most 5 labels.");
  }
}

const std::vector<double> kSeconds = {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                      0.5,   1,     2.5,  5,     10,   30,  60};

/// Resident memory and open descriptors of this process, as Prometheus names them.
std::string ProcessText() {
  std::ifstream in("/proc/self/statm");
  int64_t pages = 0, resident = 0;
  in >> pages >> resident;
  const int64_t bytes = resident * sysconf(_SC_PAGESIZE);
  return "# HELP process_resident_memory_bytes Resident memory size in bytes.\n"
         "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes " +
         std::to_string(bytes) + "\n";
}

}  // namespace

struct Metrics::State {
  std::mutex mutex;
  prometheus::Registry registry;
  using Key = std::pair<std::string, Labels>;
  std::map<Key, std::unique_ptr<CounterOf>> counters;      ///< guarded by mutex
  std::map<Key, std::unique_ptr<GaugeOf>> gauges;          ///< guarded by mutex
  std::map<Key, std::unique_ptr<HistogramOf>> histograms;  ///< guarded by mutex
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Metrics& Metrics::Instance() {
  static Metrics metrics;
  return metrics;
}

Counter& Metrics::GetCounter(const std::string& name, const std::string& help,
                             const Labels& labels) {
  CheckName(name, true, labels);
  const std::lock_guard lock(state_->mutex);
  auto& slot = state_->counters[{name, labels}];
  if (!slot) {
    auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry);
    slot = std::make_unique<CounterOf>(family.Add(labels));
  }
  return *slot;
}

Gauge& Metrics::GetGauge(const std::string& name, const std::string& help, const Labels& labels) {
  CheckName(name, false, labels);
  const std::lock_guard lock(state_->mutex);
  auto& slot = state_->gauges[{name, labels}];
  if (!slot) {
    auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry);
    slot = std::make_unique<GaugeOf>(family.Add(labels));
  }
  return *slot;
}

Histogram& Metrics::GetHistogram(const std::string& name, const std::string& help,
                                 const Labels& labels, const std::vector<double>& bounds) {
  CheckName(name, false, labels);
  const std::lock_guard lock(state_->mutex);
  auto& slot = state_->histograms[{name, labels}];
  if (!slot) {
    auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(state_->registry);
    slot = std::make_unique<HistogramOf>(family.Add(labels, bounds.empty() ? kSeconds : bounds));
  }
  return *slot;
}

std::string Metrics::Text() const {
  const std::string build =
      "# HELP lakehouse_build_info The version that runs.\n"
      "# TYPE lakehouse_build_info gauge\nlakehouse_build_info{version=\"" +
      std::string(Version()) + "\"} 1\n";
  return prometheus::TextSerializer().Serialize(state_->registry.Collect()) + build + ProcessText();
}

}  // namespace lakehouse
