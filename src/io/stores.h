#pragma once

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

/// Turns table locations into (store, path). The data root is one store; other directories are
/// reachable only when they lie below a root of `allowed`. Thread-safe.
class Stores {
 public:
  /// `allowed`: absolute directories, or file:// URIs, that may be used beside the data root.
  Stores(std::shared_ptr<ObjectStore> data_root, std::vector<std::string> allowed);

  /// "bronze/flights" (in the data root), "/abs/dir", "file:///abs/dir" or a URI below the data
  /// root's uri(). PermissionDenied LK-8009 when it lies outside of every allowed root (the hint
  /// names the setting storage.allowed_locations), Unsupported LK-8010 for a scheme that is not
  /// there.
  Location Resolve(std::string_view location);
  /// The form to keep in the catalog: relative when inside the data root, else the full URI.
  std::string Canonical(std::string_view location);
  const std::shared_ptr<ObjectStore>& data_root() const { return data_root_; }

 private:
  std::shared_ptr<ObjectStore> data_root_;
  std::vector<std::string> allowed_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<ObjectStore>>
      opened_;  ///< by root directory; guarded by mutex_
};

}  // namespace lakehouse::io
