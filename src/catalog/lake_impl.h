#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "catalog/access.h"
#include "catalog/lake.h"
#include "catalog/table_cache.h"

namespace lakehouse::catalog {

/// What the parts of Lake share: lake.cc (names), lake_tables.cc (creating and dropping),
/// lake_rebuild.cc.
class Lake::Impl {
 public:
  explicit Impl(Parts parts);

  /// Fills a new lakehouse with the default catalog and its schemas; once, so that what a user
  /// dropped stays dropped.
  void CreateDefaults();
  void Changed() { ++change_count; }

  std::shared_ptr<storage::Table> Open(const ObjectInfo& object);
  /// The object when it is there and the principal may do it; audit as `what`.
  std::optional<ResolvedObject> Find(const security::Principal& principal, Action action,
                                     const ObjectName& name, std::string_view what);
  /// The schema to create `name` in, after validating the name and checking the right.
  SchemaInfo RequireCreate(const security::Principal& principal, const ObjectName& name,
                           std::string_view what);
  /// AlreadyExists LK-2013 for an object that is there.
  [[noreturn]] void ThrowExists(const ObjectInfo& object);

  /// Where a table goes: `location`, or the folder of its name when that is empty.
  std::string PlaceFor(const SchemaInfo& schema, const std::string& name,
                       const std::string& location);
  /// LK-2015 when `location` is, or lies inside, the folder of a table that has a name.
  void RequireApart(const std::string& location);
  /// The right on a location that the user chose.
  void RequireLocation(const security::Principal& principal, const std::string& location,
                       std::string_view what);
  ObjectInfo AddTable(const security::Principal& principal, const ObjectName& name,
                      const std::string& location, const std::string& comment);
  /// Gives their names to tables whose creation was cut between log and name.
  void AdoptAnnounced();
  /// LK-3006 when a table lies at `place`, unless it is one that gets its name now.
  void RequireNoLog(const ObjectName& name, const io::Location& location, const std::string& place);
  /// Writes the log of a new table at `place`, and then its name.
  void MakeTable(const security::Principal& principal, const CreateTableRequest& request,
                 const std::vector<storage::NewFile>& files, const io::Location& location,
                 const std::string& place);

  Parts parts;
  Access access;
  TableCache cache;
  std::mutex definition_mutex;  ///< one change of tables at a time in this process
  std::atomic<uint64_t> change_count{0};
};

}  // namespace lakehouse::catalog
