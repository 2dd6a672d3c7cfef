#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lakehouse {

/// One finished span. Times are Unix nanoseconds; ids are lower-case hex as in W3C trace context.
struct SpanRecord {
  std::string trace_id;   ///< 32 characters
  std::string span_id;    ///< 16 characters
  std::string parent_id;  ///< 16 characters, or empty for a root
  std::string name;
  int64_t start_ns = 0;
  int64_t end_ns = 0;
  std::string error_code;  ///< empty when it went well
  std::vector<std::pair<std::string, std::string>> attributes;
};

/// Receives finished spans. Called from any thread.
class SpanExporter {
 public:
  virtual ~SpanExporter() = default;
  virtual void Export(SpanRecord span) = 0;
};

/// Keeps the newest spans, at most `limit`; older ones are dropped. Thread-safe.
class MemorySpanExporter : public SpanExporter {
 public:
  explicit MemorySpanExporter(size_t limit = 4096) : limit_(limit) {}
  void Export(SpanRecord span) override;
  /// What was kept, in the order in which the spans ended.
  std::vector<SpanRecord> spans() const;

 private:
  const size_t limit_;
  mutable std::mutex mutex_;
  std::deque<SpanRecord> spans_;  ///< guarded by mutex_
};

/// Who gets the spans; nullptr (the default) turns tracing off, and a Span then costs one load.
void SetSpanExporter(SpanExporter* exporter);

/// Measures from construction to destruction; child of the innermost live Span of this thread.
class Span {
 public:
  explicit Span(std::string_view name);
  /// A root that continues the caller's trace; a malformed traceparent starts a new trace.
  Span(std::string_view name, std::string_view traceparent);
  ~Span();
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;

  void SetAttribute(std::string_view key, std::string value);
  void SetError(std::string_view code);
  /// "00-<trace>-<span>-01", for calls to others.
  std::string Traceparent() const;

 private:
  /// Starts to measure; the ids are empty for the root of a new trace.
  void Begin(std::string_view name, std::string_view trace_id, std::string_view parent_id);

  bool on_ = false;
  SpanRecord record_;
  Span* parent_ = nullptr;
};

}  // namespace lakehouse
