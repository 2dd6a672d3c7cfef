#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "io/hasher.h"
#include "io/object_store.h"

namespace lakehouse::io {

/// Blocks of immutable objects in files of a local directory, within a limit. Several processes
/// may share the directory: a block is a file that appears whole, carries its own checksum and is
/// never changed, and only one process at a time makes room. What is damaged or gone is a miss, and
/// a full disk makes it useless, never wrong. Thread-safe.
class RangeCache {
 public:
  static constexpr int64_t kBlockBytes = int64_t{256} << 10;

  /// Makes `directory` when absent: LK-8007 when that fails. Its files have mode 0600. `hasher`
  /// names and seals the blocks, and must outlive the cache.
  RangeCache(std::string directory, int64_t limit_bytes, const Hasher& hasher);

  /// The block `index` of the object `name` (a URI), which has `object_bytes`.
  std::optional<std::string> Get(const std::string& name, int64_t object_bytes, int64_t index);
  void Put(const std::string& name, int64_t object_bytes, int64_t index, std::string_view bytes);
  /// What this process believes the files take; others may have added to it.
  int64_t used_bytes() const { return used_bytes_; }

 private:
  std::string FileOf(const std::string& name, int64_t object_bytes, int64_t index,
                     std::string& key) const;
  /// The digest of key and bytes, which a block carries.
  std::string SealOf(const std::string& key, std::string_view bytes) const;
  void MakeRoom();

  const std::string directory_;
  const int64_t limit_bytes_;
  const Hasher& hasher_;
  std::atomic<int64_t> used_bytes_{0};
};

/// Reads data files (OpenImmutable) through `cache`; everything else goes to `inner`.
std::shared_ptr<ObjectStore> MakeCachedStore(std::shared_ptr<ObjectStore> inner,
                                             std::shared_ptr<RangeCache> cache);

}  // namespace lakehouse::io
