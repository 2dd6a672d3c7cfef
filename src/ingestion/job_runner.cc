#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "base/ids.h"
#include "base/logging.h"
#include "base/random.h"
#include "ingestion/backoff.h"
#include "ingestion/job.h"
#include "ingestion/job_access.h"
#include "ingestion/job_lock.h"
#include "ingestion/job_metrics.h"
#include "ingestion/job_run.h"
#include "ingestion/job_spec.h"
#include "ingestion/run_record.h"

namespace lakehouse::ingestion {

namespace {

constexpr char kJobKind[] = "ingestion";
constexpr size_t kUnfinishedLookBack = 100;
constexpr auto kWatchInterval = std::chrono::milliseconds(200);  // how soon a wish to stop is seen

/// Everything but the code, which has its own place.
void SetError(RunStatus& status, const Error& error) {
  status.error_code = error.code();
  status.error_message = error.message();
  if (!error.cause().empty()) status.error_message += " (cause: " + error.cause() + ")";
  status.error_kind = ToString(error.kind());
  status.error_hint = error.hint();
}

void ClearError(RunStatus& status) {
  status.error_code.clear();
  status.error_message.clear();
  status.error_kind.clear();
  status.error_hint.clear();
}

}  // namespace

class JobRunner::Impl {
 public:
  Impl(std::shared_ptr<catalog::Lake> lake, RunnerOptions options)
      : lake_(std::move(lake)), options_(std::move(options)) {}

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
      for (auto& [job_id, run] : active_) run->cancel.Cancel();
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    if (watcher_.joinable()) watcher_.join();
  }

  std::string Register(const security::Principal& principal, const std::string& json) {
    JobSpec spec = ParseJob(json);
    const std::lock_guard lock(register_mutex_);
    const auto existing = lake_->metadata().FindJob(spec.name);
    RequireJobAccess(*lake_, principal, catalog::Action::kManageJobs, spec.name,
                     existing ? existing->owner : "");
    const std::string configuration = StoredForm(spec);
    catalog::JobRecord record;
    if (existing) record = *existing;
    if (!existing) {
      record.id = Uuid::V7(clock(), *lake_->storage_context().random).ToString();
      record.name = spec.name;
      record.kind = kJobKind;
      record.owner = principal.name;
      record.created_ms = clock().NowMs();
    }
    if (!existing || existing->configuration != configuration) {
      record.configuration = configuration;
      record = lake_->metadata().SaveJob(record);
    }
    RememberPassword(record.id, spec);
    return record.id;
  }

  JobPreview Preview(const security::Principal& principal, const std::string& json,
                     bool look_at_source) {
    const JobSpec spec = ParseJob(json);
    const auto existing = lake_->metadata().FindJob(spec.name);
    RequireJobAccess(*lake_, principal, catalog::Action::kManageJobs, spec.name,
                     existing ? existing->owner : "");
    JobPreview preview;
    preview.job_name = spec.name;
    preview.registered = existing.has_value();
    preview.changed = !existing || existing->configuration != StoredForm(spec);
    if (look_at_source) LookAtSource(principal, spec, "", preview);
    return preview;
  }

  JobPreview PreviewRun(const security::Principal& principal, const std::string& id_or_name) {
    const catalog::JobRecord job = FindJob(*lake_, id_or_name);
    RequireJobAccess(*lake_, principal, catalog::Action::kRunJob, job.name, job.owner);
    JobPreview preview;
    preview.job_name = job.name;
    preview.registered = true;
    preview.changed = false;
    std::string known;
    {
      const std::lock_guard lock(mutex_);
      const auto password = passwords_.find(job.id);
      if (password != passwords_.end()) known = password->second;
    }
    LookAtSource(principal, ParseJob(job.configuration), known, preview);
    return preview;
  }

  std::string Start(const security::Principal& principal, const std::string& id_or_name) {
    return Launch(principal, id_or_name)->status.run_id;
  }

  RunStatus Run(const security::Principal& principal, const std::string& id_or_name,
                const ProgressCallback& on_progress) {
    const std::shared_ptr<ActiveRun> run = Launch(principal, id_or_name);
    const auto interval = std::chrono::milliseconds(options_.progress_interval_ms);
    std::unique_lock lock(mutex_);
    while (on_progress && !changed_.wait_for(lock, interval, [&] { return run->done; })) {
      const RunStatus status = run->status;
      lock.unlock();
      if (!on_progress(status)) run->cancel.Cancel();
      lock.lock();
    }
    changed_.wait(lock, [&] { return run->done; });
    return run->status;
  }

  bool Stop(const security::Principal& principal, const std::string& id_or_name) {
    const catalog::JobRecord job = FindJob(*lake_, id_or_name);
    RequireJobAccess(*lake_, principal, catalog::Action::kRunJob, job.name, job.owner);
    std::unique_lock lock(mutex_);
    const auto found = active_.find(job.id);
    if (found == active_.end()) {
      lock.unlock();
      return StopElsewhere(job);
    }
    const std::shared_ptr<ActiveRun> run = found->second;
    run->cancel.Cancel();
    changed_.notify_all();
    changed_.wait(lock, [&] { return run->done; });
    return true;
  }

  std::vector<RunStatus> History(const security::Principal& principal,
                                 const std::string& id_or_name, size_t limit) {
    const catalog::JobRecord job = FindJob(*lake_, id_or_name);
    RequireJobAccess(*lake_, principal, catalog::Action::kBrowse, job.name, job.owner);
    std::vector<RunStatus> runs;
    for (const auto& run : lake_->metadata().ListRuns(job.id, limit)) {
      runs.push_back(FromRecord(run, job.name));
    }
    const std::lock_guard lock(mutex_);
    const auto found = active_.find(job.id);
    for (RunStatus& run : runs) {
      if (found != active_.end() && run.run_id == found->second->status.run_id) {
        run = found->second->status;
      }
    }
    return runs;
  }

  std::vector<catalog::JobRecord> List(const security::Principal& principal) {
    std::vector<catalog::JobRecord> jobs;
    for (auto& job : lake_->metadata().ListJobs()) {
      const auto decision = lake_->authorizer().Authorize(
          principal, catalog::Action::kBrowse,
          {.kind = catalog::SecurableKind::kJob, .name = job.name, .owner = job.owner});
      if (decision.allowed && job.kind == kJobKind) jobs.push_back(std::move(job));
    }
    return jobs;
  }

  void Remove(const security::Principal& principal, const std::string& id_or_name) {
    const catalog::JobRecord job = FindJob(*lake_, id_or_name);
    RequireJobAccess(*lake_, principal, catalog::Action::kManageJobs, job.name, job.owner);
    const std::lock_guard lock(mutex_);
    const auto job_lock = JobLock::TryTake(options_.lock_directory, job.id);
    if (active_.contains(job.id) || !job_lock) ThrowRunning(job.name);
    passwords_.erase(job.id);
    lake_->metadata().DeleteJob(job.id);
    job_lock->Forget();
  }

 private:
  struct ActiveRun {
    security::Principal principal;
    JobSpec spec;
    std::string password;
    CancellationToken cancel;
    std::unique_ptr<JobLock> lock;  ///< from before the run is stored until it is done
    RunStatus status;               ///< guarded by mutex_
    bool done = false;              ///< guarded by mutex_
  };

  Clock& clock() const { return *lake_->storage_context().clock; }

  [[noreturn]] static void ThrowRunning(const std::string& job_name) {
    throw Error(ErrorKind::kAlreadyExists, "LK-5011", "job " + job_name + " is running",
                "Wait for its end, or stop it.");
  }

  void LookAtSource(const security::Principal& principal, const JobSpec& spec,
                    const std::string& password, JobPreview& preview) {
    RunRequest request;
    request.spec = &spec;
    request.principal = principal;
    request.limits = options_.sources;
    request.password = password;
    PreviewOnce(*lake_, request, preview);
  }

  /// The run of another process, if there is one.
  bool StopElsewhere(const catalog::JobRecord& job) {
    if (JobLock::TryTake(options_.lock_directory, job.id)) return false;
    JobLock::RequestStop(options_.lock_directory, job.id);
    const int64_t deadline_ms = clock().NowMs() + options_.stop_timeout_ms;
    while (!JobLock::TryTake(options_.lock_directory, job.id)) {
      if (clock().NowMs() > deadline_ms) {
        throw Error(ErrorKind::kTimeout, "LK-5013",
                    "the process that runs job " + job.name + " has not stopped it yet",
                    "It stops after the step at hand; look at the job's status later.");
      }
      clock().SleepMs(kWatchInterval.count());
    }
    return true;
  }

  /// A password given as text stays in this process.
  void RememberPassword(const std::string& job_id, const JobSpec& spec) {
    const auto password = spec.source_config.find("password");
    const std::lock_guard lock(mutex_);
    if (password == spec.source_config.end() || IsReference(password->second)) {
      passwords_.erase(job_id);
    } else {
      passwords_[job_id] = password->second;
    }
  }

  std::shared_ptr<ActiveRun> Launch(const security::Principal& principal,
                                    const std::string& id_or_name) {
    const catalog::JobRecord job = FindJob(*lake_, id_or_name);
    RequireJobAccess(*lake_, principal, catalog::Action::kRunJob, job.name, job.owner);
    auto run = std::make_shared<ActiveRun>();
    run->principal = principal;
    run->spec = ParseJob(job.configuration);
    run->status.run_id = Uuid::V7(clock(), *lake_->storage_context().random).ToString();
    run->status.job_id = job.id;
    run->status.job_name = job.name;
    run->status.state = "pending";
    run->status.started_ms = clock().NowMs();
    {
      const std::lock_guard lock(mutex_);
      if (active_.contains(job.id)) ThrowRunning(job.name);
      run->lock = JobLock::TryTake(options_.lock_directory, job.id);
      if (!run->lock) ThrowRunning(job.name);
      active_.emplace(job.id, run);
      const auto password = passwords_.find(job.id);
      if (password != passwords_.end()) run->password = password->second;
    }
    try {
      CloseInterruptedRuns(job);
      lake_->metadata().SaveRun(ToRecord(run->status));
    } catch (...) {
      const std::lock_guard lock(mutex_);
      active_.erase(job.id);
      throw;
    }
    CountActiveRuns(1);
    Enqueue(run);
    return run;
  }

  /// Runs of a process that died are still stored as running.
  void CloseInterruptedRuns(const catalog::JobRecord& job) {
    for (auto& run : lake_->metadata().ListRuns(job.id, kUnfinishedLookBack)) {
      if (IsFinal(run.state)) continue;
      run.state = "failed";
      run.error_code = "LK-5012";
      run.error_message = "the process ended during the run";
      run.error_kind = ToString(ErrorKind::kUnavailable);
      run.error_hint = "Start the job again: what it had committed is not loaded twice.";
      run.finished_ms = clock().NowMs();
      lake_->metadata().SaveRun(run);
    }
  }

  void Enqueue(std::shared_ptr<ActiveRun> run) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(run));
    const auto limit = static_cast<size_t>(std::max(1, options_.max_parallel_jobs));
    if (idle_ < waiting_.size() && threads_.size() < limit) {
      threads_.emplace_back([this] { Work(); });
    }
    if (!watcher_.joinable()) watcher_ = std::thread([this] { Watch(); });
    changed_.notify_all();
  }

  /// Cancels runs that another process wishes to stop.
  void Watch() {
    std::unique_lock lock(mutex_);
    while (!closing_) {
      changed_.wait(lock, [&] { return closing_ || !active_.empty(); });
      for (auto& [job_id, run] : active_) {
        if (run->lock->stop_requested()) run->cancel.Cancel();
      }
      changed_.wait_for(lock, kWatchInterval, [&] { return closing_; });
    }
  }

  void Work() {
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_;
      changed_.wait(lock, [&] { return closing_ || !waiting_.empty(); });
      --idle_;
      if (waiting_.empty()) return;
      const std::shared_ptr<ActiveRun> run = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      RunStatus ended = Execute(*run);
      CountActiveRuns(-1);
      lock.lock();
      // At once: who sees the end of a run may start the next one.
      run->status = std::move(ended);
      active_.erase(run->status.job_id);
      run->lock.reset();
      run->done = true;
      changed_.notify_all();
    }
  }

  /// Changes the status and keeps it; a store that does not answer must not end the run.
  template <typename Change>
  void Update(ActiveRun& run, Change&& change) {
    catalog::JobRun record;
    {
      const std::lock_guard lock(mutex_);
      change(run.status);
      record = ToRecord(run.status);
    }
    Save(record);
  }

  void Save(const catalog::JobRun& record) {
    try {
      lake_->metadata().SaveRun(record);
    } catch (...) {
      LogError("the state of a run could not be stored",
               {{"run", record.id}, {"error", CurrentError().what()}});
    }
  }

  /// What a running run has done so far, for Status; it is kept when the run ends.
  void Show(ActiveRun& run, const RunMetrics& metrics, double fraction) {
    const std::lock_guard lock(mutex_);
    run.status.metrics = metrics;
    run.status.fraction = fraction;
  }

  /// Returns the run's last state, which is stored and not yet that of `run`.
  RunStatus Execute(ActiveRun& run) {
    const LogScope scope("run_id", run.status.run_id);
    for (int attempt = 1;; ++attempt) {
      Update(run, [&](RunStatus& status) {
        status.state = "running";
        status.attempt = attempt;
      });
      RunMetrics metrics;
      try {
        run.cancel.ThrowIfStopped();
        const auto table =
            RunOnce(*lake_,
                    {.spec = &run.spec,
                     .password = run.password,
                     .run_id = run.status.run_id,
                     .principal = run.principal,
                     .cancel = run.cancel,
                     .limits = options_.sources,
                     .on_progress = [&](const RunMetrics& now,
                                        double fraction) { Show(run, now, fraction); }},
                    metrics);
        if (table && options_.after_commit) options_.after_commit(run.principal, table, run.cancel);
        return Finish(run, "succeeded", metrics, nullptr);
      } catch (...) {
        const Error error = CurrentError();
        const auto error_class = connectors::Classify(error);
        const bool again = error_class == connectors::ErrorClass::kTransient ||
                           error_class == connectors::ErrorClass::kThrottled;
        if (run.cancel.cancelled()) return Finish(run, "cancelled", metrics, &error);
        if (!again || attempt >= options_.max_attempts) {
          return Finish(run, "failed", metrics, &error);
        }
        WaitToRetry(run, attempt, error_class, error);
      }
    }
  }

  void WaitToRetry(ActiveRun& run, int attempt, connectors::ErrorClass error_class,
                   const Error& error) {
    Update(run, [&](RunStatus& status) {
      status.state = "retrying";
      SetError(status, error);
    });
    CountRetry(error_class);
    const int64_t wait_ms =
        BackoffMs(options_, attempt, error_class, *lake_->storage_context().random);
    LogWarn("an ingestion job will be tried again",
            {{"job", run.spec.name}, {"code", error.code()}, {"wait_ms", std::to_string(wait_ms)}});
    SleepUnlessCancelled(wait_ms, clock(), run.cancel);
  }

  RunStatus Finish(ActiveRun& run, const std::string& state, const RunMetrics& metrics,
                   const Error* error) {
    RunStatus status;
    {
      const std::lock_guard lock(mutex_);
      status = run.status;
    }
    status.state = state;
    status.metrics = metrics;
    status.fraction = -1;
    status.finished_ms = clock().NowMs();
    ClearError(status);
    if (error != nullptr) SetError(status, *error);
    Save(ToRecord(status));
    CountFinishedRun(status);
    LogInfo("an ingestion job has ended",
            {{"job", run.spec.name},
             {"state", state},
             {"code", status.error_code},
             {"rows_written", std::to_string(metrics.rows_written)},
             {"files_skipped", std::to_string(metrics.files_skipped)}});
    return status;
  }

  const std::shared_ptr<catalog::Lake> lake_;
  const RunnerOptions options_;
  std::mutex register_mutex_;  ///< held over look-up and save of one job; taken before mutex_
  std::mutex mutex_;
  std::condition_variable changed_;
  // All guarded by mutex_. Every job has at most one active run, which bounds the queue.
  std::map<std::string, std::shared_ptr<ActiveRun>> active_;  ///< by job id
  std::map<std::string, std::string> passwords_;              ///< by job id
  std::deque<std::shared_ptr<ActiveRun>> waiting_;
  std::vector<std::thread> threads_;
  std::thread watcher_;
  size_t idle_ = 0;
  bool closing_ = false;
};

JobRunner::JobRunner(std::shared_ptr<catalog::Lake> lake, RunnerOptions options)
    : impl_(std::make_unique<Impl>(std::move(lake), std::move(options))) {}
JobRunner::~JobRunner() = default;

std::string JobRunner::Register(const security::Principal& principal, const std::string& json) {
  return impl_->Register(principal, json);
}
JobPreview JobRunner::Preview(const security::Principal& principal, const std::string& json,
                              bool look_at_source) {
  return impl_->Preview(principal, json, look_at_source);
}
JobPreview JobRunner::PreviewRun(const security::Principal& principal,
                                 const std::string& id_or_name) {
  return impl_->PreviewRun(principal, id_or_name);
}
RunStatus JobRunner::Run(const security::Principal& principal, const std::string& id_or_name,
                         const ProgressCallback& on_progress) {
  return impl_->Run(principal, id_or_name, on_progress);
}
std::string JobRunner::Start(const security::Principal& principal, const std::string& id_or_name) {
  return impl_->Start(principal, id_or_name);
}
bool JobRunner::Stop(const security::Principal& principal, const std::string& id_or_name) {
  return impl_->Stop(principal, id_or_name);
}
std::optional<RunStatus> JobRunner::Status(const security::Principal& principal,
                                           const std::string& id_or_name) {
  auto runs = impl_->History(principal, id_or_name, 1);
  if (runs.empty()) return std::nullopt;
  return runs.front();
}
std::vector<RunStatus> JobRunner::History(const security::Principal& principal,
                                          const std::string& id_or_name, size_t limit) {
  return impl_->History(principal, id_or_name, limit);
}
std::vector<catalog::JobRecord> JobRunner::List(const security::Principal& principal) {
  return impl_->List(principal);
}
void JobRunner::Remove(const security::Principal& principal, const std::string& id_or_name) {
  impl_->Remove(principal, id_or_name);
}

}  // namespace lakehouse::ingestion
