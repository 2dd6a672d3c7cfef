#include "query/engines/duckdb/duckdb_engine.h"

#include "query/engines/duckdb/session.h"

namespace lakehouse::query::duckdb {
namespace {

class DuckDbEngine : public QueryEngine {
 public:
  DuckDbEngine(std::shared_ptr<catalog::Lake> lake, const EngineOptions& options)
      : core_(std::make_shared<EngineCore>(std::move(lake), options)) {}

  std::string name() const override { return "duckdb"; }
  std::unique_ptr<Session> OpenSession(const security::Principal& principal) override {
    return std::make_unique<DuckDbSession>(core_, principal);
  }
  void CompactAfterWrite(const security::Principal& principal,
                         std::shared_ptr<storage::Table> table,
                         const CancellationToken& cancel) override {
    DuckDbSession(core_, principal).CompactAfterWrite(std::move(table), cancel);
  }
  void Ping() override {
    auto result = core_->instances.Any()->Connect()->Query("SELECT 1");
    if (!result->HasError()) return;
    throw Error(ErrorKind::kUnavailable, "LK-4030", "the SQL engine: " + result->GetError(),
                "it is reopened with the next statement");
  }

 private:
  const std::shared_ptr<EngineCore> core_;
};

}  // namespace

std::unique_ptr<QueryEngine> OpenDuckDbEngine(std::shared_ptr<catalog::Lake> lake,
                                              const EngineOptions& options) {
  return std::make_unique<DuckDbEngine>(std::move(lake), options);
}

}  // namespace lakehouse::query::duckdb
