#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "io/object_store.h"

namespace lakehouse::io {

/// A place in a store.
struct Location {
  std::shared_ptr<ObjectStore> store;
  std::string path;  ///< relative to the store's root

  /// store->uri() + "/" + path
  std::string uri() const;
};

/// Opens the store of a root: an absolute directory or "s3://bucket/prefix". Throws for what it
/// does not know.
using StoreOpener = std::function<std::shared_ptr<ObjectStore>(const std::string& root)>;

/// Turns table locations into (store, path). The data root is one store; other places are
/// reachable only when they lie below a root of `allowed`. Thread-safe.
class Stores {
 public:
  /// `allowed`: absolute directories, file:// or s3:// URIs that may be used beside the data root.
  /// Without `open` they are directories of this machine.
  Stores(std::shared_ptr<ObjectStore> data_root, std::vector<std::string> allowed,
         StoreOpener open = {});

  /// "bronze/flights" (in the data root), "/abs/dir", "file:///abs/dir", "s3://bucket/prefix" (or
  /// s3a, s3n: Hadoop's names for it) or a URI below the data root's uri(). PermissionDenied
  /// LK-8009 when it lies outside of every allowed root (the hint names the setting
  /// storage.allowed_locations), Unsupported LK-8010 for a scheme that is not there.
  Location Resolve(std::string_view location);
  /// The form to keep in the catalog: relative when inside the data root, else the full URI.
  std::string Canonical(std::string_view location);
  const std::shared_ptr<ObjectStore>& data_root() const { return data_root_; }

 private:
  std::shared_ptr<ObjectStore> data_root_;
  std::vector<std::string> allowed_;
  const StoreOpener open_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<ObjectStore>> opened_;  ///< by root; guarded by mutex_
};

}  // namespace lakehouse::io
