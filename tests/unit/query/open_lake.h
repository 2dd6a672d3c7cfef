#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "catalog/lake.h"
#include "security/audit_log.h"
#include "temporary_directory.h"

namespace lakehouse::query {

/// A lake with its tables in `store` and its names in a database in `directory`. Opened once more,
/// it is as a new process would find it. All but `audit` must outlive it.
inline std::shared_ptr<catalog::Lake> OpenLake(
    const TemporaryDirectory& directory, std::shared_ptr<io::ObjectStore> store, Random& random,
    std::shared_ptr<security::AuditLog> audit = std::make_shared<security::MemoryAuditLog>()) {
  catalog::Lake::Parts parts;
  parts.metadata =
      catalog::OpenSqliteMetadataStore(directory / "metadata.db", SystemClock(), random);
  parts.stores = std::make_shared<io::Stores>(std::move(store), std::vector<std::string>{});
  parts.authorizer = catalog::MakeOwnerAuthorizer();
  parts.audit = std::move(audit);
  parts.storage = {&SystemClock(), &random};
  return std::make_shared<catalog::Lake>(std::move(parts));
}

}  // namespace lakehouse::query
