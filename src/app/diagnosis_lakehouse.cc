#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <set>

#include "app/diagnosis_checks.h"
#include "app/lakehouse.h"
#include "app/open_stores.h"
#include "base/clock.h"
#include "base/error.h"
#include "security/principal.h"

namespace lakehouse::app {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxBrokenTables = 20;
constexpr int64_t kMaxFutureMs = 60'000;

const security::Principal& Self() {
  static const security::Principal principal = security::LocalPrincipal();
  return principal;
}

/// Does a process hold the lock of this file?
bool IsHeld(const fs::path& file) {
  const int fd = open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return false;
  const bool held = flock(fd, LOCK_EX | LOCK_NB) != 0;
  close(fd);
  return held;
}

bool HasEnded(const catalog::JobRun& run) { return run.finished_ms != 0; }

struct Objects {
  size_t tables = 0;
  size_t views = 0;
};

/// Opens one table's latest snapshot.
void LookAtTable(Lakehouse& lakehouse, const catalog::ObjectInfo& object, Findings& broken) {
  const std::string name = object.name.ToString();
  try {
    const auto found = lakehouse.lake().Find(Self(), catalog::Action::kSelect, object.name);
    if (!found || !found->table) return;
    const int64_t ahead_ms = found->table->Latest()->timestamp_ms() - SystemClock().NowMs();
    if (ahead_ms > kMaxFutureMs) {
      broken.push_back(
          {"", Health::kWarning,
           name + ": its newest commit is " + std::to_string(ahead_ms / 1000) + " s in the future",
           "A clock was wrong; time travel by time goes by these dates."});
    }
  } catch (...) {
    const Error error = CurrentError();
    broken.push_back({"", Health::kProblem, name + ": " + error.code() + " " + error.message(),
                      error.hint().empty() ? "lakehouse explain " + error.code() : error.hint()});
  }
}

}  // namespace

Findings CheckMetadata(Lakehouse& lakehouse) {
  catalog::MetadataStore& store = lakehouse.lake().metadata();
  Findings found;
  for (const std::string& damage : store.Verify()) {
    found.push_back({"", Health::kProblem, damage,
                     "Restore the file from a backup, or move it away and run lakehouse catalog "
                     "rebuild."});
  }
  if (!found.empty()) return found;
  return {{"", Health::kOk,
           store.Description() + ", whole, " + std::to_string(store.ListJobs().size()) + " jobs, " +
               std::to_string(store.ListTokens().size()) + " tokens",
           ""}};
}

Findings CheckEngine(Lakehouse& lakehouse) {
  query::QueryEngine& engine = lakehouse.engine();  // refuses another build of the library
  engine.Ping();
  return {{"", Health::kOk, engine.name() + " answers; library and headers are one build", ""}};
}

Findings CheckLocks(Lakehouse& lakehouse) {
  const fs::path locks = StateDirectory(lakehouse.config()) / "locks";
  Findings found;
  std::set<std::string> known;
  size_t running = 0;
  for (const auto& job : lakehouse.jobs().List(Self())) {
    known.insert(job.id);
    const bool held = IsHeld(locks / (job.id + ".lock"));
    running += held ? 1 : 0;
    const auto runs = lakehouse.lake().metadata().ListRuns(job.id, 1);
    if (held || runs.empty() || HasEnded(runs.front())) continue;
    found.push_back({"", Health::kWarning, "a run of job " + job.name + " died with its process",
                     "lakehouse job run " + job.name + " loads what is missing."});
  }
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(locks, none)) {
    if (known.contains(entry.path().stem().string()) || IsHeld(entry.path())) continue;
    found.push_back({"", Health::kWarning, entry.path().filename().string() + " belongs to no job",
                     "Nobody needs it: rm " + entry.path().string()});
  }
  if (!found.empty()) return found;
  return {
      {"", Health::kOk,
       std::to_string(known.size()) + " jobs, " + std::to_string(running) + " running, no orphans",
       ""}};
}

Findings CheckTables(Lakehouse& lakehouse) {
  catalog::Lake& lake = lakehouse.lake();
  Findings broken;
  Objects seen;
  for (const std::string& catalog_name : lake.ListCatalogs(Self())) {
    for (const auto& schema : lake.ListSchemas(Self(), catalog_name)) {
      for (const auto& object : lake.ListObjects(Self(), catalog_name, schema.name)) {
        const bool table = object.kind == catalog::ObjectKind::kTable;
        ++(table ? seen.tables : seen.views);
        if (table && broken.size() < kMaxBrokenTables) LookAtTable(lakehouse, object, broken);
      }
    }
  }
  if (!broken.empty()) return broken;
  return {{"", Health::kOk,
           "the logs of " + std::to_string(seen.tables) + " tables are readable" +
               (seen.views > 0 ? ", " + std::to_string(seen.views) + " views" : ""),
           ""}};
}

}  // namespace lakehouse::app
