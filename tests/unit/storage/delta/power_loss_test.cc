// The power fails at every system call of every operation on a table, and the disk holds any of
// what was not synced: the table is as before or as after, what was acknowledged stays, and the
// next process goes on.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "io/local_store.h"
#include "lossy_files.h"
#include "table_states.h"
#include "temporary_directory.h"

namespace lakehouse::storage::delta {
namespace {

constexpr int kImages = 5;
constexpr auto kRecursive = std::filesystem::copy_options::recursive;

/// What a new process finds below `root`. Nothing is synced in truth, which is fast.
TableState StateIn(const std::string& root) {
  LossyFiles files;
  return ReadState({io::MakeLocalStoreOn(root, files), "t"});
}

/// A table before an operation, and what the operation makes of it.
class PowerCut {
 public:
  explicit PowerCut(const TableOperation& operation) : operation_(operation) {
    LossyFiles files;
    PrepareTable({io::MakeLocalStoreOn(before_.path(), files), "t"}, operation_);
    old_ = StateIn(before_.path());
    TemporaryDirectory after;
    std::filesystem::copy(before_.path(), after.path(), kRecursive);
    LossyFiles again;
    EXPECT_TRUE(operation_.run({io::MakeLocalStoreOn(after.path(), again), "t"}));
    new_ = StateIn(after.path());
  }

  /// What is wrong after a power loss at call `stop`, or nothing.
  std::string ViolationAt(int stop, int image, Forgets forgets = Forgets::kNothing) {
    TemporaryDirectory directory;
    std::filesystem::copy(before_.path(), directory.path(), kRecursive);
    LossyFiles files(stop, forgets);
    bool acknowledged = false;
    try {
      acknowledged = operation_.run({io::MakeLocalStoreOn(directory.path(), files), "t"});
    } catch (const PowerLoss&) {
    } catch (const Error&) {
      // The machine is dark already.
    }
    reached_ = files.calls() > stop;
    files.LosePower(static_cast<Survivors>(std::min(image, 4)), static_cast<unsigned>(image));
    try {
      const std::string found = StateViolation(directory.path(), acknowledged);
      return found.empty() ? NextViolation(directory.path()) : found;
    } catch (const Error& error) {
      return error.what();
    }
  }
  /// Did the last power loss come before the operation's end?
  bool reached() const { return reached_; }

 private:
  std::string StateViolation(const std::string& root, bool acknowledged) const {
    LossyFiles files;
    const io::Location location{io::MakeLocalStoreOn(root, files), "t"};
    const TableState found = ReadState(location);
    if (acknowledged && operation_.kept && !operation_.kept(location)) return "not kept";
    if (found == new_ || (found == old_ && !acknowledged)) return {};
    return std::string(acknowledged ? "acknowledged" : "cut") + ", found version " +
           std::to_string(found.version) + " with " + std::to_string(found.ids.size()) + " rows";
  }

  /// The next process runs the operation again where that is allowed, and appends.
  std::string NextViolation(const std::string& root) const {
    LossyFiles files;
    const io::Location location{io::MakeLocalStoreOn(root, files), "t"};
    if (operation_.repeatable || ReadState(location).version < 0) {
      if (!operation_.run(location)) return "run again it does not succeed";
      if (ReadState(location).ids != new_.ids) return "run again it gives other rows";
    }
    const auto table = OpenTable(location, kSystemContext);
    if (AppendRows(*table, 1000, 1).outcome != CommitOutcome::kCommitted) return "no next append";
    return ReadState(location).ids.size() == new_.ids.size() + 1 ? "" : "wrong after the append";
  }

  const TableOperation& operation_;
  TemporaryDirectory before_;
  TableState old_;
  TableState new_;
  bool reached_ = false;
};

class TablePowerLoss : public testing::TestWithParam<TableOperation> {};

TEST_P(TablePowerLoss, LeavesTheOldOrTheNewState) {
  PowerCut cut(GetParam());
  int stop = 0;
  do {
    ASSERT_LT(stop, 1000);
    for (int image = 0; image < kImages; ++image) {
      ASSERT_EQ(cut.ViolationAt(stop, image), "") << "call " << stop << ", image " << image;
    }
    stop += kStep;
  } while (cut.reached());
  EXPECT_GE(stop, 5);
  std::printf("%s: power lost at %d calls, %d images of the disk\n", GetParam().name.c_str(),
              stop / kStep, stop / kStep * kImages);
}

/// A test that cannot fail shows nothing: a store that forgets to sync is found out.
TEST_P(TablePowerLoss, WouldNoticeAStoreThatDoesNotSync) {
  constexpr int kNever = 1'000'000;  // the operation ends and is acknowledged, then the power fails
  PowerCut cut(GetParam());
  for (const Forgets forgets : {Forgets::kFiles, Forgets::kDirectories}) {
    bool noticed = false;
    for (int image = 0; image < kImages; ++image) {
      noticed = noticed || !cut.ViolationAt(kNever, image, forgets).empty();
    }
    EXPECT_TRUE(noticed);
  }
}

INSTANTIATE_TEST_SUITE_P(Operations, TablePowerLoss, testing::ValuesIn(TableOperations()),
                         [](const auto& info) { return TestName(info.param); });

}  // namespace
}  // namespace lakehouse::storage::delta
