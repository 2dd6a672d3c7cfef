#include "base/cancellation.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace lakehouse {
namespace {

TEST(CancellationHandle, RemovesItsCallback) {
  CancellationToken token;
  int calls = 0;
  token.OnCancel([&] { ++calls; }).reset();
  token.Cancel();
  EXPECT_EQ(calls, 0);
}

TEST(CancellationHandle, WaitsForTheRunningCallback) {
  CancellationToken token;
  std::atomic<bool> begun{false}, ended{false};
  auto handle = token.OnCancel([&] {
    begun = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    ended = true;
  });
  std::thread canceller([&] { token.Cancel(); });
  while (!begun) std::this_thread::yield();
  handle.reset();
  EXPECT_TRUE(ended);
  canceller.join();
}

TEST(CancellationHandle, MayBeRemovedByItsOwnCallback) {
  CancellationToken token;
  std::shared_ptr<void> handle;
  int calls = 0;
  handle = token.OnCancel([&] {
    ++calls;
    handle.reset();
  });
  token.Cancel();
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace lakehouse
