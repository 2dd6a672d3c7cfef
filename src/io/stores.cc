#include "io/stores.h"

#include <filesystem>
#include <utility>

#include "base/error.h"

namespace lakehouse::io {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFileScheme = "file://";

/// "s3://bucket/key" under any of the names that others give the scheme, or nothing.
std::optional<std::string> BucketPlace(std::string_view location) {
  for (const std::string_view scheme : {"s3://", "s3a://", "s3n://"}) {
    if (!location.starts_with(scheme)) continue;
    std::string place = "s3://" + std::string(location.substr(scheme.size()));
    if (place.ends_with('/')) place.pop_back();
    return place;
  }
  return std::nullopt;
}

/// "/abs/dir", normalized, of a path or file:// URI, or "s3://bucket/key"; Unsupported for other
/// schemes.
std::string AbsolutePlace(std::string_view location) {
  if (auto place = BucketPlace(location)) return *place;
  if (location.substr(0, kFileScheme.size()) == kFileScheme) {
    location.remove_prefix(kFileScheme.size());
  } else if (location.find("://") != std::string_view::npos) {
    throw Error(
        ErrorKind::kUnsupported, "LK-8010",
        "there is no store for " + std::string(location.substr(0, location.find("://") + 3)),
        "Locations are directories of this machine (/path or file:///path) or buckets "
        "(s3://bucket/prefix).");
  }
  std::string text = fs::path(location).lexically_normal().string();
  if (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

/// The part of `path` below `root`, or nothing when it is not below it.
std::optional<std::string> PartBelow(const std::string& path, const std::string& root) {
  if (path == root) return std::string();
  const std::string prefix = root == "/" ? root : root + "/";
  if (path.compare(0, prefix.size(), prefix) != 0) return std::nullopt;
  return path.substr(prefix.size());
}

}  // namespace

std::string Location::uri() const {
  return path.empty() ? store->uri() : store->uri() + "/" + path;
}

Stores::Stores(std::shared_ptr<ObjectStore> data_root, std::vector<std::string> allowed,
               StoreOpener open)
    : data_root_(std::move(data_root)), open_(open ? std::move(open) : MakeLocalStore) {
  for (const std::string& root : allowed) allowed_.push_back(AbsolutePlace(root));
}

Location Stores::Resolve(std::string_view location) {
  const std::string& own = data_root_->uri();
  const std::string text = BucketPlace(location).value_or(std::string(location));
  if (const auto below = PartBelow(text, own)) {
    ValidatePath(*below);
    return {data_root_, *below};
  }
  const bool absolute = !text.empty() && text.front() == '/';
  if (!absolute && text.find("://") == std::string::npos) {
    ValidatePath(text);
    return {data_root_, text};
  }
  const std::string path = AbsolutePlace(location);
  if (own.rfind(kFileScheme, 0) == 0) {
    if (const auto below = PartBelow(path, own.substr(kFileScheme.size()));
        below && !below->empty()) {
      ValidatePath(*below);
      return {data_root_, *below};
    }
  }
  for (const std::string& root : allowed_) {
    const auto below = PartBelow(path, root);
    if (!below || below->empty()) continue;
    ValidatePath(*below);
    const std::lock_guard lock(mutex_);
    auto& store = opened_[root];
    if (!store) store = open_(root);
    return {store, *below};
  }
  throw Error(ErrorKind::kPermissionDenied, "LK-8009", path + " lies outside of the lakehouse",
              "Add its parent directory to the setting storage.allowed_locations.");
}

std::string Stores::Canonical(std::string_view location) {
  const Location resolved = Resolve(location);
  return resolved.store == data_root_ ? resolved.path : resolved.uri();
}

}  // namespace lakehouse::io
