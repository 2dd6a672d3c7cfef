#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "catalog/governance/authorizer.h"
#include "catalog/metadata/metadata_store.h"
#include "security/audit_log.h"

namespace lakehouse::catalog {

/// Asks the authorizer, keeps the audit record, and finds names for a principal. Thread-safe as its
/// parts.
class Access {
 public:
  Access(MetadataStore& metadata, Authorizer& authorizer, security::AuditLog& audit)
      : metadata_(metadata), authorizer_(authorizer), audit_(audit) {}

  /// One decision and its one audit record, as `what` ("create_table"). PermissionDenied LK-2101
  /// when it is no; nothing when not even its existence may be known.
  std::optional<Decision> Ask(const security::Principal& principal, Action action,
                              const Securable& object, std::string_view what);
  /// The same for something that everybody may know of; never nothing.
  Decision Require(const security::Principal& principal, Action action, const Securable& object,
                   std::string_view what);
  /// May it be listed? Leaves no record: the listing leaves one for all.
  bool MayBrowse(const security::Principal& principal, const Securable& object);
  void RecordListing(const security::Principal& principal, const std::string& object);

  /// With did-you-mean among what the principal may browse: LK-2010, LK-2011, LK-2012.
  void RequireCatalog(const security::Principal& principal, const std::string& catalog);
  SchemaInfo RequireSchema(const security::Principal& principal, const std::string& catalog,
                           const std::string& schema);
  [[noreturn]] void ThrowNoObject(const security::Principal& principal, const ObjectName& name);

 private:
  std::string ObjectHint(const security::Principal& principal, const ObjectName& name);

  MetadataStore& metadata_;
  Authorizer& authorizer_;
  security::AuditLog& audit_;
};

Securable SecurableOf(const ObjectInfo& object);
Securable SecurableOf(const SchemaInfo& schema);
Securable CatalogSecurable(const std::string& catalog);
Securable LakehouseSecurable();
Securable LocationSecurable(const std::string& location);

}  // namespace lakehouse::catalog
