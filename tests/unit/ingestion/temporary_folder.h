#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace lakehouse::ingestion {

/// A folder that is removed at the end of the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ingest_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path() const { return path_; }
  std::string At(const std::string& name) const { return path_ + "/" + name; }

  std::string Write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(At(name)).parent_path());
    std::ofstream(At(name), std::ios::binary) << text;
    return At(name);
  }
  std::string WriteGzip(const std::string& name, const std::string& text) const {
    gzFile file = gzopen(At(name).c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
    return At(name);
  }
  std::string WriteZip(const std::string& name,
                       const std::vector<std::pair<std::string, std::string>>& entries) const {
    archive* zip = archive_write_new();
    archive_write_set_format_zip(zip);
    archive_write_open_filename(zip, At(name).c_str());
    for (const auto& [entry_name, text] : entries) {
      archive_entry* entry = archive_entry_new();
      archive_entry_set_pathname(entry, entry_name.c_str());
      archive_entry_set_size(entry, static_cast<la_int64_t>(text.size()));
      archive_entry_set_filetype(entry, AE_IFREG);
      archive_entry_set_perm(entry, 0644);
      archive_write_header(zip, entry);
      archive_write_data(zip, text.data(), text.size());
      archive_entry_free(entry);
    }
    archive_write_free(zip);
    return At(name);
  }
  /// Cuts the file to `size` bytes.
  void Cut(const std::string& path, size_t size) const { std::filesystem::resize_file(path, size); }

 private:
  std::string path_;
};

}  // namespace lakehouse::ingestion
