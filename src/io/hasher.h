#pragma once

#include <string_view>

#include "base/digest.h"

namespace lakehouse::io {

/// The digests that requests are signed and cached blocks are sealed with. They are those of
/// security/digest.h, which lies above; who opens a store hands them in. Thread-safe.
class Hasher {
 public:
  virtual ~Hasher() = default;

  virtual Digest256 Sha256(std::string_view bytes) const = 0;
  /// RFC 2104 with SHA-256.
  virtual Digest256 HmacSha256(std::string_view key, std::string_view bytes) const = 0;
};

}  // namespace lakehouse::io
