#pragma once

#include <arrow/api.h>

#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "catalog/lake.h"
#include "ingestion/source_rows.h"
#include "storage/parquet/parquet_file.h"

namespace lakehouse::ingestion {

/// A lakehouse in memory, with the local principal.
class TestLake {
 public:
  TestLake() : TestLake(io::MakeMemoryStore()) {}
  explicit TestLake(std::shared_ptr<io::ObjectStore> data_root,
                    std::vector<std::string> allowed_locations = {})
      : store(std::move(data_root)) {
    auto log = std::make_shared<security::MemoryAuditLog>();
    audit = log.get();
    catalog::Lake::Parts parts;
    parts.metadata = catalog::OpenSqliteMetadataStore(":memory:", SystemClock(), SystemRandom());
    parts.stores = std::make_shared<io::Stores>(store, std::move(allowed_locations));
    parts.authorizer = catalog::MakeOwnerAuthorizer();
    parts.audit = log;
    parts.storage = {&SystemClock(), &SystemRandom()};
    lake = std::make_shared<catalog::Lake>(std::move(parts));
    lake->CreateCatalog(principal, lake->default_catalog(), true);
  }

  std::shared_ptr<storage::Table> TableOf(const std::string& name) {
    return lake
        ->Resolve(principal, catalog::Action::kSelect,
                  catalog::ObjectName::Parse(name, lake->default_catalog(), "bronze"))
        .table;
  }
  bool Exists(const std::string& name) {
    return CodeOf([&] { TableOf(name); }).empty();
  }
  int64_t Rows(const std::string& name) { return *TableOf(name)->Latest()->total_records(); }

  /// All values of a column, as text; how often each is there.
  std::map<std::string, int> Values(const std::string& name, const std::string& column) {
    std::map<std::string, int> values;
    const auto table = TableOf(name);
    const auto snapshot = table->Latest();
    for (size_t i = 0; i < snapshot->file_count(); ++i) {
      const std::string path =
          io::JoinPath(table->location().path, std::string(snapshot->file(i).path));
      auto rows = storage::parquet::OpenParquet(table->location().store->Open(path), {column})
                      ->ToTable()
                      .ValueOrDie();
      for (int64_t row = 0; row < rows->num_rows(); ++row) {
        ++values[rows->column(0)->GetScalar(row).ValueOrDie()->ToString()];
      }
    }
    return values;
  }

  security::Principal principal = security::LocalPrincipal();
  std::shared_ptr<io::ObjectStore> store;
  security::MemoryAuditLog* audit = nullptr;
  std::shared_ptr<catalog::Lake> lake;
};

}  // namespace lakehouse::ingestion
