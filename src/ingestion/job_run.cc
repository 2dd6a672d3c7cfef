#include "ingestion/job_run.h"

#include <arrow/record_batch.h>

#include <nlohmann/json.hpp>

#include "ingestion/connectors/read_ahead.h"
#include "ingestion/job_spec.h"
#include "ingestion/progress.h"
#include "ingestion/quarantine.h"
#include "ingestion/target.h"
#include "storage/arrow_schema.h"

namespace lakehouse::ingestion {

namespace {

using Json = nlohmann::json;

class Attempt {
 public:
  Attempt(catalog::Lake& lake, const RunRequest& request, RunMetrics& metrics)
      : lake_(lake),
        request_(request),
        spec_(*request.spec),
        metrics_(metrics),
        overwrite_(spec_.write_mode == "overwrite"),
        target_(lake, request.principal, TargetOf(spec_, lake.default_catalog()),
                spec_.target_path),
        quarantine_(lake, request.principal, target_.name(), request.run_id),
        source_(MakeSource(spec_, request.password, request.limits)) {}

  void Preview(JobPreview& preview) {
    const Progress progress = LoadProgress();
    const auto found = source_->Discover({.loaded = Passed(progress), .cancel = request_.cancel});
    preview.target = target_.name().ToString();
    preview.target_exists = target_.exists();
    preview.write_mode = spec_.write_mode;
    preview.files = is_files();
    preview.parts_new = found.anything ? found.parts_new : 0;
    preview.parts_skipped = found.parts_skipped;
    const bool replaces = overwrite_ && !is_files();
    if (!found.anything && !target_.exists()) return;
    const storage::Schema schema = target_.exists() && !replaces
                                       ? target_.snapshot()->schema()
                                       : storage::FromArrow(*source_->ProposeSchema());
    for (const storage::Field& field : schema.fields) {
      preview.columns.emplace_back(field.name, field.type->ToString());
    }
  }

  std::shared_ptr<storage::Table> Run() {
    Progress progress = LoadProgress();
    const auto found = source_->Discover({.loaded = Passed(progress), .cancel = request_.cancel});
    metrics_.files_skipped = found.parts_skipped;
    if (!found.anything) return nullptr;
    PrepareTarget();
    source_->Start(target_.SchemaFor(spec_.source_type));
    TargetWriter writer(target_);
    Copy(writer);
    quarantine_.Commit();
    CheckThreshold();
    if (is_files()) metrics_.files_read = found.parts_new;
    metrics_.table_version = Commit(writer, std::move(progress));
    metrics_.rows_written = writer.rows_written();
    return target_.table();
  }

 private:
  Progress LoadProgress() const {
    // An overwrite reads everything again, but its batch has a number of its own.
    Progress progress;
    if (target_.exists()) {
      progress = ReadProgress(*target_.snapshot(), target_.location(), spec_.name);
    }
    if (overwrite_) progress.loaded.clear();
    return progress;
  }

  /// Marks of the parts that are passed over.
  std::set<std::string> Passed(const Progress& progress) const {
    return request_.again ? std::set<std::string>() : progress.loaded;
  }

  bool is_files() const { return spec_.source_type != "postgresql"; }

  void PrepareTarget() {
    if (!target_.exists()) {
      target_.Plan(*source_->ProposeSchema());
    } else if (overwrite_ && !is_files()) {
      target_.ReplaceSchema(*source_->ProposeSchema());
    } else if (request_.merge_schema) {
      target_.AddColumns(*source_->ProposeSchema());
    }
  }

  void Copy(TargetWriter& writer) {
    connectors::ReadAhead reader(*source_);
    bool more = true;
    while (more) {
      request_.cancel.ThrowIfStopped();
      connectors::SourceBatch batch;
      more = reader.Next(batch);
      if (batch.rows != nullptr) {
        writer.Write(*batch.rows);
        metrics_.rows_read += batch.rows->num_rows();
      }
      quarantine_.Add(batch.rejected);
      metrics_.rows_rescued += batch.rows_rescued;
      metrics_.rows_read += static_cast<int64_t>(batch.rejected.size());
      metrics_.rows_quarantined += static_cast<int64_t>(batch.rejected.size());
      metrics_.bytes_read = batch.bytes_read;
      if (request_.on_progress) request_.on_progress(metrics_, batch.fraction);
    }
  }

  void CheckThreshold() {
    if (metrics_.rows_quarantined == 0) return;
    const double share =
        static_cast<double>(metrics_.rows_quarantined) / static_cast<double>(metrics_.rows_read);
    if (share <= spec_.error_threshold) return;
    throw Error(ErrorKind::kInvalidArgument, "LK-5030",
                std::to_string(metrics_.rows_quarantined) + " of " +
                    std::to_string(metrics_.rows_read) +
                    " rows could not be read, more than error_threshold " +
                    Json(spec_.error_threshold).dump() + " allows",
                "The rows and reasons are in " + quarantine_.table().ToString() +
                    ". Nothing was committed to the target. Correct the files, or raise "
                    "error_threshold.");
  }

  int64_t Commit(TargetWriter& writer, Progress progress) {
    TargetCommit commit;
    commit.overwrite = overwrite_;
    ++progress.batch;
    commit.app_transaction = {ApplicationId(spec_.name), progress.batch};
    if (is_files()) {
      for (std::string& mark : source_->FinishedMarks()) progress.loaded.insert(std::move(mark));
      commit.domains[DomainName(spec_.name)] =
          WriteProgress(progress, target_.location(), *lake_.storage_context().random);
    }
    request_.cancel.ThrowIfStopped();
    return writer.Commit(commit);
  }

  catalog::Lake& lake_;
  const RunRequest& request_;
  const JobSpec& spec_;
  RunMetrics& metrics_;
  const bool overwrite_;
  Target target_;
  Quarantine quarantine_;
  std::unique_ptr<connectors::Source> source_;
};

}  // namespace

std::shared_ptr<storage::Table> RunOnce(catalog::Lake& lake, const RunRequest& request,
                                        RunMetrics& metrics) {
  metrics = {};
  return Attempt(lake, request, metrics).Run();
}

void PreviewOnce(catalog::Lake& lake, const RunRequest& request, JobPreview& preview) {
  RunMetrics unused;
  Attempt(lake, request, unused).Preview(preview);
}

}  // namespace lakehouse::ingestion
