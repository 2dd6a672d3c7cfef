#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "io/object_store.h"
#include "scheduler.h"
#include "trace.h"

namespace lakehouse::sim {

/// How often a call goes wrong, each as a share of the calls that it can happen to.
struct FaultRates {
  double crash = 0;       ///< the process ends at the call, before or after it had its effect
  double fail = 0;        ///< nothing is done and the call says so (LK-8007)
  double lost_reply = 0;  ///< of writes: LK-8006, whether it was done or not
  double late = 0;        ///< of puts-if-absent: LK-8006, and it is done some steps later
  double repeat = 0;      ///< of puts-if-absent: sent twice, the second answer is told
  double old_list = 0;    ///< the listing of a moment before
  double pause = 0;       ///< nothing of the process runs for a while
};

/// What was injected.
struct FaultCounts {
  int64_t crashes = 0, failures = 0, lost_replies = 0, late_writes = 0, repeats = 0, old_lists = 0;
};

/// The disk and the clock that all simulated processes share.
class World {
 public:
  World(uint64_t seed, const FaultRates& chosen, bool print);

  struct Object {
    std::shared_ptr<const std::string> bytes;
    int64_t created_step = 0;
    int64_t modified_ms = 0;
    uint64_t generation = 0;
  };

  /// Null when there is none.
  const Object* Find(std::string_view path);
  /// As listed at `step`; what has been replaced since then is listed as it is now.
  std::vector<io::ObjectInfo> List(std::string_view directory, const io::ListOptions& options,
                                   int64_t step);
  io::PutResult Put(std::string_view path, std::string_view bytes, bool replace);
  bool Delete(std::string_view path);
  struct Gone {
    std::string path;
    Object object;
    int64_t deleted_step = 0;
  };
  /// What was deleted.
  const std::vector<Gone>& gone() const { return gone_; }
  static int64_t TimeOf(int64_t step);

  /// A write that is on its way while its sender knows nothing of it.
  void PutLater(std::string_view path, std::string_view bytes, int64_t steps);
  /// Puts that are still on their way arrive.
  void Settle();
  static io::ObjectInfo InfoOf(const std::string& path, const Object& object);

  int64_t now_ms() const;

  SeededRandom random;
  Scheduler scheduler;
  Trace trace;
  FaultRates rates;
  FaultCounts counts;

 private:
  struct Pending {
    int64_t due_step = 0;
    std::string path;
    std::string bytes;
  };

  void Arrive();

  std::map<std::string, Object, std::less<>> objects_;
  std::vector<Gone> gone_;
  std::vector<Pending> pending_;
  uint64_t generation_ = 0;
};

/// One life of a simulated process: from its start to its end or crash.
class Process {
 public:
  Process(World& world, int number, uint64_t seed, int64_t clock_offset_ms);

  World& world;
  const int number;
  SeededRandom random;
  bool dead = false;
  bool saw_old_list = false;  ///< since who reads it has reset it

  Clock& clock() { return clock_; }

 private:
  /// The world's clock, wrong by an offset.
  class ProcessClock : public Clock {
   public:
    ProcessClock(World& world, int64_t offset_ms) : world_(world), offset_ms_(offset_ms) {}
    int64_t NowMs() const override { return world_.now_ms() + offset_ms_; }
    int64_t MonotonicNs() const override { return world_.now_ms() * 1'000'000; }
    void SleepMs(int64_t duration_ms) override { world_.scheduler.Yield(duration_ms); }

   private:
    World& world_;
    const int64_t offset_ms_;
  };
  ProcessClock clock_;
};

}  // namespace lakehouse::sim
