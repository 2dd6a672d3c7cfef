#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/object_name.h"

namespace lakehouse {
class Clock;
class Random;
}  // namespace lakehouse

namespace lakehouse::catalog {

enum class ObjectKind { kTable, kView };

struct SchemaInfo {
  std::string catalog;
  std::string name;
  std::string comment;
  std::string owner;
  int64_t created_ms = 0;
  std::map<std::string, std::string> properties;
};

struct ObjectInfo {
  std::string id;  ///< UUID v7
  ObjectName name;
  ObjectKind kind = ObjectKind::kTable;
  std::string format = "delta";
  std::string location;  ///< io::Stores::Canonical form; empty for views
  std::string view_sql;
  std::string comment;
  std::string owner;
  int64_t created_ms = 0;
  std::map<std::string, std::string> properties;
};

/// A registered job of any kind; the configuration is JSON without secrets (those are references).
struct JobRecord {
  std::string id;
  std::string name;  ///< unique
  std::string kind;  ///< "ingestion"
  std::string configuration;
  std::string owner;
  int64_t created_ms = 0;
  bool enabled = true;
};

struct JobRun {
  std::string id;
  std::string job_id;
  std::string state;  ///< pending, running, retrying, succeeded, failed, cancelled
  int attempt = 1;
  int64_t started_ms = 0;
  int64_t finished_ms = 0;
  std::string error_code;
  std::string error_message;
  std::string error_kind;  ///< as ToString(ErrorKind) writes it; empty when it went well
  std::string error_hint;
  std::string metrics;  ///< JSON object of numbers
};

struct TokenRecord {
  std::string id;
  std::string hash;  ///< security::HashToken
  std::string principal;
  std::string roles;  ///< comma separated
  std::string description;
  int64_t created_ms = 0;
  int64_t expires_ms = 0;  ///< 0: never
};

/// Names, jobs, runs and tokens: never the truth about rows. Each write is one durable transaction;
/// writes from many threads share a group commit. Names compare without regard to case. Errors:
/// LK-2010 to LK-2014 as in Lake (LK-2013 also when a location has a name already); no such job
/// LK-2016, token LK-2017; a database of a newer schema Unsupported LK-2020; not a database or
/// damaged Corruption LK-2021; locked by another process Unavailable LK-2022; I/O LK-2023; disk
/// full LK-2024. Thread-safe.
class MetadataStore {
 public:
  virtual ~MetadataStore() = default;

  virtual std::vector<std::string> ListCatalogs() = 0;
  virtual bool CreateCatalog(const std::string& name, bool if_not_exists) = 0;
  virtual void DropCatalog(const std::string& name) = 0;

  virtual std::vector<SchemaInfo> ListSchemas(const std::string& catalog) = 0;
  virtual std::optional<SchemaInfo> FindSchema(const std::string& catalog,
                                               const std::string& schema) = 0;
  virtual bool CreateSchema(const SchemaInfo& schema, bool if_not_exists) = 0;
  virtual void DropSchema(const std::string& catalog, const std::string& schema, bool cascade) = 0;

  virtual std::vector<ObjectInfo> ListObjects(const std::string& catalog,
                                              const std::string& schema) = 0;
  virtual std::optional<ObjectInfo> FindObject(const ObjectName& name) = 0;
  virtual std::optional<ObjectInfo> FindObjectByLocation(const std::string& location) = 0;
  /// Fills id and created_ms when empty.
  virtual ObjectInfo CreateObject(ObjectInfo object, bool or_replace) = 0;
  virtual void DropObject(const ObjectName& name) = 0;
  virtual void RenameObject(const ObjectName& from, const ObjectName& to) = 0;
  virtual void UpdateObject(const ObjectInfo& object) = 0;  ///< comment, properties, owner, by id

  /// A table at `object.location` is about to be made. Kept until CreateObject gives the location a
  /// name, so that a creation that was cut between log and name can be completed.
  virtual void AnnounceTable(ObjectInfo object) = 0;
  virtual std::vector<ObjectInfo> ListAnnounced() = 0;
  virtual void ForgetAnnounced(const std::string& location) = 0;

  virtual JobRecord SaveJob(
      JobRecord job) = 0;  ///< inserts, or replaces the one with its name (id stays)
  virtual std::vector<JobRecord> ListJobs() = 0;
  virtual std::optional<JobRecord> FindJob(const std::string& id_or_name) = 0;
  virtual void DeleteJob(const std::string& id) = 0;
  virtual void SaveRun(const JobRun& run) = 0;  ///< inserts or replaces by id
  virtual std::vector<JobRun> ListRuns(const std::string& job_id, size_t limit) = 0;

  virtual void SaveToken(const TokenRecord& token) = 0;
  virtual std::optional<TokenRecord> FindTokenByHash(const std::string& hash) = 0;
  virtual std::vector<TokenRecord> ListTokens() = 0;
  virtual void DeleteToken(const std::string& id) = 0;

  /// Small named values (the bootstrap mark, the lakehouse's id).
  virtual std::optional<std::string> GetValue(const std::string& key) = 0;
  virtual void SetValue(const std::string& key, const std::string& value) = 0;

  /// Throws when the database does not answer; for readiness.
  virtual void Ping() = 0;
  /// Looks at every page, index and reference; what is wrong, one line each (at most 20). Reads the
  /// whole database.
  virtual std::vector<std::string> Verify() = 0;
  /// "SQLite, schema 4"
  virtual std::string Description() = 0;
};

/// Limits of the SQLite store.
struct SqliteStoreOptions {
  int busy_timeout_ms = 10'000;     ///< how long to wait for another process
  size_t max_readers = 8;           ///< connections for reading
  size_t max_queued_writes = 1024;  ///< writes that wait; more callers block
  size_t max_group_size = 64;       ///< writes that share one transaction
  int64_t max_runs_per_job = 1000;  ///< older ones are forgotten
};

/// Opens or creates the SQLite file (mode 0600): WAL, synchronous=FULL, one writer thread with
/// group commit. `file` ":memory:" is for tests.
std::shared_ptr<MetadataStore> OpenSqliteMetadataStore(const std::string& file, Clock& clock,
                                                       Random& random,
                                                       const SqliteStoreOptions& options = {});

}  // namespace lakehouse::catalog
