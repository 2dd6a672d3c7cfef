#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/object_store.h"
#include "io/s3/s3_client.h"

namespace lakehouse::io::s3 {

/// Writes one new object: small ones with one put, larger ones in parts. Both are conditional, and
/// carry an id of their own in the object's metadata, by which a lost reply is settled.
class S3Writer : public ObjectWriter {
 public:
  S3Writer(std::shared_ptr<S3Client> client, std::string key, std::string id, int64_t part_bytes);
  /// Parts of an object that was not finished are taken away.
  ~S3Writer() override;
  S3Writer(const S3Writer&) = delete;
  S3Writer& operator=(const S3Writer&) = delete;

  void Append(std::span<const std::byte> bytes) override;
  void Finish() override;
  int64_t bytes_written() const override { return written_; }

 private:
  size_t PartBytes() const;
  void BeginUpload();
  void UploadPart();
  void PutWhole();
  void Complete();
  std::string PartList() const;
  /// Looks whether the object that is there is ours; throws when it is not.
  void Settle(const std::string& reason) const;
  std::string Name() const;

  const std::shared_ptr<S3Client> client_;
  const std::string key_;
  const std::string id_;
  const int64_t part_bytes_;
  std::string buffer_;
  std::string upload_id_;           ///< empty until the first part is full
  std::vector<std::string> etags_;  ///< of the parts
  int64_t written_ = 0;
  bool finished_ = false;
};

}  // namespace lakehouse::io::s3
