#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/plant.h"
#include "storage/delta/log/log_properties.h"
#include "storage/delta/log/protocol.h"
#include "storage/delta/maintenance/vacuum_plan.h"
#include "storage/delta/replay/time_travel.h"
#include "storage/maintenance.h"
#include "storage/parallel.h"

namespace lakehouse::storage {
namespace {

using namespace delta;

/// Where VACUUM LITE begins (Delta Lake's own file, beside the log).
constexpr char kLastVacuum[] = "_last_vacuum_info";
constexpr char kLastVersion[] = "latestCommitVersionOutsideOfRetentionWindow";

int64_t RetentionOf(const TableMetadata& metadata, const VacuumOptions& options) {
  const int64_t own = DeletedFileRetentionMs(metadata);
  const int64_t wanted = options.retain_ms.value_or(own);
  if (wanted < 0 || (wanted < own && !options.allow_short_retention)) {
    const auto hours = [](int64_t ms) { return std::to_string(ms / kHourMs); };
    throw Error(ErrorKind::kInvalidArgument, "LK-3045",
                "a retention of " + hours(wanted) + " hours is shorter than the " + hours(own) +
                    " hours of the table: running readers and writers could lose their files",
                "Set the table's property delta.deletedFileRetentionDuration to a shorter time "
                "when nothing else uses the table.");
  }
  return wanted;
}

/// One VACUUM of one table.
class VacuumRun {
 public:
  VacuumRun(Table& table, const StorageContext& context, const VacuumOptions& options)
      : table_(table),
        options_(options),
        log_(table.location()),
        snapshot_(std::dynamic_pointer_cast<const DeltaSnapshot>(table.Latest())) {
    LAKE_CHECK(snapshot_ != nullptr);
    CheckWritable(snapshot_->protocol(), snapshot_->metadata());
    now_ms_ = context.clock->NowMs();
    retention_ms_ = RetentionOf(snapshot_->metadata(), options);
    cutoff_ms_ = now_ms_ - retention_ms_;
    if (LAKE_PLANT("vacuum.no-retention")) cutoff_ms_ += retention_ms_;
  }

  VacuumReport Run() {
    const std::vector<DeadFile> dead = Find();
    options_.token.ThrowIfStopped();
    if (options_.dry_run) return ReportOf(dead);
    Commit("VACUUM START", {{"numFilesToDelete", static_cast<int64_t>(dead.size())},
                            {"sizeOfDataToDelete", SizeOf(dead)}});
    try {
      Delete(dead);
    } catch (const std::exception&) {
      End("FAILED", 0, 0);
      throw;
    }
    const VacuumReport report = ReportOf(dead);
    End("COMPLETED", static_cast<int64_t>(dead.size()), report.directories);
    Remember();
    return report;
  }

 private:
  std::vector<DeadFile> Find() {
    const DeltaSnapshot::State& state = snapshot_->state();
    KeptFiles kept(log_, state, cutoff_ms_);
    for (const auto& table : options_.referrers) KeepForClone(*table, kept);
    std::vector<CommitFile> commits = log_.List().commits;
    std::erase_if(commits, [&](const auto& commit) { return commit.version > state.version; });
    outside_ = commits.empty() ? std::nullopt : NewestNotAfter(log_, commits, state, cutoff_ms_);
    std::vector<DeadFile> dead = options_.mode == VacuumOptions::kFull
                                     ? FindByListing(log_, state, kept, cutoff_ms_)
                                     : FindLite(kept, commits);
    std::sort(dead.begin(), dead.end(),
              [](const DeadFile& a, const DeadFile& b) { return a.path < b.path; });
    return dead;
  }

  void KeepForClone(Table& table, KeptFiles& kept) const {
    const SnapshotPtr latest = table.Latest();
    const auto* clone = dynamic_cast<const DeltaSnapshot*>(latest.get());
    if (clone == nullptr) return;
    const int64_t retention_ms = std::max(retention_ms_, DeletedFileRetentionMs(clone->metadata()));
    kept.KeepForeign(Log(table.location()), clone->state(), now_ms_ - retention_ms);
  }

  std::vector<DeadFile> FindLite(const KeptFiles& kept, const std::vector<CommitFile>& commits) {
    if (!outside_) return {};
    const int64_t from = LastVacuumed() + 1;
    if (commits.front().version > from) {
      throw Error(ErrorKind::kInvalidArgument, "LK-3046",
                  "VACUUM LITE needs the log from version " + std::to_string(from) +
                      " on, and it begins with " + std::to_string(commits.front().version),
                  "Run VACUUM without LITE once.");
    }
    return FindByLog(log_, kept, from, *outside_);
  }

  /// -1 when there was none.
  int64_t LastVacuumed() const {
    if (!log_.store().Head(log_.PathOf(kLastVacuum))) return -1;
    const auto json = nlohmann::json::parse(log_.store().Read(log_.PathOf(kLastVacuum)), nullptr,
                                            /*allow_exceptions=*/false);
    const bool known =
        json.is_object() && json.contains(kLastVersion) && json[kLastVersion].is_number_integer();
    return known ? json[kLastVersion].get<int64_t>() : -1;
  }

  void Remember() const {
    if (!outside_) return;
    const nlohmann::json json = {{kLastVersion, *outside_}};
    log_.store().Write(log_.PathOf(kLastVacuum), json.dump());
  }

  VacuumReport ReportOf(const std::vector<DeadFile>& dead) const {
    VacuumReport report;
    report.size_bytes = SizeOf(dead);
    const size_t root = log_.table().path.empty() ? 0 : log_.table().path.size() + 1;
    std::set<std::string> directories;
    for (const DeadFile& file : dead) {
      report.paths.push_back(file.path.substr(root));
      directories.insert(file.path.substr(0, file.path.rfind('/') + 1));
    }
    report.directories = static_cast<int64_t>(directories.size());
    return report;
  }

  static int64_t SizeOf(const std::vector<DeadFile>& dead) {
    int64_t bytes = 0;
    for (const DeadFile& file : dead) bytes += file.size_bytes;
    return bytes;
  }

  void Delete(const std::vector<DeadFile>& dead) {
    ForEachInParallel(dead.size(), options_.threads, [&](size_t i) {
      options_.token.ThrowIfStopped();
      log_.store().Delete(dead[i].path);
    });
  }

  void Commit(const std::string& operation, std::map<std::string, int64_t> metrics) {
    CommitDescription description;
    description.operation = operation;
    description.user_name = options_.user_name;
    description.metrics = std::move(metrics);
    if (operation == "VACUUM START") {
      description.parameters["retentionCheckEnabled"] =
          options_.allow_short_retention ? "false" : "true";
      description.parameters["defaultRetentionMillis"] =
          std::to_string(DeletedFileRetentionMs(snapshot_->metadata()));
      if (options_.retain_ms) {
        description.parameters["specifiedRetentionMillis"] = std::to_string(*options_.retain_ms);
      }
    } else {
      description.parameters["status"] = status_;
    }
    const CommitResult result = table_.Begin(table_.Latest())->Commit(description);
    if (result.outcome == CommitOutcome::kCommitted) return;
    throw Error(result.outcome == CommitOutcome::kConflict ? ErrorKind::kCommitConflict
                                                           : ErrorKind::kCommitStateUnknown,
                result.outcome == CommitOutcome::kConflict ? "LK-3048" : "LK-3049",
                operation + " was not written: " + result.reason, "Run VACUUM again.");
  }

  /// The files are gone, or not, whatever becomes of this commit.
  void End(const std::string& status, int64_t files, int64_t directories) {
    status_ = status;
    try {
      Commit("VACUUM END", {{"numDeletedFiles", files}, {"numVacuumedDirectories", directories}});
    } catch (const Error&) {
      if (status == "COMPLETED") throw;
    }
  }

  Table& table_;
  const VacuumOptions& options_;
  const Log log_;
  const std::shared_ptr<const DeltaSnapshot> snapshot_;
  int64_t now_ms_ = 0;
  int64_t retention_ms_ = 0;
  int64_t cutoff_ms_ = 0;
  std::optional<int64_t> outside_;  ///< the newest version that is older than the retention
  std::string status_;
};

}  // namespace

VacuumReport Vacuum(Table& table, const StorageContext& context, const VacuumOptions& options) {
  return VacuumRun(table, context, options).Run();
}

}  // namespace lakehouse::storage
