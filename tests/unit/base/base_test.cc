#include <gtest/gtest.h>

#include <new>
#include <set>
#include <stdexcept>

#include "base/cancellation.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/error_pages.h"
#include "base/ids.h"
#include "base/logging.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/suggest.h"
#include "base/tracing.h"
#include "error_code.h"

namespace lakehouse {
namespace {

template <typename Exception>
Error Caught(Exception exception) {
  try {
    throw exception;
  } catch (...) {
    return CurrentError();
  }
}

TEST(Error, ComposesItsText) {
  const Error error(ErrorKind::kNotFound, "LK-2012", "no table x", "look elsewhere");
  EXPECT_STREQ(error.what(), "LK-2012 NotFound: no table x");
  EXPECT_STREQ(error.CausedBy("disk").what(), "LK-2012 NotFound: no table x (cause: disk)");
  EXPECT_EQ(error.Within("reading").message(), "reading: no table x");
  EXPECT_EQ(error.hint(), "look elsewhere");
}

TEST(Error, TranslatesWhatIsInFlight) {
  EXPECT_EQ(Caught(std::bad_alloc()).code(), "LK-0004");
  EXPECT_EQ(Caught(std::runtime_error("x")).code(), "LK-0001");
  EXPECT_EQ(Caught(7).code(), "LK-0001");
  EXPECT_EQ(Caught(Error(ErrorKind::kTimeout, "LK-0003", "x")).kind(), ErrorKind::kTimeout);
  EXPECT_TRUE(IsRetryable(ErrorKind::kUnavailable));
  EXPECT_FALSE(IsRetryable(ErrorKind::kCorruption));
}

TEST(Check, FailsTheRequest) {
  EXPECT_EQ(CodeOf([] { LAKE_CHECK(1 + 1 == 3); }), "LK-0001");
  EXPECT_EQ(CodeOf([] { LAKE_CHECK(true); }), "");
}

TEST(Clock, FormatsTimes) {
  EXPECT_EQ(FormatTimestampMs(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatTimestampMs(1'700'000'000'123), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(FormatTimestampMs(-1), "1969-12-31T23:59:59.999Z");
}

TEST(Random, SameSeedGivesSameNumbers) {
  SeededRandom a(7), b(7);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.Next64(), b.Next64());
  for (int i = 0; i < 1000; ++i) EXPECT_LT(a.Below(10), 10u);
}

TEST(Uuid, RoundTripsAndRefusesOthers) {
  ManualClock clock(1'700'000'000'000);
  const Uuid v7 = Uuid::V7(clock, SystemRandom());
  EXPECT_EQ(Uuid::Parse(v7.ToString()), v7);
  EXPECT_EQ(v7.ToString()[14], '7');
  EXPECT_EQ(Uuid::V4(SystemRandom()).ToString()[14], '4');
  EXPECT_EQ(CodeOf([] { Uuid::Parse("nonsense"); }), "LK-0005");
  EXPECT_EQ(CodeOf([] { Uuid::Parse("g0000000-0000-0000-0000-000000000000"); }), "LK-0005");
}

TEST(Uuid, V7SortsByTime) {
  ManualClock clock(1000);
  const std::string early = Uuid::V7(clock, SystemRandom()).ToString();
  clock.SleepMs(1);
  EXPECT_LT(early, Uuid::V7(clock, SystemRandom()).ToString());
}

TEST(Cancellation, CallsBackOnceAndThrows) {
  CancellationToken token;
  int calls = 0;
  const auto handle = token.OnCancel([&] { ++calls; });
  EXPECT_EQ(CodeOf([&] { token.ThrowIfStopped(); }), "");
  token.Cancel();
  token.Cancel();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(CodeOf([&] { token.ThrowIfStopped(); }), "LK-0002");
  token.OnCancel([&] { ++calls; });
  EXPECT_EQ(calls, 2);
}

TEST(Cancellation, HonoursTheDeadline) {
  const CancellationToken token;
  CancellationToken(token).SetDeadlineNs(1);
  EXPECT_EQ(CodeOf([&] { token.ThrowIfStopped(); }), "LK-0003");
}

TEST(Suggest, FindsTheNearest) {
  const std::vector<std::string> names = {"flights", "weather", "planes"};
  EXPECT_EQ(Closest("flihgts", names), std::vector<std::string>{"flights"});
  EXPECT_EQ(DidYouMean("PLANE", names), "Did you mean \"planes\"?");
  EXPECT_EQ(DidYouMean("zzzzzz", names), "");
}

TEST(Metrics, CountsAndPrints) {
  Counter& counter = Metrics::Instance().GetCounter("lakehouse_test_things_total", "Things.");
  counter.Add(3);
  EXPECT_EQ(&counter, &Metrics::Instance().GetCounter("lakehouse_test_things_total", "Things."));
  const std::string text = Metrics::Instance().Text();
  EXPECT_NE(text.find("lakehouse_test_things_total 3"), std::string::npos);
  EXPECT_NE(text.find("lakehouse_build_info"), std::string::npos);
  EXPECT_EQ(CodeOf([] { Metrics::Instance().GetCounter("Bad-Name", ""); }), "LK-0006");
}

TEST(Logging, EscapesLineBreaks) {
  ConfigureLogging(LogLevel::kInfo, LogFormat::kJson);
  testing::internal::CaptureStderr();
  const LogScope scope("request_id", "r-1");
  LogInfo("first\nforged", {{"key", "a\"b"}});
  const std::string line = testing::internal::GetCapturedStderr();
  ConfigureLogging(LogLevel::kWarn, LogFormat::kAuto);
  EXPECT_NE(line.find("first\\u000aforged"), std::string::npos);
  EXPECT_NE(line.find("\"request_id\":\"r-1\""), std::string::npos);
  EXPECT_NE(line.find("a\\\"b"), std::string::npos);
}

class Spans : public SpanExporter {
 public:
  void Export(SpanRecord span) override { spans.push_back(std::move(span)); }
  std::vector<SpanRecord> spans;
};

TEST(Tracing, ContinuesTheCallersTrace) {
  Spans exporter;
  SetSpanExporter(&exporter);
  const std::string trace(32, 'a');
  {
    Span root("request", "00-" + trace + "-00000000000000ff-01");
    Span child("parse");
  }
  {
    Span fresh("request", "malformed");
  }
  SetSpanExporter(nullptr);
  ASSERT_EQ(exporter.spans.size(), 3u);
  EXPECT_EQ(exporter.spans[1].trace_id, trace);
  EXPECT_EQ(exporter.spans[0].parent_id, exporter.spans[1].span_id);
  EXPECT_NE(exporter.spans[2].trace_id, trace);
}

TEST(ErrorPages, EveryPageHasATitleAndText) {
  std::set<std::string_view> codes;
  for (const ErrorPage& page : ErrorPages()) {
    EXPECT_TRUE(codes.insert(page.code).second) << page.code;
    EXPECT_FALSE(page.title.empty()) << page.code;
    EXPECT_GT(page.body.size(), 40u) << page.code;
  }
  EXPECT_GT(codes.size(), 20u);
}

}  // namespace
}  // namespace lakehouse
