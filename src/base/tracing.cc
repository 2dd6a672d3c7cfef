#include "base/tracing.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>

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
         IsLowerHex(text.substr(36, 16)) && text.substr(3, 32) != std::string(32, '0');
}

}  // namespace

void SetSpanExporter(SpanExporter* exporter) { the_exporter = exporter; }

Span::Span(std::string_view name) : Span(name, std::string_view{}) {}

Span::Span(std::string_view name, std::string_view traceparent) {
  if (the_exporter.load(std::memory_order_relaxed) == nullptr) return;
  on_ = true;
  record_.name = name;
  record_.start_ns = NowNs();
  record_.span_id = Hex64(SystemRandom().Next64());
  parent_ = current_span;
  if (IsTraceparent(traceparent)) {
    record_.trace_id = traceparent.substr(3, 32);
    record_.parent_id = traceparent.substr(36, 16);
  } else if (parent_ != nullptr) {
    record_.trace_id = parent_->record_.trace_id;
    record_.parent_id = parent_->record_.span_id;
  } else {
    record_.trace_id = Hex64(SystemRandom().Next64()) + Hex64(SystemRandom().Next64());
  }
  current_span = this;
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
