#pragma once

#include <memory>
#include <string>

#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// Schema name under which delta.`/path` reaches the engine.
inline constexpr char kPathSchema[] = "lake_path";

/// Schema of what table_changes reads; the function makes the names in it.
inline constexpr char kChangesSchema[] = "lake_changes";

/// Schema of the one table that rewriting reads (RewriteSource); users' sessions have none.
inline constexpr char kRewriteSchema[] = "lake_rewrite";

/// Schema of the rows that come with a statement (QueryRequest::sources); without any there is
/// none.
inline constexpr char kSourceSchema[] = "lake_source";

/// The lakehouse's default catalog as a database of the engine. It keeps no names itself: every
/// look-up asks catalog::Lake for the session's principal.
class LakeCatalog : public dk::Catalog {
 public:
  LakeCatalog(dk::AttachedDatabase& database, std::string lake_name, std::string default_schema,
              std::shared_ptr<const dk::TableFunction> parquet_scan);

  const std::string& lake_name() const { return lake_name_; }
  const dk::TableFunction& parquet_scan() const { return *parquet_scan_; }

  void Initialize(bool) override {}
  std::string GetCatalogType() override { return "lake"; }
  std::string GetDefaultSchema() const override { return default_schema_; }
  bool SupportsTimeTravel() const override { return true; }
  dk::optional_ptr<dk::CatalogEntry> CreateSchema(dk::CatalogTransaction transaction,
                                                  dk::CreateSchemaInfo& info) override;
  dk::optional_ptr<dk::SchemaCatalogEntry> LookupSchema(dk::CatalogTransaction transaction,
                                                        const dk::EntryLookupInfo& lookup,
                                                        dk::OnEntryNotFound if_not_found) override;
  void ScanSchemas(dk::ClientContext& context,
                   std::function<void(dk::SchemaCatalogEntry&)> callback) override;
  void DropSchema(dk::ClientContext& context, dk::DropInfo& info) override;
  dk::PhysicalOperator& PlanCreateTableAs(dk::ClientContext& context,
                                          dk::PhysicalPlanGenerator& planner,
                                          dk::LogicalCreateTable& op,
                                          dk::PhysicalOperator& plan) override;
  dk::PhysicalOperator& PlanInsert(dk::ClientContext& context, dk::PhysicalPlanGenerator& planner,
                                   dk::LogicalInsert& op,
                                   dk::optional_ptr<dk::PhysicalOperator> plan) override;
  dk::PhysicalOperator& PlanDelete(dk::ClientContext&, dk::PhysicalPlanGenerator&,
                                   dk::LogicalDelete&, dk::PhysicalOperator&) override;
  dk::PhysicalOperator& PlanUpdate(dk::ClientContext&, dk::PhysicalPlanGenerator&,
                                   dk::LogicalUpdate&, dk::PhysicalOperator&) override;
  dk::PhysicalOperator& PlanMergeInto(dk::ClientContext&, dk::PhysicalPlanGenerator&,
                                      dk::LogicalMergeInto&, dk::PhysicalOperator&) override;
  dk::DatabaseSize GetDatabaseSize(dk::ClientContext&) override { return {}; }
  dk::ErrorData SupportsCreateTable(dk::BoundCreateTableInfo&) override { return {}; }
  bool InMemory() override { return false; }
  std::string GetDBPath() override { return {}; }

 private:
  dk::SchemaCatalogEntry& SchemaEntry(dk::ClientContext& context, const std::string& name);

  const std::string lake_name_;
  const std::string default_schema_;
  const std::shared_ptr<const dk::TableFunction> parquet_scan_;
};

/// Unsupported LK-4012 for a construct, by its name.
[[noreturn]] void RefuseUnsupported(dk::ClientContext& context, const std::string& what);

}  // namespace lakehouse::query::duckdb
