#pragma once

#include "storage/delta/snapshot/delta_snapshot.h"

namespace lakehouse::storage::delta {

/// A version checksum (PROTOCOL.md, "Version Checksum File"): what the state of one version must
/// be.
struct Checksum {
  int64_t table_size_bytes = 0;
  int64_t file_count = 0;
  Protocol protocol;
  TableMetadata metadata;
  std::optional<int64_t> in_commit_timestamp;
  std::optional<int64_t> deleted_record_count;
  std::optional<int64_t> deletion_vector_count;
  std::optional<std::map<std::string, int64_t>> transactions;  ///< version by application
  std::optional<std::map<std::string, std::string>> domains;
};

/// Corruption LK-3009, with `place`, for a text that is none.
Checksum ParseChecksum(std::string_view text, const std::string& place);

/// The version checksum of a state, one line. Histograms and the list of all files are left out.
std::string ChecksumText(const DeltaSnapshot::State& state);

/// Corruption LK-3009 naming the first thing in which `state` is not what the checksum says.
void CompareWith(const Checksum& checksum, const DeltaSnapshot::State& state,
                 const std::string& place);

}  // namespace lakehouse::storage::delta
