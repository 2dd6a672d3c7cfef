#include "app/file_loader.h"

#include <utility>

#include "base/ids.h"
#include "ingestion/job_access.h"
#include "ingestion/job_run.h"

namespace lakehouse::app {
namespace {

/// Names the list of loaded files in the table's log, as a job would.
constexpr char kJobName[] = "copy_into";

class IngestionFileLoader : public query::FileLoader {
 public:
  IngestionFileLoader(std::shared_ptr<catalog::Lake> lake, ingestion::SourceLimits limits)
      : lake_(std::move(lake)), limits_(std::move(limits)) {}

  query::FileLoadResult Load(const security::Principal& principal,
                             const query::FileLoad& load) override {
    // Files of this machine are for those who may run jobs on it.
    ingestion::RequireJobAccess(*lake_, principal, catalog::Action::kRunJob, kJobName, "");
    ingestion::JobSpec spec;
    spec.name = kJobName;
    spec.source_type = load.format;
    spec.source_config = load.options;
    spec.source_config["path"] = load.path;
    spec.target = load.target.ToString();
    spec.write_mode = "append";
    ingestion::RunRequest request;
    request.spec = &spec;
    request.run_id = Uuid::V4(*lake_->storage_context().random).ToString();
    request.principal = principal;
    request.cancel = load.cancel;
    request.limits = limits_;
    request.again = load.again;
    request.merge_schema = load.merge_schema;
    ingestion::RunMetrics metrics;
    ingestion::RunOnce(*lake_, request, metrics);
    return {metrics.rows_written, metrics.files_read, metrics.files_skipped};
  }

 private:
  const std::shared_ptr<catalog::Lake> lake_;
  const ingestion::SourceLimits limits_;
};

}  // namespace

std::shared_ptr<query::FileLoader> MakeFileLoader(std::shared_ptr<catalog::Lake> lake,
                                                  ingestion::SourceLimits limits) {
  return std::make_shared<IngestionFileLoader>(std::move(lake), std::move(limits));
}

}  // namespace lakehouse::app
