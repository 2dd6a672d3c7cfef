#include "ingestion/job_access.h"

#include "base/error.h"
#include "base/suggest.h"

namespace lakehouse::ingestion {

void RequireJobAccess(catalog::Lake& lake, const security::Principal& principal,
                      catalog::Action action, const std::string& job_name,
                      const std::string& owner) {
  const catalog::Decision decision = lake.authorizer().Authorize(
      principal, action, {.kind = catalog::SecurableKind::kJob, .name = job_name, .owner = owner});
  if (decision.allowed && action == catalog::Action::kBrowse) return;
  lake.audit().Write({.principal = principal.name,
                      .action = std::string(catalog::ToString(action)),
                      .object = "job " + job_name,
                      .allowed = decision.allowed,
                      .reason = decision.reason,
                      .request_id = {}});
  if (decision.allowed) return;
  throw Error(
      ErrorKind::kPermissionDenied, "LK-2101",
      principal.name + " may not " + std::string(catalog::ToString(action)) + " job " + job_name,
      "Ask the job's owner or an administrator.");
}

catalog::JobRecord FindJob(catalog::Lake& lake, const std::string& id_or_name) {
  if (auto job = lake.metadata().FindJob(id_or_name)) return *job;
  std::vector<std::string> names;
  for (const auto& job : lake.metadata().ListJobs()) names.push_back(job.name);
  throw Error(
      ErrorKind::kNotFound, "LK-5010", "no job " + id_or_name,
      names.empty() ? "There are no jobs; register one first." : DidYouMean(id_or_name, names));
}

}  // namespace lakehouse::ingestion
