#include "ingestion/connectors/files/byte_stream.h"

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace lakehouse::ingestion::connectors::files {

namespace {

constexpr size_t kArchiveBlockBytes = 256 << 10;
constexpr unsigned kGzipBufferBytes = 256 << 10;

Error Unreadable(const std::string& path, const std::string& why) {
  return Error(ErrorKind::kIoError, "LK-5036", "cannot read " + path + ": " + why,
               "Check that the file exists and that this user may read it.");
}

Error Damaged(const std::string& path, const std::string& why) {
  return Error(ErrorKind::kCorruption, "LK-5031", path + " is damaged or cut: " + why,
               "Copy the file again from its source. Nothing of this run was committed.");
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FilePtr = std::unique_ptr<std::FILE, CloseFile>;

FilePtr OpenFile(const SourceFile& source) {
  FilePtr file(std::fopen(source.real_path.c_str(), "rbe"));
  if (!file) throw Unreadable(source.path, std::strerror(errno));
  return file;
}

class PlainStream : public ByteStream {
 public:
  PlainStream(std::string path, FilePtr file) : path_(std::move(path)), file_(std::move(file)) {}
  size_t Read(char* out, size_t size) override {
    const size_t count = std::fread(out, 1, size, file_.get());
    if (count < size && std::ferror(file_.get())) throw Unreadable(path_, std::strerror(errno));
    position_ += static_cast<int64_t>(count);
    return count;
  }
  bool NextPart() override { return !std::exchange(begun_, true); }
  int64_t position() const override { return position_; }
  std::string part_name() const override { return path_; }

 private:
  std::string path_;
  FilePtr file_;
  bool begun_ = false;
  int64_t position_ = 0;
};

class GzipStream : public ByteStream {
 public:
  explicit GzipStream(const SourceFile& source) : path_(source.path) {
    file_ = gzopen(source.real_path.c_str(), "rbe");
    if (file_ == nullptr) throw Unreadable(path_, std::strerror(errno));
    gzbuffer(file_, kGzipBufferBytes);
  }
  ~GzipStream() override { gzclose_r(file_); }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  size_t Read(char* out, size_t size) override {
    const int count = gzread(file_, out, static_cast<unsigned>(size));
    int problem = Z_OK;
    const char* text = gzerror(file_, &problem);
    // A cut file gives its rows and then Z_BUF_ERROR.
    if (count < 0 || problem < 0) throw Damaged(path_, text);
    return static_cast<size_t>(count);
  }
  bool NextPart() override { return !std::exchange(begun_, true); }
  int64_t position() const override { return gzoffset(file_); }
  std::string part_name() const override { return path_; }

 private:
  std::string path_;
  gzFile file_;
  bool begun_ = false;
};

class ZipStream : public ByteStream {
 public:
  explicit ZipStream(const SourceFile& file) : path_(file.path), archive_(archive_read_new()) {
    if (!archive_)
      throw Error(ErrorKind::kResourceExhausted, "LK-0004", "no memory for an archive");
    archive_read_support_format_zip_seekable(archive_.get());
    if (archive_read_open_filename(archive_.get(), file.real_path.c_str(), kArchiveBlockBytes) !=
        ARCHIVE_OK) {
      throw Damaged(path_, Reason());
    }
  }

  bool NextPart() override {
    archive_entry* entry = nullptr;
    while (true) {
      const int result = archive_read_next_header(archive_.get(), &entry);
      if (result == ARCHIVE_EOF) return false;
      if (result != ARCHIVE_OK) throw Damaged(path_, Reason());
      const char* name = archive_entry_pathname_utf8(entry);
      entry_ = name != nullptr ? name : "entry";
      if (IsData(entry)) break;
    }
    if (archive_entry_is_encrypted(entry)) {
      throw Error(ErrorKind::kUnsupported, "LK-5003", part_name() + " is encrypted",
                  "Unpack it first.");
    }
    return true;
  }

  size_t Read(char* out, size_t size) override {
    const la_ssize_t count = archive_read_data(archive_.get(), out, size);
    // Also warnings: a wrong checksum is one.
    if (count < 0) throw Damaged(part_name(), Reason());
    return static_cast<size_t>(count);
  }
  int64_t position() const override { return archive_filter_bytes(archive_.get(), -1); }
  std::string part_name() const override { return path_ + "!" + entry_; }

 private:
  struct Free {
    void operator()(archive* handle) const { archive_read_free(handle); }
  };

  std::string Reason() const {
    const char* text = archive_error_string(archive_.get());
    return text != nullptr ? text : "unknown reason";
  }
  /// Folders and what macOS adds are no data.
  bool IsData(archive_entry* entry) const {
    if (archive_entry_filetype(entry) != AE_IFREG) return false;
    const std::string_view name = entry_;
    const std::string_view base = name.substr(name.rfind('/') + 1);
    return !name.starts_with("__MACOSX/") && !base.starts_with('.');
  }

  std::string path_;
  std::unique_ptr<archive, Free> archive_;
  std::string entry_;
};

}  // namespace

std::unique_ptr<ByteStream> OpenByteStream(const SourceFile& source) {
  FilePtr file = OpenFile(source);
  char magic[4] = {};
  const size_t count = std::fread(magic, 1, sizeof(magic), file.get());
  if (std::ferror(file.get())) throw Unreadable(source.path, std::strerror(errno));
  const std::string_view front(magic, count);
  if (front.starts_with("\x1f\x8b")) return std::make_unique<GzipStream>(source);
  if (front.starts_with("PK\x03\x04")) return std::make_unique<ZipStream>(source);
  std::rewind(file.get());
  return std::make_unique<PlainStream>(source.path, std::move(file));
}

}  // namespace lakehouse::ingestion::connectors::files
