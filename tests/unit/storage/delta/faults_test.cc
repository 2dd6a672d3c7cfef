// Every call of every operation on a table fails, crashes, or loses its reply: the table is as
// before or as after, and the operation says which, or that it does not know.
#include <gtest/gtest.h>

#include <thread>

#include "error_code.h"
#include "io/fault_store.h"
#include "table_states.h"
#include "temporary_directory.h"

namespace lakehouse::storage::delta {
namespace {

using Effect = io::Fault::Effect;

/// What goes wrong at a call, and whether the store is gone after it.
struct Trouble {
  std::string name;
  Effect effect = Effect::kFail;
  int64_t calls = 1;
  bool down_after = false;
};

const Trouble kTroubles[] = {
    {"fails", Effect::kFail},
    {"fails from there on", Effect::kFail, io::Fault::kForever},
    {"loses its reply", Effect::kLoseReply},
    {"loses its reply and the store is gone", Effect::kLoseReply, 1, true},
    {"is sent twice", Effect::kRepeat},
    {"crashes before", Effect::kCrash},
    {"crashes after", Effect::kCrashDone},
};

/// What the caller is told.
enum class Told { kDone, kNotDone, kUnknown };

class TableFaults : public testing::TestWithParam<TableOperation> {
 protected:
  TableFaults() {
    const io::Location location{io::MakeMemoryStore(), "t"};
    PrepareTable(location, GetParam());
    old_ = ReadState(location);
    EXPECT_TRUE(GetParam().run(location));
    new_ = ReadState(location);
  }

  static void Inject(io::FaultStore& store, const Trouble& trouble, int64_t call) {
    io::Fault fault;
    fault.effect = trouble.effect;
    fault.first_call = call;
    fault.calls = trouble.calls;
    store.Inject(fault);
    if (!trouble.down_after) return;
    io::Fault down;
    down.first_call = call + 1;
    down.calls = io::Fault::kForever;
    store.Inject(down);
  }

  static Told Run(const io::Location& location) {
    try {
      return GetParam().run(location) ? Told::kDone : Told::kUnknown;
    } catch (const Error& error) {
      return error.kind() == ErrorKind::kCommitStateUnknown ? Told::kUnknown : Told::kNotDone;
    } catch (const io::SimulatedCrash&) {
      return Told::kUnknown;
    }
  }

  /// False when the operation ended before call `call`.
  bool Break(const Trouble& trouble, int64_t call) {
    const auto memory = io::MakeMemoryStore();
    PrepareTable({memory, "t"}, GetParam());
    const auto store = std::make_shared<io::FaultStore>(memory, clock_);
    Inject(*store, trouble, call);
    const Told told = Run({store, "t"});
    const TableState found = ReadState({memory, "t"});
    switch (told) {
      case Told::kDone:
        EXPECT_EQ(found, new_);
        EXPECT_TRUE(!GetParam().kept || GetParam().kept({memory, "t"}));
        break;
      case Told::kNotDone:
        EXPECT_EQ(found, old_) << "who hears of a failure deletes the files";
        break;
      case Told::kUnknown:
        EXPECT_TRUE(found == old_ || found == new_) << "version " << found.version;
    }
    Repeat({memory, "t"});
    return store->injected() > 0;
  }

  /// Run again it succeeds, and its rows are there once.
  void Repeat(const io::Location& location) {
    if (GetParam().repeatable || ReadState(location).version < 0) {
      EXPECT_EQ(Run(location), Told::kDone);
    }
    EXPECT_EQ(ReadState(location).ids, new_.ids);
  }

  ManualClock clock_{0};
  TableState old_;
  TableState new_;
};

TEST_P(TableFaults, AreToldAsTheyAre) {
  for (const Trouble& trouble : kTroubles) {
    bool reached = true;
    for (int64_t call = 0; reached; call += kStep) {
      ASSERT_LT(call, 1000);
      SCOPED_TRACE("call " + std::to_string(call) + " " + trouble.name);
      reached = Break(trouble, call);
      if (HasFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Operations, TableFaults, testing::ValuesIn(TableOperations()),
                         [](const auto& info) { return TestName(info.param); });

/// Eight writers of `appends` rows each; `open` gives a writer its table.
template <typename Open>
void AppendByEight(int appends, Open&& open) {
  constexpr int kWriters = 8;
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      const std::shared_ptr<Table> table = open();
      for (int i = 0; i < appends; ++i) {
        EXPECT_EQ(AppendRows(*table, w * appends + i, 1).outcome, CommitOutcome::kCommitted);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(TableWriters, EightThreadsAppendRowsAtOnce) {
  constexpr int kAppends = kStep > 1 ? 3 : 12;
  TemporaryDirectory directory;
  const io::Location location{io::MakeLocalStore(directory.path()), "t"};
  const auto shared = CreateTable(location, kSystemContext, {.schema = IdAndPart()}, {});
  AppendByEight(kAppends, [&] { return OpenTable(location, kSystemContext); });
  TableState found = ReadState(location);
  EXPECT_EQ(found.version, 8 * kAppends);
  ASSERT_EQ(found.ids.size(), static_cast<size_t>(8 * kAppends));
  for (size_t i = 0; i < found.ids.size(); ++i) EXPECT_EQ(found.ids[i], static_cast<int64_t>(i));
  // And all of them through one object.
  AppendByEight(kAppends, [&] { return shared; });
  EXPECT_EQ(ReadState(location).version, 2 * 8 * kAppends);
}

}  // namespace
}  // namespace lakehouse::storage::delta
