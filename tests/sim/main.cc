// ./dev sim: many seeds, as many at a time as there are jobs, or one with its trace.
#include <malloc.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "base/logging.h"
#include "simulation.h"

namespace lakehouse::sim {
namespace {

constexpr uint64_t kTwice = 100;  ///< one seed in so many runs twice
constexpr int kMostFaults = 5;    ///< of one job, before it stops
constexpr int kKeptBytes = 64 << 20;
constexpr double kLeastCommits = 8;  ///< of a seed, on average

/// What a job tells, in memory that outlives it.
struct Slot {
  uint64_t seed = 0;  ///< that it runs
  int64_t seeds = 0;
  int64_t twice = 0;
  int64_t faults = 0;
  Counts counts;
};

void Tell(uint64_t seed, const std::vector<std::string>& violations) {
  std::string text = "seed " + std::to_string(seed) + ":\n";
  for (const std::string& violation : violations) text += "  " + violation + "\n";
  text += "  again: ./dev sim --seed " + std::to_string(seed) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void RunJob(uint64_t first, uint64_t count, uint64_t job, uint64_t jobs, Slot& slot) {
  for (uint64_t seed = first + job; seed < first + count; seed += jobs) {
    slot.seed = seed;
    Report report = RunSeed(seed);
    if ((seed / jobs) % kTwice == 0) {
      ++slot.twice;
      if (RunSeed(seed).trace_hash != report.trace_hash) {
        report.violations.push_back("a second run of the seed went another way");
      }
    }
    ++slot.seeds;
    slot.counts.Add(report.counts);
    if (report.violations.empty()) continue;
    Tell(seed, report.violations);
    if (++slot.faults >= kMostFaults) return;
  }
}

int RunMany(uint64_t first, uint64_t count, uint64_t jobs) {
  const auto begin = std::chrono::steady_clock::now();
  void* const memory =
      mmap(nullptr, jobs * sizeof(Slot), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    std::perror("sim");
    return 2;
  }
  auto* const slots = static_cast<Slot*>(memory);
  std::vector<pid_t> children;
  for (uint64_t job = 0; job < jobs; ++job) {
    const pid_t child = fork();
    if (child == 0) {
      new (&slots[job]) Slot{};
      RunJob(first, count, job, jobs, slots[job]);
      _exit(0);
    }
    children.push_back(child);
  }
  Counts all;
  int64_t seeds = 0, twice = 0, faults = 0;
  for (uint64_t job = 0; job < jobs; ++job) {
    int status = 0;
    waitpid(children[job], &status, 0);
    const Slot& slot = slots[job];
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
      Tell(slot.seed,
           {"the process of the simulation ended with status " + std::to_string(status)});
      ++faults;
    }
    all.Add(slot.counts);
    seeds += slot.seeds;
    twice += slot.twice;
    faults += slot.faults;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf(
      "sim: %ld seeds in %.1f s (%.0f/s), %ld twice; %ld commits, %ld conflicts, %ld unknown, "
      "%ld reads, %ld checkpoints\n"
      "sim: injected %ld crashes, %ld failures, %ld lost replies, %ld late writes, %ld repeats, "
      "%ld old listings\n",
      seeds, took.count(), static_cast<double>(seeds) / took.count(), twice, all.commits,
      all.conflicts, all.unknowns, all.reads, all.checkpoints, all.faults.crashes,
      all.faults.failures, all.faults.lost_replies, all.faults.late_writes, all.faults.repeats,
      all.faults.old_lists);
  if (faults == 0 && static_cast<double>(all.commits) < kLeastCommits * double(seeds)) {
    std::fprintf(stderr, "sim: too few commits to show anything\n");
    return 1;
  }
  if (faults != 0) std::fprintf(stderr, "sim: %ld faults\n", faults);
  return faults == 0 ? 0 : 1;
}

int RunOne(uint64_t seed) {
  const Report report = RunSeed(seed, /*print=*/true);
  std::printf("seed %lu: %ld steps, %ld commits, %ld conflicts, %ld unknown, trace %016lx\n", seed,
              report.counts.steps, report.counts.commits, report.counts.conflicts,
              report.counts.unknowns, report.trace_hash);
  for (const std::string& violation : report.violations) {
    std::printf("violation: %s\n", violation.c_str());
  }
  return report.violations.empty() ? 0 : 1;
}

int Main(int argc, char** argv) {
  ConfigureLogging(LogLevel::kOff, LogFormat::kAuto);
  // Parquet's codecs take large blocks for each column; giving them back each time would be half of
  // the work.
  mallopt(M_MMAP_THRESHOLD, kKeptBytes);
  mallopt(M_TRIM_THRESHOLD, kKeptBytes);
  uint64_t count = 20'000, first = 1;
  uint64_t jobs = std::max(1u, std::thread::hardware_concurrency());
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    const bool named = option.starts_with("--");
    if (named && i + 1 >= argc) {
      std::fprintf(stderr, "sim: %s needs a number\n", argv[i]);
      return 2;
    }
    char* end = nullptr;
    const char* const text = named ? argv[++i] : argv[i];
    const uint64_t number = std::strtoull(text, &end, 10);
    if (*text == '\0' || *end != '\0') {
      std::fprintf(stderr, "sim: '%s' is no number\n", text);
      return 2;
    }
    if (option == "--seed") return RunOne(number);
    if (option == "--first") {
      first = number;
    } else if (option == "--jobs") {
      jobs = std::max<uint64_t>(1, number);
    } else if (!named) {
      count = number;
    } else {
      std::fprintf(stderr, "sim: unknown option %s\n", option.c_str());
      return 2;
    }
  }
  return RunMany(first, count, jobs);
}

}  // namespace
}  // namespace lakehouse::sim

int main(int argc, char** argv) { return lakehouse::sim::Main(argc, argv); }
