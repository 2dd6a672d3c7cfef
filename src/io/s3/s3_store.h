#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "io/object_store.h"
#include "io/s3/s3_client.h"

namespace lakehouse::io::s3 {

struct StoreSettings {
  ClientSettings client;
  int64_t part_bytes = int64_t{8} << 20;        ///< of multipart uploads; at least 5 MiB for Amazon
  int64_t read_ahead_bytes = int64_t{4} << 20;  ///< greatest window of sequential small reads
};

/// "s3://bucket/prefix" in its parts; the prefix may be empty and has no '/' at its ends.
struct BucketUri {
  std::string bucket;
  std::string prefix;
};

/// Takes s3://, s3a:// and s3n:// (Hadoop's names). InvalidArgument LK-8012 for anything else.
BucketUri ParseBucketUri(const std::string& uri);

/// The objects below a prefix of a bucket. No request is made before the first use. Hasher,
/// clock and random must outlive it.
std::shared_ptr<ObjectStore> MakeS3Store(const std::string& uri, const StoreSettings& settings,
                                         const Hasher& hasher, Clock& clock, Random& random);

}  // namespace lakehouse::io::s3
