#include "base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <mutex>
#include <sstream>
#include <stdexcept>

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

bool IsWord(const std::string& text) {
  return !text.empty() && !std::isdigit(static_cast<unsigned char>(text.front())) &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::islower(c) || std::isdigit(c) || c == '_';
         });
}

Error BadMetric(const std::string& name, const std::string& why) {
  return Error(
      ErrorKind::kInvalidArgument, "LK-0006", "bad metric " + name + ": " + why,
      "Names are lakehouse_<layer>_<thing>_<unit>; counters, and only they, end in _total; "
      "at most 5 labels; one name has one type.");
}

void CheckName(const std::string& name, bool counter, const Labels& labels) {
  if (!IsWord(name) || !name.starts_with("lakehouse_")) throw BadMetric(name, "the name");
  if (name.ends_with("_total") != counter) throw BadMetric(name, "the ending of the name");
  if (labels.size() > kMaxLabels) throw BadMetric(name, "too many labels");
  for (const auto& [label, value] : labels) {
    if (!IsWord(label) || label.starts_with("__")) throw BadMetric(name, "the label " + label);
  }
}

/// Runs `make`; what the library refuses, such as one name for two types, is a bad metric.
template <typename Make>
auto Made(const std::string& name, Make make) {
  try {
    return make();
  } catch (const std::invalid_argument& refusal) {
    throw BadMetric(name, refusal.what());
  }
}

const std::vector<double> kSeconds = {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                      0.5,   1,     2.5,  5,     10,   30,  60};

void AppendProcessValue(std::string& text, const std::string& name, const std::string& type,
                        const std::string& help, double value) {
  std::ostringstream number;
  number.precision(17);
  number << value;
  text += "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n" + name + " " +
          number.str() + "\n";
}

/// The fields of /proc/self/stat after the program's name, which may hold spaces: [0] is the state.
std::vector<std::string> ProcessFields() {
  std::ifstream in("/proc/self/stat");
  std::string line;
  std::getline(in, line);
  std::istringstream rest(line.substr(std::min(line.size(), line.rfind(')') + 1)));
  return {std::istream_iterator<std::string>(rest), {}};
}

double BootTimeSeconds() {
  std::ifstream in("/proc/stat");
  std::string word;
  double seconds = 0;
  while (in >> word) {
    if (word == "btime" && in >> seconds) break;
  }
  return seconds;
}

/// The values of this process that Prometheus' clients have, from proc(5).
std::string ProcessText() {
  const std::vector<std::string> fields = ProcessFields();
  const auto field = [&](size_t i) { return i < fields.size() ? std::stod(fields[i]) : 0; };
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  std::error_code ignored;
  const std::filesystem::directory_iterator open("/proc/self/fd", ignored);
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  std::string text;
  AppendProcessValue(text, "process_cpu_seconds_total", "counter",
                     "Total user and system CPU time spent in seconds.",
                     (field(11) + field(12)) / ticks);
  AppendProcessValue(text, "process_start_time_seconds", "gauge",
                     "Start time of the process since unix epoch in seconds.",
                     BootTimeSeconds() + field(19) / ticks);
  AppendProcessValue(text, "process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.",
                     field(20));
  AppendProcessValue(text, "process_resident_memory_bytes", "gauge",
                     "Resident memory size in bytes.",
                     field(21) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  AppendProcessValue(text, "process_open_fds", "gauge", "Number of open file descriptors.",
                     static_cast<double>(std::distance(begin(open), end(open))));
  AppendProcessValue(text, "process_max_fds", "gauge", "Maximum number of open file descriptors.",
                     static_cast<double>(limit.rlim_cur));
  AppendProcessValue(text, "process_threads", "gauge", "Number of threads.", field(17));
  return text;
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
    slot = Made(name, [&] {
      auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry);
      return std::make_unique<CounterOf>(family.Add(labels));
    });
  }
  return *slot;
}

Gauge& Metrics::GetGauge(const std::string& name, const std::string& help, const Labels& labels) {
  CheckName(name, false, labels);
  const std::lock_guard lock(state_->mutex);
  auto& slot = state_->gauges[{name, labels}];
  if (!slot) {
    slot = Made(name, [&] {
      auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry);
      return std::make_unique<GaugeOf>(family.Add(labels));
    });
  }
  return *slot;
}

Histogram& Metrics::GetHistogram(const std::string& name, const std::string& help,
                                 const Labels& labels, const std::vector<double>& bounds) {
  CheckName(name, false, labels);
  if (!std::is_sorted(bounds.begin(), bounds.end(), std::less_equal<>())) {
    throw BadMetric(name, "the bounds do not ascend");
  }
  const std::lock_guard lock(state_->mutex);
  auto& slot = state_->histograms[{name, labels}];
  if (!slot) {
    slot = Made(name, [&] {
      auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(state_->registry);
      return std::make_unique<HistogramOf>(family.Add(labels, bounds.empty() ? kSeconds : bounds));
    });
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
