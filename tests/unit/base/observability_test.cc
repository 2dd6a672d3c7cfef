#include <gtest/gtest.h>

#include "base/metrics.h"
#include "base/tracing.h"
#include "error_code.h"

namespace lakehouse {
namespace {

TEST(MetricNames, WhatTheFormatForbidsIsRefused) {
  Metrics& metrics = Metrics::Instance();
  EXPECT_EQ(CodeOf([&] { metrics.GetGauge("lakehouse_x", "", {{"bad-label", "v"}}); }), "LK-0006");
  EXPECT_EQ(CodeOf([&] { metrics.GetGauge("lakehouse_x_total", ""); }), "LK-0006");
  EXPECT_EQ(CodeOf([&] { metrics.GetCounter("lakehouse_x", ""); }), "LK-0006");
  EXPECT_EQ(CodeOf([&] { metrics.GetHistogram("lakehouse_x", "", {}, {2, 1}); }), "LK-0006");
  metrics.GetGauge("lakehouse_test_one_type", "");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(CodeOf([&] { metrics.GetHistogram("lakehouse_test_one_type", ""); }), "LK-0006");
  }
}

TEST(ProcessMetrics, ArePresentAndPlausible) {
  const std::string text = Metrics::Instance().Text();
  for (const char* name :
       {"process_cpu_seconds_total", "process_start_time_seconds", "process_virtual_memory_bytes",
        "process_resident_memory_bytes", "process_open_fds", "process_max_fds"}) {
    const size_t at = text.find("\n" + std::string(name) + " ");
    ASSERT_NE(at, std::string::npos) << name;
    EXPECT_GE(std::stod(text.substr(at + std::string(name).size() + 2)), 0) << name;
  }
  EXPECT_EQ(text.find("process_open_fds 0\n"), std::string::npos);
}

TEST(Spans, ARequestIsARootEvenInsideAnotherSpan) {
  MemorySpanExporter exporter;
  SetSpanExporter(&exporter);
  {
    const Span outer("outer");
    const Span request("request", "malformed");
    const Span zero("zero", "00-" + std::string(32, 'a') + "-" + std::string(16, '0') + "-01");
  }
  SetSpanExporter(nullptr);
  const auto spans = exporter.spans();
  ASSERT_EQ(spans.size(), 3u);
  EXPECT_TRUE(spans[1].parent_id.empty());
  EXPECT_NE(spans[1].trace_id, spans[2].trace_id);
  EXPECT_NE(spans[0].trace_id, std::string(32, 'a'));
}

TEST(Spans, MemoryKeepsTheNewest) {
  MemorySpanExporter exporter(2);
  for (const char* name : {"a", "b", "c"}) {
    SpanRecord record;
    record.name = name;
    exporter.Export(record);
  }
  ASSERT_EQ(exporter.spans().size(), 2u);
  EXPECT_EQ(exporter.spans()[0].name, "b");
}

}  // namespace
}  // namespace lakehouse
