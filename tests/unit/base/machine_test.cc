#include "base/machine.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "temporary_directory.h"

namespace lakehouse {
namespace {

class MachineTest : public testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = std::filesystem::path(directory_.path()) / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  MachineLimits Read() { return ReadMachineLimits(directory_ / "cgroup", directory_ / "self"); }
  TemporaryDirectory directory_;
};

TEST_F(MachineTest, WithoutAGroupTheMachineIsTheLimit) {
  const MachineLimits limits = Read();
  EXPECT_FALSE(limits.memory_limited);
  EXPECT_FALSE(limits.cpus_limited);
  EXPECT_GT(limits.memory_bytes, 0);
  EXPECT_GE(limits.threads(), 1);
}

TEST_F(MachineTest, TheGroupLimitsMemoryAndCpus) {
  Write("self", "0::/service\n");
  Write("cgroup/service/memory.max", "67108864\n");
  Write("cgroup/service/cpu.max", "50000 100000\n");
  const MachineLimits limits = Read();
  EXPECT_TRUE(limits.memory_limited);
  EXPECT_EQ(limits.memory_bytes, 64 << 20);
  EXPECT_TRUE(limits.cpus_limited);
  EXPECT_DOUBLE_EQ(limits.cpus, 0.5);
  EXPECT_EQ(limits.threads(), 1);
}

TEST_F(MachineTest, TheLeastLimitOfTheGroupsAboveHolds) {
  Write("self", "0::/team/service\n");
  Write("cgroup/team/service/memory.max", "max\n");
  Write("cgroup/team/memory.max", "33554432\n");
  Write("cgroup/team/service/cpu.max", "max 100000\n");
  Write("cgroup/memory.max", "67108864\n");
  const MachineLimits limits = Read();
  EXPECT_EQ(limits.memory_bytes, 32 << 20);
  EXPECT_FALSE(limits.cpus_limited);
}

TEST_F(MachineTest, InAContainerTheRootIsTheGroup) {
  Write("self", "0::/\n");
  Write("cgroup/memory.max", "67108864\n");
  EXPECT_EQ(Read().memory_bytes, 64 << 20);
}

TEST_F(MachineTest, OtherVersionsOfGroupsDoNotLimit) {
  Write("self", "5:memory:/service\n");
  Write("cgroup/service/memory.max", "67108864\n");
  EXPECT_FALSE(Read().memory_limited);
}

}  // namespace
}  // namespace lakehouse
