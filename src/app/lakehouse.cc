#include "app/lakehouse.h"

#include <filesystem>
#include <mutex>
#include <utility>

#include "app/file_loader.h"
#include "app/open_stores.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/logging.h"
#include "base/random.h"
#include "catalog/governance/authorizer.h"
#include "query/engines/duckdb/duckdb_engine.h"
#include "security/audit_log.h"
#include "storage/maintenance/auto_optimize.h"
#include "storage/time_zone.h"

namespace lakehouse::app {
namespace {

namespace fs = std::filesystem;

/// `name` below `folder` unless it is absolute.
std::string Below(const fs::path& folder, const std::string& name) {
  return (fs::path(name).is_absolute() ? fs::path(name) : folder / name).string();
}

LogLevel ParseLevel(const std::string& text) {
  if (text == "debug") return LogLevel::kDebug;
  if (text == "info") return LogLevel::kInfo;
  if (text == "error") return LogLevel::kError;
  if (text == "off") return LogLevel::kOff;
  return LogLevel::kWarn;
}

LogFormat ParseFormat(const std::string& text) {
  if (text == "json") return LogFormat::kJson;
  return text == "pretty" ? LogFormat::kPretty : LogFormat::kAuto;
}

std::shared_ptr<catalog::Lake> OpenLake(const Config& config, const fs::path& state) {
  catalog::Lake::Parts parts;
  parts.stores = OpenStores(config, state);
  parts.metadata = catalog::OpenSqliteMetadataStore(
      Below(state, config.GetString("catalog.metadata_store")), SystemClock(), SystemRandom());
  parts.authorizer = catalog::MakeOwnerAuthorizer();
  parts.audit = security::MakeJsonLinesAuditLog(
      Below(state, config.GetString("security.audit_log")), SystemClock());
  parts.storage = {&SystemClock(), &SystemRandom(), parts.stores.get(),
                   config.GetString("storage.partition_time_zone"),
                   config.GetBoolean("storage.group_commits")};
  storage::InstantOf(0, parts.storage.partition_time_zone);  // says now when there is no such zone
  parts.default_catalog = config.GetString("catalog.default_catalog");
  return std::make_shared<catalog::Lake>(std::move(parts));
}

query::duckdb::EngineOptions EngineOptionsOf(const Config& config, const fs::path& state) {
  query::duckdb::EngineOptions options;
  options.threads = static_cast<int>(config.GetInteger("query.threads"));
  options.memory_bytes =
      config.IsSet("query.memory_limit") ? config.GetBytes("query.memory_limit") : 0;
  options.temp_directory = Below(state, config.GetString("query.temp_directory"));
  options.temp_bytes =
      config.IsSet("query.max_temp_size") ? config.GetBytes("query.max_temp_size") : 0;
  options.optimize_bytes = config.GetBytes("query.optimize_memory");
  options.max_running = static_cast<int>(config.GetInteger("query.max_running"));
  options.max_waiting = static_cast<int>(config.GetInteger("query.max_waiting"));
  options.timeout_ms = config.GetDurationMs("query.timeout");
  options.write_attempts = static_cast<int>(config.GetInteger("query.write_attempts"));
  options.auto_compact_min_files = config.GetInteger("query.auto_compact_min_files");
  options.auto_compact_file_bytes = config.GetBytes("query.auto_compact_file_size");
  options.default_schema = config.GetString("query.default_schema");
  return options;
}

ingestion::RunnerOptions RunnerOptionsOf(const Config& config, const fs::path& state) {
  ingestion::RunnerOptions options;
  options.max_attempts = static_cast<int>(config.GetInteger("ingestion.max_attempts"));
  options.backoff_base_ms = config.GetDurationMs("ingestion.backoff_base");
  options.backoff_max_ms = config.GetDurationMs("ingestion.backoff_max");
  options.max_parallel_jobs = static_cast<int>(config.GetInteger("ingestion.max_parallel_jobs"));
  options.lock_directory = Below(state, "locks");
  options.sources.file_roots = config.GetList("ingestion.file_roots");
  options.sources.secret_roots = config.GetList("ingestion.secret_roots");
  options.sources.secret_variables = config.GetString("ingestion.secret_variables");
  options.sources.closed = {state.string()};
  return options;
}

}  // namespace

/// Members are declared in the order in which they open, so they close in reverse.
class Lakehouse::Impl {
 public:
  explicit Impl(const Config& config)
      : config(config),
        state(OpenStateDirectory(config)),
        lake(OpenLake(config, state)),
        jobs(std::make_unique<ingestion::JobRunner>(lake, JobOptions())) {}

  query::QueryEngine& Engine() {
    const std::lock_guard lock(engine_mutex);
    if (engine) return *engine;
    auto options = EngineOptionsOf(config, state);
    options.files = MakeFileLoader(lake, RunnerOptionsOf(config, state).sources);
    engine = query::duckdb::OpenDuckDbEngine(lake, options);
    return *engine;
  }

  ingestion::RunnerOptions JobOptions() {
    auto options = RunnerOptionsOf(config, state);
    options.after_commit = [this](const auto&... written) { AfterWrite(written...); };
    return options;
  }

  void AfterWrite(const security::Principal& principal,
                  const std::shared_ptr<storage::Table>& table, const CancellationToken& cancel) {
    try {
      const auto& properties = table->Latest()->metadata().properties;
      if (!storage::maintenance::WantsAutoCompaction(properties)) return;
      Engine().CompactAfterWrite(principal, table, cancel);
    } catch (const std::exception& error) {
      LogWarn("small files were not compacted",
              {{"table", table->location().uri()}, {"reason", error.what()}});
    }
  }

  const Config config;
  const fs::path state;
  const std::shared_ptr<catalog::Lake> lake;
  std::mutex engine_mutex;
  std::unique_ptr<query::QueryEngine> engine;  ///< guarded by engine_mutex
  const std::unique_ptr<ingestion::JobRunner> jobs;
};

std::shared_ptr<Lakehouse> Lakehouse::Open(const Config& config) {
  ConfigureLogging(ParseLevel(config.GetString("monitoring.log_level")),
                   ParseFormat(config.GetString("monitoring.log_format")));
  return std::shared_ptr<Lakehouse>(new Lakehouse(std::make_unique<Impl>(config)));
}

Lakehouse::Lakehouse(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Lakehouse::~Lakehouse() = default;

const Config& Lakehouse::config() const { return impl_->config; }
catalog::Lake& Lakehouse::lake() { return *impl_->lake; }
query::QueryEngine& Lakehouse::engine() { return impl_->Engine(); }
ingestion::JobRunner& Lakehouse::jobs() { return *impl_->jobs; }

void Lakehouse::AfterWrite(const security::Principal& principal,
                           const std::shared_ptr<storage::Table>& table,
                           const CancellationToken& cancel) {
  impl_->AfterWrite(principal, table, cancel);
}

bool Lakehouse::engine_open() const {
  const std::lock_guard lock(impl_->engine_mutex);
  return impl_->engine != nullptr;
}

}  // namespace lakehouse::app
