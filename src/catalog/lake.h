#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/governance/authorizer.h"
#include "catalog/metadata/metadata_store.h"
#include "catalog/object_name.h"
#include "io/stores.h"
#include "security/audit_log.h"
#include "storage/table.h"

namespace lakehouse::catalog {

/// A table or view that the caller may use, with the decision that let it.
struct ResolvedObject {
  ObjectInfo info;
  Decision decision;
  std::shared_ptr<storage::Table> table;  ///< null for a view
};

struct CreateTableRequest {
  ObjectName name;
  storage::CreateTableOptions options;
  std::string location;  ///< empty: <data root>/<schema>/<name>
  bool if_not_exists = false;
  storage::CommitDescription description;
};

/// The names of the lakehouse and the tables behind them: the one way from a principal and a name
/// to a storage table, so authorization and audit happen here and nowhere else. Every method throws
/// PermissionDenied LK-2101 when the authorizer says no; a name the principal may not browse is
/// NotFound. NotFound LK-2010 (catalog), LK-2011 (schema), LK-2012 (table or view), with
/// did-you-mean among the names that the principal may browse; AlreadyExists LK-2013. Thread-safe;
/// nothing in it knows SQL.
class Lake {
 public:
  struct Parts {
    std::shared_ptr<MetadataStore> metadata;
    std::shared_ptr<io::Stores> stores;
    std::shared_ptr<Authorizer> authorizer;
    std::shared_ptr<security::AuditLog> audit;
    storage::StorageContext storage;
    std::string default_catalog = "lake";
    size_t table_cache_entries = 1024;
  };
  explicit Lake(Parts parts);
  ~Lake();

  const std::string& default_catalog() const;
  /// Grows with every change of names through this process; for caches of bound plans.
  uint64_t change_count() const;

  std::vector<std::string> ListCatalogs(const security::Principal& principal);
  std::vector<SchemaInfo> ListSchemas(const security::Principal& principal,
                                      const std::string& catalog);
  std::vector<ObjectInfo> ListObjects(const security::Principal& principal,
                                      const std::string& catalog, const std::string& schema);
  void CreateCatalog(const security::Principal& principal, const std::string& name,
                     bool if_not_exists);
  void CreateSchema(const security::Principal& principal, const std::string& catalog,
                    const std::string& schema, const std::string& comment, bool if_not_exists);
  /// InvalidArgument LK-2014 when it is not empty and `cascade` is false.
  void DropSchema(const security::Principal& principal, const std::string& catalog,
                  const std::string& schema, bool cascade, bool if_exists);

  /// For one action on one object; nothing when it is not there (or may not be known).
  std::optional<ResolvedObject> Find(const security::Principal& principal, Action action,
                                     const ObjectName& name);
  /// The same, throwing LK-2012 with candidates.
  ResolvedObject Resolve(const security::Principal& principal, Action action,
                         const ObjectName& name);
  /// delta.`/path`: a table by location, without a name. Needs the right on the location.
  ResolvedObject ResolvePath(const security::Principal& principal, Action action,
                             const std::string& location);

  /// Every other table that has a name, whoever may see it: for VACUUM, which must leave alone what
  /// shallow clones refer to. Those without a log, with a broken one, or with one that is not
  /// understood are passed over with a warning; the store's errors come through.
  std::vector<std::shared_ptr<storage::Table>> TablesBeside(const storage::Table& table);

  /// Creates log and name; false when it was there and if_not_exists is set. Files already written
  /// for a CREATE TABLE AS SELECT go into version 0.
  bool CreateTable(const security::Principal& principal, const CreateTableRequest& request,
                   const std::vector<storage::NewFile>& files = {});
  /// Where CreateTable would put it, after checking the right to create: for writing files
  /// beforehand.
  io::Location PlanTable(const security::Principal& principal, const ObjectName& name,
                         const std::string& location);
  /// Gives a name to an existing table. LK-3001 when nothing is there.
  ObjectInfo RegisterTable(const security::Principal& principal, const ObjectName& name,
                           const std::string& location);
  void CreateView(const security::Principal& principal, const ObjectName& name,
                  const std::string& sql, const std::string& comment, bool or_replace,
                  bool if_not_exists);
  /// Drops the name. Data below the data root is deleted with `purge`, and stays without.
  bool Drop(const security::Principal& principal, const ObjectName& name, ObjectKind kind,
            bool if_exists, bool purge);
  void Rename(const security::Principal& principal, const ObjectName& from, const ObjectName& to);
  void SetComment(const security::Principal& principal, const ObjectName& name,
                  const std::string& comment);

  /// Finds tables below the data root (<schema>/<table>/_delta_log) that have no name and registers
  /// them.
  struct RebuildReport {
    std::vector<ObjectName> registered;
    std::vector<std::string> skipped;  ///< "path: why"
  };
  RebuildReport Rebuild(const security::Principal& principal, bool dry_run);

  io::Stores& stores();
  MetadataStore& metadata();
  Authorizer& authorizer();
  security::AuditLog& audit();
  const storage::StorageContext& storage_context() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lakehouse::catalog
