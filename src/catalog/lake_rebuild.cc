#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "catalog/folder_name.h"
#include "catalog/lake.h"
#include "catalog/lake_impl.h"
#include "storage/delta/delta_table.h"

namespace lakehouse::catalog {
namespace {

/// Folders with a `_delta_log` below the data root.
std::set<std::string> TableFolders(io::ObjectStore& store) {
  constexpr std::string_view kLog = "/_delta_log/";
  std::set<std::string> folders;
  for (const io::ObjectInfo& object : store.List("", {"", true})) {
    const size_t at = object.path.find(kLog);
    // Files in folders inside of the log (sidecars, change checksums) make no table by themselves.
    if (at != std::string::npos && object.path.find('/', at + kLog.size()) == std::string::npos) {
      folders.insert(object.path.substr(0, at));
    }
  }
  return folders;
}

/// The spelling in the log when it is the folder's name, else what the folder says.
std::string TableName(const std::string& folder, const std::string& in_log) {
  return FolderName(in_log) == folder ? in_log : NameOfFolder(folder);
}

}  // namespace

Lake::RebuildReport Lake::Rebuild(const security::Principal& principal, bool dry_run) {
  impl_->access.Require(principal, Action::kAdminister, LakehouseSecurable(), "rebuild");
  const std::lock_guard lock(impl_->definition_mutex);
  RebuildReport report;
  const auto skip = [&](const std::string& folder, const std::string& why) {
    report.skipped.push_back(folder + ": " + why);
  };
  std::set<std::string> taken;  // what this dry run would have registered
  for (const std::string& folder : TableFolders(*impl_->parts.stores->data_root())) {
    if (impl_->parts.metadata->FindObjectByLocation(folder)) continue;
    const size_t cut = folder.find('/');
    if (cut == std::string::npos || folder.find('/', cut + 1) != std::string::npos) {
      skip(folder, "it is not <schema>/<table>; register it with a name of your choice");
      continue;
    }
    try {
      impl_->RequireApart(folder);
      const auto metadata =
          storage::delta::ReadTableHead(impl_->parts.stores->Resolve(folder)).metadata;
      ObjectName name{default_catalog(), NameOfFolder(folder.substr(0, cut)),
                      TableName(folder.substr(cut + 1), metadata.name)};
      ValidateName(name.schema);
      ValidateName(name.name);
      if (impl_->parts.metadata->FindObject(name) ||
          !taken.insert(FoldCase(name.ToString())).second) {
        skip(folder, name.ToString() + " is the name of another table or view");
        continue;
      }
      if (!dry_run) {
        SchemaInfo schema;
        schema.catalog = name.catalog;
        schema.name = name.schema;
        schema.owner = principal.name;
        impl_->parts.metadata->CreateSchema(schema, true);
        name = impl_->AddTable(principal, name, folder, metadata.description).name;
      }
      report.registered.push_back(name);
    } catch (const Error& error) {
      skip(folder, error.code() + ": " + error.message());
    }
  }
  return report;
}

}  // namespace lakehouse::catalog
