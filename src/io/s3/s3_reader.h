#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/object_store.h"
#include "io/s3/s3_client.h"

namespace lakehouse::io::s3 {

/// Reads ranges of one object. Large reads go out as they are; small ones are answered from
/// windows: the object's end (where footers are) and, for reads that follow each other, a window
/// that doubles up to `read_ahead_bytes`. Thread-safe.
class S3Reader : public ObjectReader {
 public:
  /// With an etag in `info` the object must not change: a read of another version is Corruption
  /// LK-8005.
  S3Reader(std::shared_ptr<S3Client> client, std::string key, ObjectInfo info,
           int64_t read_ahead_bytes, CancellationToken token);

  const ObjectInfo& info() const override { return info_; }
  void ReadAt(int64_t offset, std::span<std::byte> out) const override;
  bool remote() const override { return true; }

 private:
  struct Window {
    int64_t begin = 0;
    std::string bytes;
    int64_t end() const { return begin + static_cast<int64_t>(bytes.size()); }
  };

  void Fetch(int64_t offset, std::span<std::byte> out) const;
  /// The part of the object to fetch for a small read, and where the next one would follow.
  Window Plan(int64_t offset, int64_t size) const;

  const std::shared_ptr<S3Client> client_;
  const std::string key_;
  const ObjectInfo info_;
  const int64_t read_ahead_bytes_;
  const CancellationToken token_;
  mutable std::mutex mutex_;
  mutable std::vector<std::shared_ptr<const Window>> windows_;  ///< newest last; guarded by mutex_
  mutable int64_t next_window_bytes_;                           ///< guarded by mutex_
};

}  // namespace lakehouse::io::s3
