#include "simulation.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <stdexcept>

#include "actor.h"
#include "base/error.h"
#include "history.h"
#include "storage/delta/delta_table.h"

namespace lakehouse::sim {
namespace {

constexpr int64_t kMostSteps = 200'000;
constexpr int kMostLives = 20;
/// Longer than most transactions, shorter than most runs.
constexpr int64_t kRetentionMs = 4000;
constexpr char kRetention[] = "interval 4 seconds";

struct Plan {
  FaultRates rates;
  int processes = 2;
  int operations = 10;  ///< of each process in all its lives
  int64_t checkpoint_interval = 10;
  std::map<std::string, std::string> properties;
  int64_t retention_ms = 0;
};

/// Each kind of fault is absent, rare or common.
Plan ChoosePlan(SeededRandom& random) {
  const auto rate = [&](double rare, double common) {
    const uint64_t choice = random.Below(3);
    return choice == 0 ? 0 : choice == 1 ? rare : common;
  };
  Plan plan;
  plan.rates = {.crash = rate(0.005, 0.03),
                .fail = rate(0.01, 0.05),
                .lost_reply = rate(0.02, 0.1),
                .late = rate(0.02, 0.1),
                .repeat = rate(0.05, 0.2),
                .old_list = rate(0.05, 0.3),
                .pause = rate(0.01, 0.05)};
  plan.processes = 2 + static_cast<int>(random.Below(3));
  plan.operations = 4 + static_cast<int>(random.Below(6));
  // Parquet costs more than all the rest together, so most runs do without.
  constexpr int64_t kIntervals[] = {3, 7, 0, 0, 0, 0, 0, 0, 0, 0};
  plan.checkpoint_interval = kIntervals[random.Below(std::size(kIntervals))];
  for (const char* feature : {"delta.enableDeletionVectors", "delta.enableRowTracking",
                              "delta.enableInCommitTimestamps"}) {
    if (random.Below(2) == 0) plan.properties[feature] = "true";
  }
  if (random.Below(2) == 0) {
    plan.retention_ms = kRetentionMs;
    plan.properties["delta.deletedFileRetentionDuration"] = kRetention;
  }
  return plan;
}

class Simulation {
 public:
  Simulation(uint64_t seed, bool print)
      : choices_(seed * 3 + 2),
        plan_(ChoosePlan(choices_)),
        world_(seed, plan_.rates, print),
        shared_{
            world_,           operations_,       report_.violations, 0, plan_.checkpoint_interval,
            plan_.properties, plan_.retention_ms} {}

  Report Run() {
    left_.assign(static_cast<size_t>(plan_.processes), plan_.operations);
    for (int number = 0; number < plan_.processes; ++number) SpawnLife(number, 0);
    world_.scheduler.Run();
    world_.rates = {};
    for (int number = 0; number < plan_.processes; ++number) {
      world_.scheduler.Spawn([this, number] { Actor(shared_, number, kMostLives).WorkCalmly(); });
    }
    world_.scheduler.Run();
    world_.Settle();
    Judge();
    Count();
    return std::move(report_);
  }

 private:
  /// A process that crashes is started again.
  void SpawnLife(int number, int life) {
    world_.scheduler.Spawn([this, number, life] {
      const bool ended = Actor(shared_, number, life).Work(left_[static_cast<size_t>(number)]);
      if (ended || life + 1 >= kMostLives || !report_.violations.empty()) return;
      if (world_.scheduler.step() > kMostSteps) {
        report_.violations.push_back("it does not come to an end");
        return;
      }
      SpawnLife(number, life + 1);
    });
  }

  std::vector<Entry> ReadLog() {
    std::vector<Entry> entries;
    for (const io::ObjectInfo& object : world_.List("t/_delta_log", {}, world_.scheduler.step())) {
      const std::string name = object.path.substr(object.path.rfind('/') + 1);
      if (name.ends_with(".checkpoint.parquet")) ++report_.counts.checkpoints;
      if (name.size() != std::string("00000000000000000000.json").size() ||
          !name.ends_with(".json")) {
        continue;
      }
      entries.push_back(ParseEntry(std::stoll(name), *world_.Find(object.path)->bytes));
      entries.back().written_ms = object.modified_ms;
    }
    return entries;
  }

  void Judge() {
    std::vector<Entry> entries;
    try {
      entries = ReadLog();
    } catch (const std::exception& error) {
      report_.violations.push_back(error.what());
      return;
    }
    std::vector<Model> models;
    for (std::string& violation : Check(operations_, entries, models)) {
      report_.violations.push_back(std::move(violation));
    }
    if (models.empty()) return;
    for (const auto& [path, file] : models.back()) {
      if (world_.Find("t/" + path) == nullptr && !WasSlow(path, entries)) {
        report_.violations.push_back("the data file " + path + " is not there");
      }
    }
    for (const World::Gone& gone : world_.gone()) JudgeDeleted(gone, entries, models);
    for (const Operation& operation : operations_) {
      if (operation.missed_files) JudgeMissed(operation, entries, models);
    }
  }

  /// A view can be read while its version is not older than the retention: data files and vectors.
  void JudgeMissed(const Operation& read, const std::vector<Entry>& entries,
                   const std::vector<Model>& models) {
    const auto version = static_cast<size_t>(read.version);
    const bool replaced = version + 1 < entries.size();
    if (replaced &&
        World::TimeOf(read.end) >= entries[version + 1].written_ms + plan_.retention_ms) {
      return;
    }
    const Model& model = models[version];
    const bool slow = std::any_of(model.begin(), model.end(),
                                  [&](const auto& file) { return WasSlow(file.first, entries); });
    if (slow) return;
    report_.violations.push_back(read.id + " read version " + std::to_string(read.version) +
                                 ", younger than the retention, and files of it were gone");
  }

  /// Was a file so old when it was committed that a VACUUM could not know that somebody wants it?
  bool WasSlow(const std::string& path, const std::vector<Entry>& entries) const {
    const auto gone = std::find_if(world_.gone().begin(), world_.gone().end(),
                                   [&](const auto& one) { return one.path == "t/" + path; });
    const auto added = std::find_if(entries.begin(), entries.end(),
                                    [&](const Entry& entry) { return entry.adds.count(path) > 0; });
    return gone != world_.gone().end() && added != entries.end() &&
           added->written_ms - gone->object.modified_ms >= plan_.retention_ms / 2;
  }

  /// A file of a version that was younger than the retention is not deleted.
  void JudgeDeleted(const World::Gone& gone, const std::vector<Entry>& entries,
                    const std::vector<Model>& models) {
    const std::string path = gone.path.substr(2);
    if (gone.path.compare(0, 2, "t/") != 0 || WasSlow(path, entries)) return;
    for (size_t i = models.size(); i-- > 0;) {
      if (models[i].count(path) == 0) continue;
      if (i + 1 == models.size()) return;  // said above
      const int64_t removed_ms = entries[i + 1].removes.at(path);
      if (World::TimeOf(gone.deleted_step) < removed_ms + plan_.retention_ms) {
        report_.violations.push_back("the data file " + path + " was deleted too early");
      }
      return;
    }
  }

  void Count() {
    report_.trace_hash = world_.trace.hash();
    Counts& counts = report_.counts;
    counts.faults = world_.counts;
    counts.steps = world_.scheduler.step();
    for (const Operation& operation : operations_) {
      const bool read =
          operation.kind == Operation::Kind::kRead || operation.kind == Operation::Kind::kVacuum;
      switch (operation.outcome) {
        case Operation::Outcome::kCommitted:
          ++(read ? counts.reads : counts.commits);
          break;
        case Operation::Outcome::kConflict:
          ++counts.conflicts;
          break;
        case Operation::Outcome::kPending:
        case Operation::Outcome::kUnknown:
          counts.unknowns += read ? 0 : 1;
          break;
        case Operation::Outcome::kFailed:
        case Operation::Outcome::kKnown:
          break;
      }
    }
    // Two of each process come when faults have stopped, and the first one creates the table.
    if (report_.violations.empty() && counts.commits < 2 * plan_.processes) {
      report_.violations.push_back("only " + std::to_string(counts.commits) +
                                   " commits: a run in which nothing happens shows nothing");
    }
  }

  SeededRandom choices_;
  const Plan plan_;
  World world_;
  Report report_;
  std::deque<Operation> operations_;
  Shared shared_;
  std::vector<int> left_;  ///< operations of each process
};

}  // namespace

void Counts::Add(const Counts& other) {
  faults.crashes += other.faults.crashes;
  faults.failures += other.faults.failures;
  faults.lost_replies += other.faults.lost_replies;
  faults.late_writes += other.faults.late_writes;
  faults.repeats += other.faults.repeats;
  faults.old_lists += other.faults.old_lists;
  steps += other.steps;
  commits += other.commits;
  conflicts += other.conflicts;
  unknowns += other.unknowns;
  reads += other.reads;
  checkpoints += other.checkpoints;
}

Report RunSeed(uint64_t seed, bool print) { return Simulation(seed, print).Run(); }

}  // namespace lakehouse::sim
