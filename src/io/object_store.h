#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"

namespace lakehouse::io {

/// What a store knows about one object without reading it.
struct ObjectInfo {
  std::string path;
  int64_t size_bytes = 0;
  int64_t modified_ms = 0;  ///< Unix milliseconds
  std::string etag;         ///< changes whenever the content may have changed
};

enum class PutResult { kWritten, kExists };

struct ListOptions {
  std::string start_after;  ///< only paths greater than this one (byte order)
  bool recursive = false;
};

/// Random access to one object. Thread-safe.
class ObjectReader {
 public:
  virtual ~ObjectReader() = default;
  virtual const ObjectInfo& info() const = 0;
  /// Fills all of `out` from `offset`; past the end is Corruption LK-8005 (the object was cut).
  virtual void ReadAt(int64_t offset, std::span<std::byte> out) const = 0;
  /// True when each read may be a request: a caller with several ranges should join near ones.
  virtual bool remote() const { return false; }
};

/// Writes one new object front to back. Destroyed without Finish, it leaves no object behind.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;
  virtual void Append(std::span<const std::byte> bytes) = 0;
  /// After it returns the object is visible and durable.
  virtual void Finish() = 0;
  virtual int64_t bytes_written() const = 0;
};

/// Where tables lie: a directory, memory, a bucket. Paths are relative to the store's root,
/// separated by
/// '/', in UTF-8, and checked by ValidatePath: nothing leads out of the root. Every method is
/// atomic and durable once it returns. Thread-safe.
///
/// Errors of every store: NotFound LK-8001, bad path InvalidArgument LK-8002, PermissionDenied
/// LK-8003, disk full ResourceExhausted LK-8004, cut object Corruption LK-8005, reply lost
/// CommitStateUnknown LK-8006 (the write may or may not have happened), any other failure IoError
/// LK-8007. Those of a bucket are in io/s3/s3_client.h.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  virtual std::string Read(std::string_view path) = 0;
  virtual std::unique_ptr<ObjectReader> Open(std::string_view path) = 0;
  /// Opens an object that never changes (a data file) and has `size_bytes`: no request is needed,
  /// so that it is missing shows when it is read, and its info() may have neither time nor etag.
  /// Reads end with LK-0002 or LK-0003 when `token` stops.
  virtual std::unique_ptr<ObjectReader> OpenImmutable(std::string_view path, int64_t size_bytes,
                                                      const CancellationToken& token = {});
  /// Replaces what is there, atomically.
  virtual void Write(std::string_view path, std::string_view bytes) = 0;
  /// The commit primitive: of all callers with one path exactly one gets kWritten.
  virtual PutResult WriteIfAbsent(std::string_view path, std::string_view bytes) = 0;
  /// A new object under a name that nobody else uses (data files). kAlreadyExists LK-8008
  /// otherwise.
  virtual std::unique_ptr<ObjectWriter> Create(std::string_view path) = 0;
  /// The objects in directory `directory` ("" is the root), by path in byte order. A directory that
  /// does not exist is empty.
  virtual std::vector<ObjectInfo> List(std::string_view directory,
                                       const ListOptions& options = {}) = 0;
  /// False when there was none.
  virtual bool Delete(std::string_view path) = 0;
  virtual std::optional<ObjectInfo> Head(std::string_view path) = 0;
  /// "file:///data/lakehouse" or "memory://x": the root, for messages and table locations.
  virtual const std::string& uri() const = 0;
};

/// Throws LK-8002 unless `path` is relative, has no empty, "." or ".." part, no NUL, no backslash
/// at a part's start, is valid UTF-8 and at most 1024 bytes ("" is allowed where a directory is
/// meant).
void ValidatePath(std::string_view path, bool allow_empty = false);

/// "a/b" + "c" -> "a/b/c"; an empty part is left out.
std::string JoinPath(std::string_view directory, std::string_view name);

/// A directory of this machine, created when absent. Atomicity: temporary file, fsync, renameat2
/// with RENAME_NOREPLACE (link where the file system lacks it), fsync of the directory. Symbolic
/// links are never followed out of the root.
std::shared_ptr<ObjectStore> MakeLocalStore(const std::string& root_directory);
/// Volatile, for tests.
std::shared_ptr<ObjectStore> MakeMemoryStore(std::string name = "test");
/// Counts requests, bytes and time of `inner` in the metrics lakehouse_io_*{store=label}.
std::shared_ptr<ObjectStore> MakeMeteredStore(std::shared_ptr<ObjectStore> inner,
                                              std::string label);

}  // namespace lakehouse::io
