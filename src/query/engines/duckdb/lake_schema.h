#pragma once

#include <string>

#include "query/engines/duckdb/lake_catalog.h"

namespace lakehouse::query::duckdb {

/// One schema of the lakehouse, for one statement.
class LakeSchema : public dk::SchemaCatalogEntry {
 public:
  LakeSchema(dk::Catalog& catalog, dk::CreateSchemaInfo& info)
      : SchemaCatalogEntry(catalog, info) {}

  LakeCatalog& lake_catalog() { return catalog.Cast<LakeCatalog>(); }
  catalog::ObjectName NameOf(const std::string& object);

  void Scan(dk::ClientContext& context, dk::CatalogType type,
            const std::function<void(dk::CatalogEntry&)>& callback) override;
  void Scan(dk::CatalogType, const std::function<void(dk::CatalogEntry&)>&) override {}
  dk::optional_ptr<dk::CatalogEntry> LookupEntry(dk::CatalogTransaction transaction,
                                                 const dk::EntryLookupInfo& lookup) override;
  dk::SimilarCatalogEntry GetSimilarEntry(dk::CatalogTransaction transaction,
                                          const dk::EntryLookupInfo& lookup) override;
  dk::optional_ptr<dk::CatalogEntry> CreateTable(dk::CatalogTransaction transaction,
                                                 dk::BoundCreateTableInfo& info) override;
  dk::optional_ptr<dk::CatalogEntry> CreateView(dk::CatalogTransaction transaction,
                                                dk::CreateViewInfo& info) override;
  void DropEntry(dk::ClientContext& context, dk::DropInfo& info) override;
  void Alter(dk::CatalogTransaction transaction, dk::AlterInfo& info) override;

  using Transaction = dk::CatalogTransaction;
  using Made = dk::optional_ptr<dk::CatalogEntry>;
  Made CreateIndex(Transaction t, dk::CreateIndexInfo&, dk::TableCatalogEntry&) override {
    RefuseUnsupported(t.GetContext(), "CREATE INDEX");
  }
  Made CreateFunction(Transaction t, dk::CreateFunctionInfo&) override {
    RefuseUnsupported(t.GetContext(), "CREATE FUNCTION");
  }
  Made CreateSequence(Transaction t, dk::CreateSequenceInfo&) override {
    RefuseUnsupported(t.GetContext(), "CREATE SEQUENCE");
  }
  Made CreateTableFunction(Transaction t, dk::CreateTableFunctionInfo&) override {
    RefuseUnsupported(t.GetContext(), "CREATE MACRO");
  }
  Made CreateCopyFunction(Transaction t, dk::CreateCopyFunctionInfo&) override {
    RefuseUnsupported(t.GetContext(), "CREATE FUNCTION");
  }
  Made CreatePragmaFunction(Transaction t, dk::CreatePragmaFunctionInfo&) override {
    RefuseUnsupported(t.GetContext(), "CREATE FUNCTION");
  }
  Made CreateCollation(Transaction t, dk::CreateCollationInfo&) override {
    RefuseUnsupported(t.GetContext(), "CREATE COLLATION");
  }
  Made CreateType(Transaction t, dk::CreateTypeInfo&) override {
    RefuseUnsupported(t.GetContext(), "CREATE TYPE");
  }

 private:
  dk::optional_ptr<dk::CatalogEntry> MakeRewriteEntry(dk::ClientContext& context,
                                                      const std::string& key,
                                                      const RewriteSource& source);
  dk::optional_ptr<dk::CatalogEntry> MakeEntry(dk::ClientContext& context, const std::string& key,
                                               const catalog::ResolvedObject& object,
                                               dk::optional_ptr<dk::BoundAtClause> at);
  dk::optional_ptr<dk::CatalogEntry> MakeChangesEntry(dk::ClientContext& context,
                                                      const std::string& key,
                                                      const std::string& changes);
};

/// The option of a CREATE TABLE that is its LOCATION, not a property.
inline constexpr char kLocationOption[] = "lakehouse.location";

/// The option that is its CLUSTER BY, and the columns as its value.
inline constexpr char kClusterOption[] = "lakehouse.clusterBy";
std::string ClusterOption(const std::vector<storage::ColumnPath>& columns);

/// What a CREATE TABLE of the engine asks for; LK-4012 for constraints other than NOT NULL and for
/// options that tables lack.
catalog::CreateTableRequest RequestOf(dk::ClientContext& context, const catalog::ObjectName& name,
                                      dk::CreateTableInfo& info);

}  // namespace lakehouse::query::duckdb
