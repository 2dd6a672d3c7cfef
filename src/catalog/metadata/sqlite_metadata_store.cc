#include <sys/stat.h>

#include <utility>

#include "base/clock.h"
#include "base/ids.h"
#include "base/random.h"
#include "catalog/metadata/announced_tables.h"
#include "catalog/metadata/job_repository.h"
#include "catalog/metadata/metadata_store.h"
#include "catalog/metadata/migrations.h"
#include "catalog/metadata/name_repository.h"
#include "catalog/metadata/reader_pool.h"
#include "catalog/metadata/sqlite_database.h"
#include "catalog/metadata/token_repository.h"
#include "catalog/metadata/writer_queue.h"

namespace lakehouse::catalog {
namespace {

using metadata::Database;

class SqliteMetadataStore : public MetadataStore {
 private:
  /// Another connection would see another database when it is in memory, so then the writer reads.
  template <typename Function>
  auto Read(const Function& function) {
    return in_memory_ ? Write(function) : readers_.With(function);
  }

  template <typename Function>
  auto Write(const Function& function) {
    std::optional<decltype(function(std::declval<Database&>()))> result;
    writer_->Run([&](Database& database) { result = function(database); });
    return std::move(*result);
  }

 public:
  SqliteMetadataStore(const std::string& file, Clock& clock, Random& random,
                      const SqliteStoreOptions& options)
      : clock_(clock),
        random_(random),
        options_(options),
        in_memory_(file == ":memory:"),
        database_(file, options.busy_timeout_ms),
        readers_(file, options.busy_timeout_ms, options.max_readers) {
    // It holds token hashes and job configurations.
    if (!in_memory_) chmod(file.c_str(), 0600);
    metadata::Migrate(database_, clock);
    writer_.emplace(database_, options.max_queued_writes, options.max_group_size);
  }

  std::vector<std::string> ListCatalogs() override {
    return Read([](Database& db) { return metadata::ListCatalogs(db); });
  }
  bool CreateCatalog(const std::string& name, bool if_not_exists) override {
    return Write([&](Database& db) {
      return metadata::CreateCatalog(db, name, clock_.NowMs(), if_not_exists);
    });
  }
  void DropCatalog(const std::string& name) override {
    writer_->Run([&](Database& db) { metadata::DropCatalog(db, name); });
  }

  std::vector<SchemaInfo> ListSchemas(const std::string& catalog) override {
    return Read([&](Database& db) { return metadata::ListSchemas(db, catalog); });
  }
  std::optional<SchemaInfo> FindSchema(const std::string& catalog,
                                       const std::string& schema) override {
    return Read([&](Database& db) { return metadata::FindSchema(db, catalog, schema); });
  }
  bool CreateSchema(const SchemaInfo& schema, bool if_not_exists) override {
    SchemaInfo filled = schema;
    if (filled.created_ms == 0) filled.created_ms = clock_.NowMs();
    return Write([&](Database& db) { return metadata::CreateSchema(db, filled, if_not_exists); });
  }
  void DropSchema(const std::string& catalog, const std::string& schema, bool cascade) override {
    writer_->Run([&](Database& db) { metadata::DropSchema(db, catalog, schema, cascade); });
  }

  std::vector<ObjectInfo> ListObjects(const std::string& catalog,
                                      const std::string& schema) override {
    return Read([&](Database& db) { return metadata::ListObjects(db, catalog, schema); });
  }
  std::optional<ObjectInfo> FindObject(const ObjectName& name) override {
    return Read([&](Database& db) { return metadata::FindObject(db, name); });
  }
  std::optional<ObjectInfo> FindObjectByLocation(const std::string& location) override {
    return Read([&](Database& db) { return metadata::FindObjectByLocation(db, location); });
  }
  ObjectInfo CreateObject(ObjectInfo object, bool or_replace) override {
    Fill(object.id, object.created_ms);
    return Write([&](Database& db) { return metadata::CreateObject(db, object, or_replace); });
  }
  void DropObject(const ObjectName& name) override {
    writer_->Run([&](Database& db) { metadata::DropObject(db, name); });
  }
  void RenameObject(const ObjectName& from, const ObjectName& to) override {
    writer_->Run([&](Database& db) { metadata::RenameObject(db, from, to); });
  }
  void UpdateObject(const ObjectInfo& object) override {
    writer_->Run([&](Database& db) { metadata::UpdateObject(db, object); });
  }

  void AnnounceTable(ObjectInfo object) override {
    if (object.created_ms == 0) object.created_ms = clock_.NowMs();
    writer_->Run([&](Database& db) { metadata::Announce(db, object); });
  }
  std::vector<ObjectInfo> ListAnnounced() override {
    return Read([](Database& db) { return metadata::ListAnnounced(db); });
  }
  void ForgetAnnounced(const std::string& location) override {
    writer_->Run([&](Database& db) { metadata::ForgetAnnounced(db, location); });
  }

  JobRecord SaveJob(JobRecord job) override {
    Fill(job.id, job.created_ms);
    return Write([&](Database& db) { return metadata::SaveJob(db, job); });
  }
  std::vector<JobRecord> ListJobs() override {
    return Read([](Database& db) { return metadata::ListJobs(db); });
  }
  std::optional<JobRecord> FindJob(const std::string& id_or_name) override {
    return Read([&](Database& db) { return metadata::FindJob(db, id_or_name); });
  }
  void DeleteJob(const std::string& id) override {
    writer_->Run([&](Database& db) { metadata::DeleteJob(db, id); });
  }
  void SaveRun(const JobRun& run) override {
    writer_->Run([&](Database& db) { metadata::SaveRun(db, run, options_.max_runs_per_job); });
  }
  std::vector<JobRun> ListRuns(const std::string& job_id, size_t limit) override {
    return Read([&](Database& db) { return metadata::ListRuns(db, job_id, limit); });
  }

  void SaveToken(const TokenRecord& token) override {
    writer_->Run([&](Database& db) { metadata::SaveToken(db, token); });
  }
  std::optional<TokenRecord> FindTokenByHash(const std::string& hash) override {
    return Read([&](Database& db) { return metadata::FindTokenByHash(db, hash); });
  }
  std::vector<TokenRecord> ListTokens() override {
    return Read([](Database& db) { return metadata::ListTokens(db); });
  }
  void DeleteToken(const std::string& id) override {
    writer_->Run([&](Database& db) { metadata::DeleteToken(db, id); });
  }

  std::optional<std::string> GetValue(const std::string& key) override {
    return Read([&](Database& db) { return metadata::GetValue(db, key); });
  }
  void SetValue(const std::string& key, const std::string& value) override {
    writer_->Run([&](Database& db) { metadata::SetValue(db, key, value); });
  }

  void Ping() override {
    Read([](Database& db) { return metadata::GetValue(db, "ping"); });
  }

  std::vector<std::string> Verify() override {
    return Read([](Database& db) { return metadata::FindDamage(db); });
  }
  std::string Description() override {
    return "SQLite, schema " + std::to_string(metadata::Migrations().size());
  }

 private:
  void Fill(std::string& id, int64_t& created_ms) {
    if (id.empty()) id = Uuid::V7(clock_, random_).ToString();
    if (created_ms == 0) created_ms = clock_.NowMs();
  }

  Clock& clock_;
  Random& random_;
  const SqliteStoreOptions options_;
  const bool in_memory_;
  Database database_;  ///< the writer's
  metadata::ReaderPool readers_;
  std::optional<metadata::WriterQueue>
      writer_;  ///< after the migrations; ends before the connections
};

}  // namespace

std::shared_ptr<MetadataStore> OpenSqliteMetadataStore(const std::string& file, Clock& clock,
                                                       Random& random,
                                                       const SqliteStoreOptions& options) {
  return std::make_shared<SqliteMetadataStore>(file, clock, random, options);
}

}  // namespace lakehouse::catalog
