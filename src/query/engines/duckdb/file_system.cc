#include "query/engines/duckdb/file_system.h"

#include <algorithm>
#include <duckdb/common/file_opener.hpp>
#include <duckdb/common/file_system.hpp>
#include <span>

#include "query/engines/duckdb/lake_session.h"

namespace lakehouse::query::duckdb {
namespace {

class LakeFileHandle : public dk::FileHandle {
 public:
  LakeFileHandle(dk::FileSystem& system, const std::string& path, dk::FileOpenFlags flags,
                 std::unique_ptr<io::ObjectReader> from, dk::shared_ptr<LakeSession> of)
      : FileHandle(system, path, flags), reader(std::move(from)), session(std::move(of)) {}
  void Close() override {}

  /// A read that was stopped is DuckDB's interrupt, not an error of the store.
  void ReadAt(dk::idx_t location, void* buffer, int64_t bytes) const {
    session->Guard([&] {
      try {
        reader->ReadAt(static_cast<int64_t>(location),
                       std::span(static_cast<std::byte*>(buffer), static_cast<size_t>(bytes)));
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::kCancelled) throw dk::InterruptException();
        throw;
      }
    });
  }

  const std::unique_ptr<io::ObjectReader> reader;
  const dk::shared_ptr<LakeSession> session;
  dk::idx_t position = 0;
};

class LakeFileSystem : public dk::FileSystem {
 public:
  dk::unique_ptr<dk::FileHandle> OpenFile(const std::string& path, dk::FileOpenFlags flags,
                                          dk::optional_ptr<dk::FileOpener> opener) override {
    auto context = dk::FileOpener::TryGetClientContext(opener);
    auto session = context ? LakeSession::Get(*context) : nullptr;
    auto granted = session ? session->Granted(path) : std::nullopt;
    if (!granted || flags.OpenForWriting()) {
      Error denied(ErrorKind::kPermissionDenied, "LK-4011",
                   "the statement may not open the file " + path.substr(sizeof(kFileScheme) - 1),
                   "SQL reads and writes tables by their names");
      if (session) session->Remember(denied);
      throw dk::PermissionException(denied.what());
    }
    auto reader = session->Guard([&] {
      const io::Location& place = granted->place;
      // The log says the size, so a bucket need not be asked.
      if (granted->size_bytes <= 0) return place.store->Open(place.path);
      return place.store->OpenImmutable(place.path, granted->size_bytes, session->stop());
    });
    return dk::make_uniq<LakeFileHandle>(*this, path, flags, std::move(reader), session);
  }
  void Read(dk::FileHandle& handle, void* buffer, int64_t bytes, dk::idx_t location) override {
    handle.Cast<LakeFileHandle>().ReadAt(location, buffer, bytes);
  }
  int64_t Read(dk::FileHandle& handle, void* buffer, int64_t bytes) override {
    auto& file = handle.Cast<LakeFileHandle>();
    auto left = file.reader->info().size_bytes - static_cast<int64_t>(file.position);
    bytes = std::max<int64_t>(0, std::min(bytes, left));
    if (bytes > 0) Read(handle, buffer, bytes, file.position);
    file.position += static_cast<dk::idx_t>(bytes);
    return bytes;
  }
  int64_t GetFileSize(dk::FileHandle& handle) override {
    return handle.Cast<LakeFileHandle>().reader->info().size_bytes;
  }
  dk::timestamp_t GetLastModifiedTime(dk::FileHandle& handle) override {
    return dk::Timestamp::FromEpochMs(handle.Cast<LakeFileHandle>().reader->info().modified_ms);
  }
  std::string GetVersionTag(dk::FileHandle& handle) override {
    return handle.Cast<LakeFileHandle>().reader->info().etag;
  }
  dk::FileType GetFileType(dk::FileHandle&) override { return dk::FileType::FILE_TYPE_REGULAR; }
  void Seek(dk::FileHandle& handle, dk::idx_t location) override {
    handle.Cast<LakeFileHandle>().position = location;
  }
  void Reset(dk::FileHandle& handle) override { Seek(handle, 0); }
  dk::idx_t SeekPosition(dk::FileHandle& handle) override {
    return handle.Cast<LakeFileHandle>().position;
  }
  bool CanSeek() override { return true; }
  /// The Parquet reader joins the ranges of a file that is not on disk.
  bool OnDiskFile(dk::FileHandle& handle) override {
    return !handle.Cast<LakeFileHandle>().reader->remote();
  }
  bool CanHandleFile(const std::string& path) override { return path.starts_with(kFileScheme); }
  std::string GetName() const override { return "LakeFileSystem"; }
};

}  // namespace

dk::unique_ptr<dk::FileSystem> MakeLakeFileSystem() { return dk::make_uniq<LakeFileSystem>(); }

}  // namespace lakehouse::query::duckdb
