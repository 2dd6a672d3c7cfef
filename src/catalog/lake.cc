#include "catalog/lake.h"

#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "catalog/lake_impl.h"
#include "storage/delta/delta_table.h"

namespace lakehouse::catalog {
namespace {

/// main, and the medallion layers.
constexpr const char* kDefaultSchemas[] = {"main", "bronze", "silver", "gold"};

}  // namespace

Lake::Impl::Impl(Parts given)
    : parts(std::move(given)),
      access(*parts.metadata, *parts.authorizer, *parts.audit),
      cache(parts.table_cache_entries) {
  LAKE_CHECK(parts.stores != nullptr && parts.storage.clock != nullptr &&
             parts.storage.random != nullptr);
  ValidateName(parts.default_catalog);
}

void Lake::Impl::CreateDefaults() {
  const std::string mark = "default_schemas." + FoldCase(parts.default_catalog);
  if (parts.metadata->GetValue(mark)) return;
  parts.metadata->CreateCatalog(parts.default_catalog, true);
  for (const char* name : kDefaultSchemas) {
    SchemaInfo schema;
    schema.catalog = parts.default_catalog;
    schema.name = name;
    parts.metadata->CreateSchema(schema, true);
  }
  parts.metadata->SetValue(mark, "created");
}

std::shared_ptr<storage::Table> Lake::Impl::Open(const ObjectInfo& object) {
  return cache.Get(object.id, object.location, [&] {
    return storage::delta::OpenAnyVersion(parts.stores->Resolve(object.location), parts.storage);
  });
}

std::optional<ResolvedObject> Lake::Impl::Find(const security::Principal& principal, Action action,
                                               const ObjectName& name, std::string_view what) {
  const auto object = parts.metadata->FindObject(name);
  if (!object) return std::nullopt;
  auto decision = access.Ask(principal, action, SecurableOf(*object), what);
  if (!decision) return std::nullopt;
  return ResolvedObject{*object, *std::move(decision), nullptr};
}

Lake::Lake(Parts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {
  impl_->CreateDefaults();
  impl_->AdoptAnnounced();
}
Lake::~Lake() = default;

const std::string& Lake::default_catalog() const { return impl_->parts.default_catalog; }
uint64_t Lake::change_count() const { return impl_->change_count; }
io::Stores& Lake::stores() { return *impl_->parts.stores; }
MetadataStore& Lake::metadata() { return *impl_->parts.metadata; }
Authorizer& Lake::authorizer() { return *impl_->parts.authorizer; }
security::AuditLog& Lake::audit() { return *impl_->parts.audit; }
const storage::StorageContext& Lake::storage_context() const { return impl_->parts.storage; }

std::vector<std::string> Lake::ListCatalogs(const security::Principal& principal) {
  impl_->access.RecordListing(principal, LakehouseSecurable().name);
  auto names = impl_->parts.metadata->ListCatalogs();
  std::erase_if(names, [&](const std::string& name) {
    return !impl_->access.MayBrowse(principal, CatalogSecurable(name));
  });
  return names;
}

std::vector<SchemaInfo> Lake::ListSchemas(const security::Principal& principal,
                                          const std::string& catalog) {
  impl_->access.RequireCatalog(principal, catalog);
  impl_->access.RecordListing(principal, CatalogSecurable(catalog).name);
  auto schemas = impl_->parts.metadata->ListSchemas(catalog);
  std::erase_if(schemas, [&](const SchemaInfo& schema) {
    return !impl_->access.MayBrowse(principal, SecurableOf(schema));
  });
  return schemas;
}

std::vector<ObjectInfo> Lake::ListObjects(const security::Principal& principal,
                                          const std::string& catalog, const std::string& schema) {
  const SchemaInfo info = impl_->access.RequireSchema(principal, catalog, schema);
  impl_->access.RecordListing(principal, SecurableOf(info).name);
  auto objects = impl_->parts.metadata->ListObjects(catalog, schema);
  std::erase_if(objects, [&](const ObjectInfo& object) {
    return !impl_->access.MayBrowse(principal, SecurableOf(object));
  });
  return objects;
}

void Lake::CreateCatalog(const security::Principal& principal, const std::string& name,
                         bool if_not_exists) {
  ValidateName(name);
  impl_->access.Require(principal, Action::kCreate, LakehouseSecurable(), "create_catalog");
  if (impl_->parts.metadata->CreateCatalog(name, if_not_exists)) impl_->Changed();
}

void Lake::CreateSchema(const security::Principal& principal, const std::string& catalog,
                        const std::string& schema, const std::string& comment, bool if_not_exists) {
  ValidateName(schema);
  impl_->access.RequireCatalog(principal, catalog);
  // Nothing is made when it is there, so that needs no right (jobs say IF NOT EXISTS each time).
  if (if_not_exists) {
    const auto existing = impl_->parts.metadata->FindSchema(catalog, schema);
    if (existing && impl_->access.MayBrowse(principal, SecurableOf(*existing))) return;
  }
  impl_->access.Require(principal, Action::kCreate, CatalogSecurable(catalog), "create_schema");
  SchemaInfo info;
  info.catalog = catalog;
  info.name = schema;
  info.comment = comment;
  info.owner = principal.name;
  if (impl_->parts.metadata->CreateSchema(info, if_not_exists)) impl_->Changed();
}

void Lake::DropSchema(const security::Principal& principal, const std::string& catalog,
                      const std::string& schema, bool cascade, bool if_exists) {
  const std::lock_guard lock(impl_->definition_mutex);
  const auto existing = impl_->parts.metadata->FindSchema(catalog, schema);
  if (!existing && if_exists) return;
  const SchemaInfo info = impl_->access.RequireSchema(principal, catalog, schema);
  impl_->access.Require(principal, Action::kDrop, SecurableOf(info), "drop_schema");
  const auto objects = impl_->parts.metadata->ListObjects(catalog, schema);
  if (cascade) {
    for (const ObjectInfo& object : objects) {
      impl_->access.Require(principal, Action::kDrop, SecurableOf(object), "drop");
    }
  }
  impl_->parts.metadata->DropSchema(catalog, schema, cascade);
  for (const ObjectInfo& object : objects) impl_->cache.Forget(object.location);
  impl_->Changed();
}

std::optional<ResolvedObject> Lake::Find(const security::Principal& principal, Action action,
                                         const ObjectName& name) {
  auto found = impl_->Find(principal, action, name, ToString(action));
  if (found && found->info.kind == ObjectKind::kTable) found->table = impl_->Open(found->info);
  return found;
}

ResolvedObject Lake::Resolve(const security::Principal& principal, Action action,
                             const ObjectName& name) {
  auto found = Find(principal, action, name);
  if (!found) impl_->access.ThrowNoObject(principal, name);
  return *std::move(found);
}

ResolvedObject Lake::ResolvePath(const security::Principal& principal, Action action,
                                 const std::string& location) {
  const std::string canonical = impl_->parts.stores->Canonical(location);
  ResolvedObject found;
  // A table with a name is guarded by its name's rights, by whatever way it is reached.
  if (auto named = impl_->parts.metadata->FindObjectByLocation(canonical)) {
    found.info = *std::move(named);
    found.decision =
        impl_->access.Require(principal, action, SecurableOf(found.info), ToString(action));
  } else {
    found.info.name = {"", "delta", canonical};
    found.info.location = canonical;
    found.decision =
        impl_->access.Require(principal, action, LocationSecurable(canonical), ToString(action));
  }
  found.table = impl_->Open(found.info);
  return found;
}

void Lake::Rename(const security::Principal& principal, const ObjectName& from,
                  const ObjectName& to) {
  const std::lock_guard lock(impl_->definition_mutex);
  const auto found = impl_->Find(principal, Action::kAlter, from, "rename");
  if (!found) impl_->access.ThrowNoObject(principal, from);
  impl_->RequireCreate(principal, to, "rename_to");
  impl_->parts.metadata->RenameObject(from, to);
  impl_->Changed();
}

void Lake::SetComment(const security::Principal& principal, const ObjectName& name,
                      const std::string& comment) {
  auto found = impl_->Find(principal, Action::kAlter, name, "comment");
  if (!found) impl_->access.ThrowNoObject(principal, name);
  found->info.comment = comment;
  impl_->parts.metadata->UpdateObject(found->info);
  impl_->Changed();
}

}  // namespace lakehouse::catalog
