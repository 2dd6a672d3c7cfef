#include "base/tracing.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <utility>

#include "base/random.h"

namespace lakehouse {
namespace {

std::atomic<SpanExporter*> the_exporter{nullptr};
thread_local Span* current_span = nullptr;

std::string Hex64(uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof(text), "%016lx", value);
  return text;
}

int64_t NowNs() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

bool IsLowerHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsTraceparent(std::string_view text) {
  return text.size() == 55 && text[2] == '-' && text[35] == '-' && text[52] == '-' &&
         text.substr(0, 2) == "00" && IsLowerHex(text.substr(3, 32)) &&
         IsLowerHex(text.substr(36, 16)) && text.substr(3, 32) != std::string(32, '0') &&
         text.substr(36, 16) != std::string(16, '0');
}

}  // namespace

void SetSpanExporter(SpanExporter* exporter) { the_exporter = exporter; }

void MemorySpanExporter::Export(SpanRecord span) {
  const std::lock_guard lock(mutex_);
  spans_.push_back(std::move(span));
  while (spans_.size() > limit_) spans_.pop_front();
}

std::vector<SpanRecord> MemorySpanExporter::spans() const {
  const std::lock_guard lock(mutex_);
  return {spans_.begin(), spans_.end()};
}

Span::Span(std::string_view name) {
  if (the_exporter.load(std::memory_order_relaxed) == nullptr) return;
  const bool child = current_span != nullptr;
  Begin(name, child ? current_span->record_.trace_id : "",
        child ? current_span->record_.span_id : "");
}

Span::Span(std::string_view name, std::string_view traceparent) {
  if (the_exporter.load(std::memory_order_relaxed) == nullptr) return;
  const bool child = IsTraceparent(traceparent);
  Begin(name, child ? traceparent.substr(3, 32) : "", child ? traceparent.substr(36, 16) : "");
}

void Span::Begin(std::string_view name, std::string_view trace_id, std::string_view parent_id) {
  on_ = true;
  record_.name = name;
  record_.start_ns = NowNs();
  record_.span_id = Hex64(SystemRandom().Next64());
  record_.parent_id = parent_id;
  record_.trace_id = trace_id;
  if (trace_id.empty()) {
    record_.trace_id = Hex64(SystemRandom().Next64()) + Hex64(SystemRandom().Next64());
  }
  parent_ = std::exchange(current_span, this);
}

Span::~Span() {
  if (!on_) return;
  current_span = parent_;
  record_.end_ns = NowNs();
  if (SpanExporter* exporter = the_exporter.load()) exporter->Export(std::move(record_));
}

void Span::SetAttribute(std::string_view key, std::string value) {
  if (on_) record_.attributes.emplace_back(key, std::move(value));
}

void Span::SetError(std::string_view code) {
  if (on_) record_.error_code = code;
}

std::string Span::Traceparent() const {
  return on_ ? "00-" + record_.trace_id + "-" + record_.span_id + "-01" : std::string();
}

}  // namespace lakehouse
