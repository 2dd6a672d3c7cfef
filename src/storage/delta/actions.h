#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/table.h"

namespace lakehouse::storage::delta {

// The actions of a Delta log (PROTOCOL.md, "Actions"), those that this engine knows.

/// `add`. Shared between snapshots, never changed.
struct AddFile {
  std::string path;  ///< decoded
  int64_t size_bytes = 0;
  int64_t modified_ms = 0;
  bool data_change = true;
  std::map<std::string, std::optional<std::string>> partition_values;
  std::string stats;  ///< JSON as in the log, may be empty
  std::map<std::string, std::string> tags;
  bool has_deletion_vector = false;
};
using AddFilePtr = std::shared_ptr<const AddFile>;

struct RemoveFile {
  std::string path;  ///< decoded
  int64_t deleted_ms = 0;
  bool data_change = true;
};

struct SetTransaction {
  std::string app_id;
  AppTransaction state;
};

struct SetDomain {
  std::string domain;
  std::string configuration;
  bool removed = false;
};

/// One commit, or the content of one checkpoint.
struct Actions {
  std::optional<Protocol> protocol;
  std::optional<TableMetadata> metadata;
  std::vector<AddFilePtr> adds;
  std::vector<RemoveFile> removes;
  std::vector<SetTransaction> transactions;
  std::vector<SetDomain> domains;
  std::optional<HistoryEntry> info;  ///< commitInfo
};

/// Reads the JSON lines of one commit. Corruption LK-3003 with `place` and the line for anything
/// that is not whole: bad JSON, an empty text, a cut last line, two protocols or metadata, a file
/// added twice. Unknown actions and fields are passed over.
Actions ParseCommit(std::string_view text, const std::string& place);

/// Writes the JSON lines, commitInfo first.
std::string WriteCommit(const Actions& actions);

/// RFC 2396: "%20" -> " ". Corruption LK-3003 for a cut escape.
std::string DecodePath(std::string_view encoded);
std::string EncodePath(std::string_view path);
/// What identifies a file: the path, but "file:/x" and "file:///x" are the same as "/x". Part of
/// `path`.
std::string_view KeyOf(std::string_view path);

}  // namespace lakehouse::storage::delta
