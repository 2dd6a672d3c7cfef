#include "query/engines/duckdb/lake_catalog.h"

#include <duckdb/storage/database_size.hpp>

#include "query/engines/duckdb/lake_schema.h"
#include "query/engines/duckdb/lake_transaction.h"

namespace lakehouse::query::duckdb {

void RefuseUnsupported(dk::ClientContext& context, const std::string& what) {
  Error error(ErrorKind::kUnsupported, "LK-4012",
              what + " is not supported on tables of the lakehouse");
  if (auto session = LakeSession::Get(context)) session->Remember(error);
  throw dk::NotImplementedException(error.what());
}

LakeCatalog::LakeCatalog(dk::AttachedDatabase& database, std::string lake_name,
                         std::string default_schema,
                         std::shared_ptr<const dk::TableFunction> parquet_scan)
    : Catalog(database),
      lake_name_(std::move(lake_name)),
      default_schema_(std::move(default_schema)),
      parquet_scan_(std::move(parquet_scan)) {}

dk::SchemaCatalogEntry& LakeCatalog::SchemaEntry(dk::ClientContext& context,
                                                 const std::string& name) {
  auto& transaction = LakeTransaction::Get(context, *this);
  std::string key = "schema/" + catalog::FoldCase(name);
  if (auto kept = transaction.Kept(key)) return kept->Cast<dk::SchemaCatalogEntry>();
  dk::CreateSchemaInfo info;
  info.schema = name;
  return transaction.Keep(key, dk::make_uniq<LakeSchema>(*this, info))
      .Cast<dk::SchemaCatalogEntry>();
}

dk::optional_ptr<dk::SchemaCatalogEntry> LakeCatalog::LookupSchema(
    dk::CatalogTransaction transaction, const dk::EntryLookupInfo& lookup,
    dk::OnEntryNotFound if_not_found) {
  const auto& name = lookup.GetEntryName();
  auto session = transaction.HasContext() ? LakeSession::Get(transaction.GetContext()) : nullptr;
  if (session) {
    auto& context = transaction.GetContext();
    std::string folded = catalog::FoldCase(name);
    if (folded == catalog::FoldCase(default_schema_) || folded == kPathSchema ||
        folded == kChangesSchema || (folded == kRewriteSchema && session->rewrite) ||
        (folded == kSourceSchema && !session->sources.empty())) {
      return &SchemaEntry(context, name);
    }
    auto schemas =
        session->Guard([&] { return session->lake->ListSchemas(session->principal, lake_name_); });
    for (const auto& schema : schemas) {
      if (catalog::FoldCase(schema.name) == folded) return &SchemaEntry(context, schema.name);
    }
    if (if_not_found == dk::OnEntryNotFound::THROW_EXCEPTION) {
      // Asking for an object in it makes the one error with candidates.
      session->Guard([&] {
        session->lake->Resolve(session->principal, catalog::Action::kSelect,
                               {.catalog = lake_name_, .schema = name, .name = "x"});
      });
    }
  }
  if (if_not_found == dk::OnEntryNotFound::RETURN_NULL) return nullptr;
  throw dk::CatalogException(lookup.GetErrorContext(), "Schema with name %s does not exist!", name);
}

void LakeCatalog::ScanSchemas(dk::ClientContext& context,
                              std::function<void(dk::SchemaCatalogEntry&)> callback) {
  auto session = LakeSession::Get(context);
  if (!session) return;
  auto schemas =
      session->Guard([&] { return session->lake->ListSchemas(session->principal, lake_name_); });
  for (const auto& schema : schemas) callback(SchemaEntry(context, schema.name));
}

dk::optional_ptr<dk::CatalogEntry> LakeCatalog::CreateSchema(dk::CatalogTransaction transaction,
                                                             dk::CreateSchemaInfo& info) {
  auto& context = transaction.GetContext();
  auto& session = SessionOf(context);
  if (info.on_conflict == dk::OnCreateConflict::REPLACE_ON_CONFLICT) {
    RefuseUnsupported(context, "CREATE OR REPLACE SCHEMA");
  }
  session.Guard([&] {
    session.lake->CreateSchema(session.principal, lake_name_, info.schema, "",
                               info.on_conflict == dk::OnCreateConflict::IGNORE_ON_CONFLICT);
  });
  return &SchemaEntry(context, info.schema);
}

void LakeCatalog::DropSchema(dk::ClientContext& context, dk::DropInfo& info) {
  auto& session = SessionOf(context);
  session.Guard([&] {
    session.lake->DropSchema(session.principal, lake_name_, info.name, info.cascade,
                             info.if_not_found == dk::OnEntryNotFound::RETURN_NULL);
  });
}

}  // namespace lakehouse::query::duckdb
