#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/logging.h"
#include "catalog/folder_name.h"
#include "catalog/lake.h"
#include "catalog/lake_impl.h"
#include "catalog/purge.h"
#include "storage/delta/delta_table.h"

namespace lakehouse::catalog {
namespace {

constexpr int kMaxFolderTries = 1000;
constexpr std::string_view kStateFolder =
    "_lakehouse";  // the lakehouse's own files in the data root

std::string_view KindText(ObjectKind kind) { return kind == ObjectKind::kView ? "view" : "table"; }

}  // namespace

SchemaInfo Lake::Impl::RequireCreate(const security::Principal& principal, const ObjectName& name,
                                     std::string_view what) {
  ValidateName(name.name);
  SchemaInfo schema = access.RequireSchema(principal, name.catalog, name.schema);
  access.Require(principal, Action::kCreate, SecurableOf(schema), what);
  return schema;
}

void Lake::Impl::ThrowExists(const ObjectInfo& object) {
  throw Error(ErrorKind::kAlreadyExists, "LK-2013",
              std::string(KindText(object.kind)) + " " + object.name.ToString() + " exists already",
              "Choose another name, drop it first, or use IF NOT EXISTS.");
}

std::string Lake::Impl::PlaceFor(const SchemaInfo& schema, const std::string& name,
                                 const std::string& location) {
  if (!location.empty()) return parts.stores->Canonical(location);
  const bool is_default = FoldCase(schema.catalog) == FoldCase(parts.default_catalog);
  const std::string folder = (is_default ? "" : FolderName(schema.catalog) + "/") +
                             FolderName(schema.name) + "/" + FolderName(name);
  // A renamed table keeps its folder, so a new table of the old name goes beside it.
  std::string place = parts.stores->Canonical(folder);
  for (int next = 2; parts.metadata->FindObjectByLocation(place); ++next) {
    if (next > kMaxFolderTries) RequireApart(place);
    place = parts.stores->Canonical(folder + "-" + std::to_string(next));
  }
  return place;
}

void Lake::Impl::RequireApart(const std::string& location) {
  if (location.empty() || location.substr(0, location.find('/')) == kStateFolder) {
    throw Error(ErrorKind::kInvalidArgument, "LK-2015",
                "no table may lie in " + (location.empty() ? "the data root itself" : location),
                "Choose a folder of its own, such as <schema>/<table>.");
  }
  if (const auto other = parts.metadata->FindObjectByLocation(location)) {
    throw Error(ErrorKind::kAlreadyExists, "LK-2013",
                "location " + location + " has a name already: " + other->name.ToString(),
                "Use that name, or drop it first.");
  }
  for (size_t cut = location.rfind('/'); cut != std::string::npos && cut > 0;
       cut = location.rfind('/', cut - 1)) {
    if (const auto outer = parts.metadata->FindObjectByLocation(location.substr(0, cut))) {
      throw Error(ErrorKind::kInvalidArgument, "LK-2015",
                  location + " lies inside of table " + outer->name.ToString() + " (" +
                      outer->location + ")",
                  "Choose a folder that is not inside of another table's.");
    }
  }
}

void Lake::Impl::RequireLocation(const security::Principal& principal, const std::string& location,
                                 std::string_view what) {
  access.Require(principal, Action::kCreate, LocationSecurable(location), what);
}

ObjectInfo Lake::Impl::AddTable(const security::Principal& principal, const ObjectName& name,
                                const std::string& location, const std::string& comment) {
  ObjectInfo object;
  object.name = name;
  object.location = location;
  object.comment = comment;
  object.owner = principal.name;
  ObjectInfo stored = parts.metadata->CreateObject(std::move(object), false);
  Changed();
  return stored;
}

std::vector<std::shared_ptr<storage::Table>> Lake::TablesBeside(const storage::Table& table) {
  std::vector<std::shared_ptr<storage::Table>> others;
  const auto take = [&](const ObjectInfo& object) {
    if (object.kind != ObjectKind::kTable) return;
    try {
      auto other = impl_->Open(object);
      if (other->location().uri() == table.location().uri()) return;
      other->Latest();
      others.push_back(std::move(other));
    } catch (const Error& error) {
      const bool unreadable = error.kind() == ErrorKind::kNotFound ||
                              error.kind() == ErrorKind::kCorruption ||
                              error.kind() == ErrorKind::kUnsupported;
      if (!unreadable) throw;
      LogWarn("a table cannot be asked which files it refers to",
              {{"table", object.name.ToString()}, {"reason", error.what()}});
    }
  };
  MetadataStore& names = *impl_->parts.metadata;
  for (const std::string& catalog : names.ListCatalogs()) {
    for (const SchemaInfo& schema : names.ListSchemas(catalog)) {
      for (const ObjectInfo& object : names.ListObjects(catalog, schema.name)) take(object);
    }
  }
  return others;
}

bool Lake::CreateTable(const security::Principal& principal, const CreateTableRequest& request,
                       const std::vector<storage::NewFile>& files) {
  const std::lock_guard lock(impl_->definition_mutex);
  const SchemaInfo schema = impl_->RequireCreate(principal, request.name, "create_table");
  if (const auto existing = impl_->parts.metadata->FindObject(request.name)) {
    if (request.if_not_exists) return false;
    impl_->ThrowExists(*existing);
  }
  const std::string place = impl_->PlaceFor(schema, request.name.name, request.location);
  if (!request.location.empty()) impl_->RequireLocation(principal, place, "create_table");
  impl_->RequireApart(place);
  const io::Location location = impl_->parts.stores->Resolve(place);
  if (!files.empty() && !location.store->Head(io::JoinPath(location.path, files.front().path))) {
    throw Error(ErrorKind::kCommitConflict, "LK-2018",
                "the files of " + request.name.ToString() + " were not written to " + place +
                    ": names changed while they were written",
                "Run the statement again.");
  }
  impl_->RequireNoLog(request.name, location, place);
  if (const auto adopted = impl_->parts.metadata->FindObject(request.name)) {
    if (request.if_not_exists) return false;
    impl_->ThrowExists(*adopted);
  }
  impl_->MakeTable(principal, request, files, location, place);
  return true;
}

io::Location Lake::PlanTable(const security::Principal& principal, const ObjectName& name,
                             const std::string& location) {
  const std::lock_guard lock(impl_->definition_mutex);
  const SchemaInfo schema = impl_->RequireCreate(principal, name, "plan_table");
  if (const auto existing = impl_->parts.metadata->FindObject(name)) impl_->ThrowExists(*existing);
  const std::string place = impl_->PlaceFor(schema, name.name, location);
  if (!location.empty()) impl_->RequireLocation(principal, place, "plan_table");
  impl_->RequireApart(place);
  const io::Location planned = impl_->parts.stores->Resolve(place);
  impl_->RequireNoLog(name, planned, place);
  if (const auto adopted = impl_->parts.metadata->FindObject(name)) impl_->ThrowExists(*adopted);
  return planned;
}

ObjectInfo Lake::RegisterTable(const security::Principal& principal, const ObjectName& name,
                               const std::string& location) {
  const std::lock_guard lock(impl_->definition_mutex);
  impl_->RequireCreate(principal, name, "register_table");
  if (const auto existing = impl_->parts.metadata->FindObject(name)) impl_->ThrowExists(*existing);
  const std::string place = impl_->parts.stores->Canonical(location);
  impl_->RequireLocation(principal, place, "register_table");
  impl_->RequireApart(place);
  const auto table =
      storage::delta::OpenTable(impl_->parts.stores->Resolve(place), impl_->parts.storage);
  return impl_->AddTable(principal, name, place, table->Latest()->metadata().description);
}

void Lake::CreateView(const security::Principal& principal, const ObjectName& name,
                      const std::string& sql, const std::string& comment, bool or_replace,
                      bool if_not_exists) {
  const std::lock_guard lock(impl_->definition_mutex);
  impl_->RequireCreate(principal, name, "create_view");
  ObjectInfo view;
  view.owner = principal.name;
  if (const auto existing = impl_->parts.metadata->FindObject(name)) {
    if (if_not_exists) return;
    if (!or_replace || existing->kind != ObjectKind::kView) impl_->ThrowExists(*existing);
    impl_->access.Require(principal, Action::kAlter, SecurableOf(*existing), "replace_view");
    view.owner = existing->owner;
  }
  view.name = name;
  view.kind = ObjectKind::kView;
  view.format.clear();
  view.view_sql = sql;
  view.comment = comment;
  impl_->parts.metadata->CreateObject(std::move(view), or_replace);
  impl_->Changed();
}

bool Lake::Drop(const security::Principal& principal, const ObjectName& name, ObjectKind kind,
                bool if_exists, bool purge) {
  const std::lock_guard lock(impl_->definition_mutex);
  const auto found = impl_->Find(principal, Action::kDrop, name,
                                 kind == ObjectKind::kView ? "drop_view" : "drop_table");
  if (!found) {
    if (if_exists) return false;
    impl_->access.ThrowNoObject(principal, name);
  }
  const ObjectInfo& object = found->info;
  if (object.kind != kind) {
    throw Error(ErrorKind::kInvalidArgument, "LK-2025",
                object.name.ToString() + " is a " + std::string(KindText(object.kind)) +
                    ", not a " + std::string(KindText(kind)),
                object.kind == ObjectKind::kView ? "Use DROP VIEW." : "Use DROP TABLE.");
  }
  std::optional<Purge> data;
  if (purge && kind == ObjectKind::kTable) data.emplace(*impl_->parts.stores, object.location);
  impl_->parts.metadata->DropObject(object.name);
  impl_->cache.Forget(object.location);
  impl_->Changed();
  if (data) data->Run();
  return true;
}

}  // namespace lakehouse::catalog
