#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/delta/log/deletion_vector.h"
#include "storage/table.h"

namespace lakehouse::storage::delta {

// The actions of a Delta log (PROTOCOL.md, "Actions"), those that this engine knows.

/// Texts of a file's partition columns, by physical name.
using PartitionValues = std::map<std::string, std::optional<std::string>>;
using Tags = std::map<std::string, std::string>;

/// `add`. Shared between snapshots, never changed.
struct AddFile {
  std::string path;  ///< decoded
  int64_t size_bytes = 0;
  int64_t modified_ms = 0;
  bool data_change = true;
  PartitionValues partition_values;
  std::string stats;  ///< JSON as in the log, may be empty
  Tags tags;
  DeletionVectorPtr deletion_vector;  ///< null when no row is deleted
  std::optional<int64_t> base_row_id;
  std::optional<int64_t> default_row_commit_version;
  std::string clustering_provider;
};
using AddFilePtr = std::shared_ptr<const AddFile>;

struct RemoveFile {
  std::string path;  ///< decoded
  int64_t deleted_ms = 0;
  bool data_change = true;
  DeletionVectorPtr deletion_vector;  ///< of the logical file that is removed
  AddFilePtr file;                    ///< what is removed, for who writes the action; else null
};

/// `cdc`: a file with changed rows.
struct ChangeFile {
  std::string path;  ///< decoded
  int64_t size_bytes = 0;
  PartitionValues partition_values;
};

/// `sidecar`: a part of a V2 checkpoint with file actions.
struct SidecarFile {
  std::string path;  ///< decoded; a name in `_sidecars`, or absolute
  int64_t size_bytes = 0;
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

class FileBlock;

/// Files in one block, those from `begin` to `end`.
struct BlockRange {
  std::shared_ptr<const FileBlock> block;
  uint32_t begin = 0;
  uint32_t end = 0;
};

/// One commit, or the content of one checkpoint.
struct Actions {
  std::optional<Protocol> protocol;
  std::optional<TableMetadata> metadata;
  /// The schema as the log writes it; empty: it is yet to be written. Other engines compare this
  /// text between commits, checkpoints and checksums, so it is kept letter by letter.
  std::string schema_text;
  std::vector<AddFilePtr> adds;
  std::vector<BlockRange> blocks;  ///< further adds, from who reads very many
  std::vector<RemoveFile> removes;
  std::vector<SetTransaction> transactions;
  std::vector<SetDomain> domains;
  std::vector<ChangeFile> changes;
  std::optional<HistoryEntry> info;            ///< commitInfo
  std::optional<int64_t> in_commit_timestamp;  ///< Unix milliseconds, of commitInfo
  std::optional<int64_t> checkpoint_version;   ///< checkpointMetadata, of V2 checkpoints
  std::vector<SidecarFile> sidecars;           ///< of V2 checkpoints
};

/// What the lines of a text are.
enum class ActionSource {
  kCommit,      ///< one version
  kCompaction,  ///< several versions, reconciled
  kCheckpoint,  ///< the state of one version
};

/// Reads JSON lines of actions. Corruption LK-3003 with `place` and the line for anything that is
/// not whole: bad JSON, an empty text, a cut last line, two protocols or metadata, a file added or
/// removed twice. Unknown actions and fields are passed over.
Actions ParseCommit(std::string_view text, const std::string& place,
                    ActionSource source = ActionSource::kCommit);

/// Sees a line, which is followed by SIMDJSON_PADDING bytes that can be read; true when it needs no
/// other reader.
using LineTaker = std::function<bool(std::string_view)>;

/// ParseCommit of a text that is followed by SIMDJSON_PADDING bytes that can be read; lines that
/// `take` takes are not in what comes back. `take` may be null.
Actions ParsePadded(std::string_view text, const std::string& place, ActionSource source,
                    const LineTaker& take);

/// Writes the JSON lines, commitInfo first.
std::string WriteCommit(const Actions& actions);

/// RFC 2396: "%20" -> " ". Corruption LK-3003 for a cut escape.
std::string DecodePath(std::string_view encoded);
std::string EncodePath(std::string_view path);
/// What identifies a data file: the path, but "file:/x" and "file:///x" are the same as "/x". Part
/// of `path`.
std::string_view KeyOf(std::string_view path);
/// What identifies a logical file: KeyOf(path), and the deletion vector's id where there is one.
/// Keys of one data file lie side by side in byte order.
std::string FileKey(std::string_view path, const DeletionVectorPtr& deletion_vector);
/// KeyOf(path) of a logical file.
std::string_view DataFileOf(std::string_view file_key);

}  // namespace lakehouse::storage::delta
