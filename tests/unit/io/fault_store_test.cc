#include "io/fault_store.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "error_code.h"

namespace lakehouse::io {
namespace {

std::span<const std::byte> Bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

class FaultStoreTest : public testing::Test {
 protected:
  void Inject(Fault::Effect effect, int64_t first_call, int64_t calls = 1) {
    Fault fault;
    fault.effect = effect;
    fault.first_call = first_call;
    fault.calls = calls;
    store_.Inject(fault);
  }
  ManualClock clock_{0};
  FaultStore store_{MakeMemoryStore(), clock_};
};

TEST_F(FaultStoreTest, PassesEverythingOnWithoutFaults) {
  store_.Write("a", "1");
  EXPECT_EQ(store_.Read("a"), "1");
  EXPECT_EQ(store_.WriteIfAbsent("a", "2"), PutResult::kExists);
  EXPECT_EQ(store_.List("", {}).size(), 1u);
  EXPECT_TRUE(store_.Head("a").has_value());
  EXPECT_TRUE(store_.Delete("a"));
  EXPECT_EQ(store_.calls(), 6);
  EXPECT_EQ(store_.write_calls(), 3);
  EXPECT_EQ(store_.injected(), 0);
}

TEST_F(FaultStoreTest, FailsOnlyTheNthCall) {
  Inject(Fault::Effect::kFail, 1);
  store_.Write("a", "1");
  EXPECT_EQ(CodeOf([&] { store_.Write("b", "1"); }), "LK-8007");
  EXPECT_EQ(store_.Head("b"), std::nullopt);
  store_.Write("b", "1");
  EXPECT_EQ(store_.injected(), 1);
}

TEST_F(FaultStoreTest, FailsFromTheNthCallOn) {
  Inject(Fault::Effect::kFail, 1, Fault::kForever);
  store_.Write("a", "1");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(CodeOf([&] { store_.Read("a"); }), "LK-8007");
  store_.Reset();
  EXPECT_EQ(store_.Read("a"), "1");
}

TEST_F(FaultStoreTest, ThrowsTheErrorHandedIn) {
  Fault fault;
  fault.error = Error(ErrorKind::kResourceExhausted, "LK-8004", "full");
  store_.Inject(fault);
  EXPECT_EQ(CodeOf([&] { store_.Write("a", "1"); }), "LK-8004");
}

TEST_F(FaultStoreTest, ALostReplyLeavesTheWriteDone) {
  Inject(Fault::Effect::kLoseReply, 0);
  EXPECT_EQ(CodeOf([&] { store_.WriteIfAbsent("a", "1"); }), "LK-8006");
  EXPECT_EQ(store_.Read("a"), "1");
}

TEST_F(FaultStoreTest, ARepeatedPutMeetsItself) {
  Inject(Fault::Effect::kRepeat, 0);
  EXPECT_EQ(store_.WriteIfAbsent("a", "1"), PutResult::kExists);
  EXPECT_EQ(store_.Read("a"), "1");
}

TEST_F(FaultStoreTest, CountsOnlyWritesWhenAsked) {
  store_.Write("a", "1");
  Fault fault;
  fault.first_call = 1;
  fault.writes_only = true;
  store_.Inject(fault);
  store_.Read("a");
  store_.Read("a");
  EXPECT_EQ(CodeOf([&] { store_.Write("b", "1"); }), "LK-8007");
}

TEST_F(FaultStoreTest, DelaysByTheClock) {
  Fault fault;
  fault.effect = Fault::Effect::kDelay;
  fault.delay_ms = 70;
  store_.Inject(fault);
  store_.Write("a", "1");
  EXPECT_EQ(clock_.NowMs(), 70);
}

TEST_F(FaultStoreTest, ReadersAndWritersAreBrokenToo) {
  Inject(Fault::Effect::kFail, 2);
  {
    const auto writer = store_.Create("a");
    writer->Append(Bytes("1"));
    EXPECT_EQ(CodeOf([&] { writer->Finish(); }), "LK-8007");
  }
  EXPECT_EQ(store_.Head("a"), std::nullopt);
  store_.Reset();
  store_.Write("a", "123");
  Inject(Fault::Effect::kFail, 2);
  const auto reader = store_.Open("a");
  std::string three(3, ' ');
  const auto out = std::as_writable_bytes(std::span(three));
  EXPECT_EQ(CodeOf([&] { reader->ReadAt(0, out); }), "LK-8007");
  reader->ReadAt(0, out);
  EXPECT_EQ(three, "123");
}

/// Writes a data file and commits it; true when the commit was acknowledged.
bool CommitOnce(FaultStore& store) {
  const auto writer = store.Create("data/1");
  writer->Append(Bytes("row"));
  writer->Append(Bytes("s"));
  writer->Finish();
  return store.WriteIfAbsent("log/0", "data/1") == PutResult::kWritten;
}

/// Crashes at every call, before and after its work, and looks with a restarted process' eyes.
TEST(Crash, AtEveryCallACommitIsWholeOrAbsent) {
  for (const auto effect : {Fault::Effect::kCrash, Fault::Effect::kCrashDone}) {
    bool finished = false;
    for (int64_t call = 0; !finished; ++call) {
      ManualClock clock(0);
      FaultStore store(MakeMemoryStore(), clock);
      Fault fault;
      fault.effect = effect;
      fault.first_call = call;
      store.Inject(fault);
      try {
        EXPECT_TRUE(CommitOnce(store));
        finished = true;
      } catch (const SimulatedCrash&) {
        EXPECT_TRUE(store.crashed());
        EXPECT_THROW(store.Delete("log/0"), SimulatedCrash) << "the dead clean up nothing";
      }
      const bool committed = store.inner()->Head("log/0").has_value();
      if (finished) {
        EXPECT_TRUE(committed);
      }
      if (committed) {
        EXPECT_EQ(store.inner()->Read("data/1"), "rows");
      }
      ASSERT_LT(call, 100);
    }
  }
}

}  // namespace
}  // namespace lakehouse::io
