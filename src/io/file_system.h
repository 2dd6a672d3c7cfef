#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace lakehouse::io {

/// The system calls with which the local store writes, as a parameter: so that a test can stop at
/// each of them and drop what a power loss would drop. Each returns 0 (or a descriptor) or -errno.
/// Paths are absolute.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// A new file for writing; -EEXIST when the name is taken.
  virtual int CreateNew(const std::string& path) = 0;
  virtual int Write(int file, std::span<const std::byte> bytes) = 0;
  virtual int Sync(int file) = 0;
  virtual int Close(int file) = 0;
  virtual int SyncDirectory(const std::string& path) = 0;
  virtual int Rename(const std::string& from, const std::string& to) = 0;
  /// Fails with -EEXIST when `to` is there. Atomic.
  virtual int RenameNoReplace(const std::string& from, const std::string& to) = 0;
  virtual int Unlink(const std::string& path) = 0;
  virtual int MakeDirectory(const std::string& path) = 0;
};

/// The machine's own; RenameNoReplace uses link and unlink where the file system lacks renameat2.
FileSystem& SystemFiles();

}  // namespace lakehouse::io
