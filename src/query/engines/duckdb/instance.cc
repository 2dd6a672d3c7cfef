#include "query/engines/duckdb/instance.h"

#include <fmt/format.h>

#include <duckdb/main/client_config.hpp>
#include <duckdb/storage/buffer_manager.hpp>

#include "base/error.h"
#include "base/machine.h"
#include "query/engines/duckdb/curve_key.h"
#include "query/engines/duckdb/errors.h"
#include "query/engines/duckdb/file_system.h"
#include "query/engines/duckdb/gate.h"
#include "query/engines/duckdb/identity.h"
#include "query/engines/duckdb/lake_catalog.h"
#include "query/engines/duckdb/lake_transaction.h"
#include "query/engines/duckdb/session_functions.h"
#include "query/engines/duckdb/spark_constructors.h"
#include "query/engines/duckdb/table_changes.h"
#include "query/engines/duckdb/variant_functions.h"
#include "query/engines/duckdb/variant_rows.h"
#include "query/engines/duckdb/variant_type.h"

namespace lakehouse::query::duckdb {
namespace {

struct LakeStorageInfo : dk::StorageExtensionInfo {
  std::string lake_name;
  std::string default_schema;
  std::shared_ptr<const dk::TableFunction> parquet_scan;
};

dk::unique_ptr<dk::Catalog> AttachLake(dk::optional_ptr<dk::StorageExtensionInfo> info,
                                       dk::ClientContext&, dk::AttachedDatabase& database,
                                       const std::string&, dk::AttachInfo&, dk::AttachOptions&) {
  auto& lake = static_cast<LakeStorageInfo&>(*info);
  return dk::make_uniq<LakeCatalog>(database, lake.lake_name, lake.default_schema,
                                    lake.parquet_scan);
}

dk::unique_ptr<dk::TransactionManager> MakeManager(dk::optional_ptr<dk::StorageExtensionInfo>,
                                                   dk::AttachedDatabase& database, dk::Catalog&) {
  return MakeLakeTransactionManager(database);
}

void Run(dk::Connection& connection, const std::string& sql) {
  auto result = connection.Query(sql);
  if (!result->HasError()) return;
  throw Error(ErrorKind::kInternal, "LK-4030", "starting the SQL engine: " + result->GetError());
}

std::string Quoted(const std::string& name) {
  return dk::KeywordHelper::WriteOptionallyQuoted(name);
}

}  // namespace

void CheckBuild(const std::string& loaded, const std::string& headers) {
  const bool both = !loaded.empty() && !headers.empty();
  if (both && (headers.starts_with(loaded) || loaded.starts_with(headers))) return;
  throw Error(ErrorKind::kInternal, "LK-4031",
              "libduckdb.so is of build " + loaded + ", this program was made for " + headers,
              "run ./dev setup and build again, or correct the library path");
}

int64_t MemoryOf(const EngineOptions& options) {
  if (options.memory_bytes > 0) return options.memory_bytes;
  return ReadMachineLimits().memory_bytes / 10 * 6;
}

Instance::Instance(const std::string& lake_name, const EngineOptions& options)
    : spill_(options.temp_directory) {
  CheckBuild(dk::DuckDB::SourceID(), LAKEHOUSE_DUCKDB_SOURCE_ID);
  dk::DBConfig config;
  config.SetOptionByName("autoinstall_known_extensions", dk::Value::BOOLEAN(false));
  config.SetOptionByName("autoload_known_extensions", dk::Value::BOOLEAN(false));
  // The engine itself looks at the machine only, not at the limits of a container.
  const int threads = options.threads > 0 ? options.threads : ReadMachineLimits().threads();
  config.SetOptionByName("threads", dk::Value::BIGINT(threads));
  const int64_t memory = MemoryOf(options) / options.max_running;
  config.SetOptionByName("memory_limit", dk::Value(std::to_string(memory) + "B"));
  config.SetOptionByName("temp_directory", dk::Value(spill_.path()));
  if (!spill_.path().empty() && options.temp_bytes > 0) {
    config.SetOptionByName(
        "max_temp_directory_size",
        dk::Value(std::to_string(options.temp_bytes / options.max_running) + "B"));
  }
  database_ = std::make_unique<dk::DuckDB>(nullptr, &config);
  Attach(lake_name, options);
}

void Instance::Attach(const std::string& lake_name, const EngineOptions& options) {
  auto& config = dk::DBConfig::GetConfig(*database_->instance);
  dk::FileSystem::GetFileSystem(*database_->instance).RegisterSubSystem(MakeLakeFileSystem());
  dk::Connection connection(*database_);
  auto info = dk::make_shared_ptr<LakeStorageInfo>();
  info->lake_name = lake_name;
  info->default_schema = options.default_schema;
  connection.context->RunFunctionInTransaction([&] {
    auto& system = dk::Catalog::GetSystemCatalog(*connection.context);
    auto& entry =
        system.GetEntry<dk::TableFunctionCatalogEntry>(*connection.context, "main", "parquet_scan");
    info->parquet_scan =
        std::make_shared<dk::TableFunction>(entry.functions.GetFunctionByOffset(0));
  });
  auto extension = dk::make_shared_ptr<dk::StorageExtension>();
  extension->attach = AttachLake;
  extension->create_transaction_manager = MakeManager;
  extension->storage_info = info;
  dk::StorageExtension::Register(config, "lake", std::move(extension));
  Run(connection, "ATTACH 'lakehouse' AS " + Quoted(lake_name) + " (TYPE lake)");
  RegisterBindGate(config);
  KeepAllowedFunctions(connection);
  RegisterSessionFunctions(connection);
  RegisterTableChanges(connection);
  RegisterCurveFunction(connection);
  RegisterIdentity(connection);
  RegisterVariantCasts(config);
  RegisterVariantFunctions(connection);
  RegisterVariantRows(connection);
  RegisterSparkConstructors(connection);
  KeepVariantCasts(config);
  Run(connection, fmt::format("SET GLOBAL allowed_directories=['{}']", kFileScheme));
  Run(connection, "SET GLOBAL TimeZone='UTC'");
  Run(connection, "SET GLOBAL enable_external_access=false");
  Run(connection, "SET GLOBAL lock_configuration=true");
}

void Instance::LimitMemory(int64_t bytes) {
  try {
    dk::BufferManager::GetBufferManager(*database_->instance)
        .SetMemoryLimit(static_cast<dk::idx_t>(bytes));
  } catch (const dk::Exception& error) {
    throw Translate(dk::ErrorData(error), nullptr, "");
  }
}

std::unique_ptr<dk::Connection> Instance::Connect() {
  auto connection = std::make_unique<dk::Connection>(*database_);
  auto& config = dk::ClientConfig::GetConfig(*connection->context);
  config.enable_progress_bar = true;
  config.print_progress_bar = false;
  return connection;
}

}  // namespace lakehouse::query::duckdb
