#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "storage/row_set.h"
#include "storage/table.h"

namespace lakehouse::storage::delta {

/// Where the deleted rows of a data file are listed (PROTOCOL.md, "Deletion Vector Descriptor
/// Schema").
struct DeletionVectorDescriptor {
  /// 'u': a file named by a UUID below the table's root; 'p': a file by its absolute path; 'i':
  /// inline.
  char storage_type = 'u';
  std::string path_or_inline;
  std::optional<int64_t> offset;
  int64_t size_bytes = 0;
  int64_t cardinality = 0;

  /// Tells the vectors of one data file apart.
  std::string UniqueId() const;
  friend bool operator==(const DeletionVectorDescriptor&,
                         const DeletionVectorDescriptor&) = default;
};
using DeletionVectorPtr = std::shared_ptr<const DeletionVectorDescriptor>;

/// Corruption LK-3008 for a storage type that is not known, a path that is none, or negative
/// numbers.
void Validate(const DeletionVectorDescriptor& descriptor);

/// Z85 (https://rfc.zeromq.org/spec/32/). Nothing for a text that is not of it.
std::optional<std::string> DecodeZ85(std::string_view text);
/// The length of `bytes` must be a multiple of 4.
std::string EncodeZ85(std::string_view bytes);

/// The path of the vector's file: relative to the table's root, or absolute. Not for inline ones.
std::string PathOf(const DeletionVectorDescriptor& descriptor);

/// The rows in the data of a vector: a magic number, then the portable form, or the older "native"
/// one. Corruption LK-3008 for anything else.
RowSet ParseDeletionVector(std::string_view data);

/// Reads the vector and checks length, checksum and cardinality. Corruption LK-3008, or the store's
/// error.
RowSet ReadDeletionVector(const DeletionVectorDescriptor& descriptor, const io::Location& table,
                          const StorageContext& context);

/// The data of a vector: the magic number of the portable form, then the rows in it.
std::string WriteDeletionVector(const RowSet& rows);

/// Packs the vectors of one commit into one file of the table's root. Nothing is in the store
/// before Write. Not thread-safe.
class DeletionVectorFile {
 public:
  DeletionVectorFile(io::Location table, Random& random);

  /// `rows` must not be empty.
  DeletionVectorPtr Add(const RowSet& rows);
  bool empty() const { return count_ == 0; }
  /// Relative to the table's root.
  const std::string& path() const { return path_; }
  /// Durable after it returns.
  void Write() const;

 private:
  const io::Location table_;
  std::string id_;  ///< of the file, Z85
  std::string path_;
  std::string bytes_;
  size_t count_ = 0;
};

}  // namespace lakehouse::storage::delta
