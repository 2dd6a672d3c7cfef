#include "io/file_system.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace lakehouse::io {
namespace {

constexpr unsigned kRenameNoReplace = 1;  // RENAME_NOREPLACE of renameat2(2)

int Result(int code) { return code < 0 ? -errno : code; }

class MachineFiles : public FileSystem {
 public:
  int CreateNew(const std::string& path) override {
    return Result(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  }
  int Write(int file, std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = write(file, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return -errno;
      if (written == 0) return -EIO;
      bytes = bytes.subspan(static_cast<size_t>(written));
    }
    return 0;
  }
  // A failed fsync may have lost the pages and a second one would report success: never repeated.
  int Sync(int file) override { return Result(fdatasync(file)); }
  int Close(int file) override { return Result(close(file)); }
  int SyncDirectory(const std::string& path) override {
    const int directory = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return -errno;
    const int code = Result(fsync(directory));
    close(directory);
    return code;
  }
  int Rename(const std::string& from, const std::string& to) override {
    return Result(rename(from.c_str(), to.c_str()));
  }
  int RenameNoReplace(const std::string& from, const std::string& to) override {
    const long code =
        syscall(SYS_renameat2, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), kRenameNoReplace);
    if (code == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return -errno;
    if (link(from.c_str(), to.c_str()) != 0) return -errno;
    // The name is given: an old name that stays is litter, no failure.
    unlink(from.c_str());
    return 0;
  }
  int Unlink(const std::string& path) override { return Result(unlink(path.c_str())); }
  int MakeDirectory(const std::string& path) override { return Result(mkdir(path.c_str(), 0755)); }
};

}  // namespace

FileSystem& SystemFiles() {
  static MachineFiles files;
  return files;
}

}  // namespace lakehouse::io
