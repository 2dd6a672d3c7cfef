#pragma once

#include <string>

#include "catalog/lake.h"

namespace lakehouse::ingestion {

/// May `principal` do this with the job? Writes the decision to the audit log; PermissionDenied
/// LK-2101 when not. Reading states (kBrowse) is not audited when allowed.
void RequireJobAccess(catalog::Lake& lake, const security::Principal& principal,
                      catalog::Action action, const std::string& job_name,
                      const std::string& owner);

/// The job with this id or name; NotFound LK-5010 with did-you-mean.
catalog::JobRecord FindJob(catalog::Lake& lake, const std::string& id_or_name);

}  // namespace lakehouse::ingestion
