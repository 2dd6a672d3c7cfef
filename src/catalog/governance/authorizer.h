#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "security/principal.h"

namespace lakehouse::catalog {

enum class Action {
  kBrowse,  ///< see that it exists, its comment
  kSelect,
  kModify,  ///< insert, overwrite, later update and delete
  kCreate,  ///< an object in a schema, a schema in a catalog, a catalog in the lakehouse
  kDrop,
  kAlter,
  kManageJobs,
  kRunJob,
  kReadMetrics,
  kAdminister,
};
std::string_view ToString(Action action);

enum class SecurableKind { kLakehouse, kCatalog, kSchema, kTable, kView, kLocation, kJob };

/// What is asked for. `owner` is filled by the caller from the catalog; empty when nobody owns it.
struct Securable {
  SecurableKind kind = SecurableKind::kLakehouse;
  std::string name;  ///< full name, "lake.bronze.flights"
  std::string owner;
};

/// The answer. Row filter and masks (column -> SQL expression) are planted in the bound plan by the
/// engine; the first implementation gives none.
struct Decision {
  bool allowed = false;
  std::string reason;
  std::optional<std::string> row_filter;
  std::map<std::string, std::string> masks;
  int64_t policy_version = 0;
};

/// The one place where is decided who may do what. Deny by default. Thread-safe.
class Authorizer {
 public:
  virtual ~Authorizer() = default;
  virtual Decision Authorize(const security::Principal& principal, Action action,
                             const Securable& object) = 0;
};

/// Role admin may do everything, an owner everything with what is theirs, everyone browse nothing
/// else.
std::unique_ptr<Authorizer> MakeOwnerAuthorizer();

}  // namespace lakehouse::catalog
