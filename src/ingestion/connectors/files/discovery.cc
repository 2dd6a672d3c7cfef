#include "ingestion/connectors/files/discovery.h"

#include <fnmatch.h>
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "ingestion/connectors/options.h"
#include "security/tokens.h"

namespace lakehouse::ingestion::connectors::files {

namespace {

namespace fs = std::filesystem;

bool IsHidden(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') || name.starts_with('_');
}

bool MatchesGlob(const FileOptions& options, const fs::path& path) {
  return options.glob.empty() || fnmatch(options.glob.c_str(), path.filename().c_str(), 0) == 0;
}

template <typename Iterator>
void ListInto(const FileOptions& options, Iterator begin, std::vector<std::string>& paths) {
  for (auto it = begin; it != Iterator(); ++it) {
    if (it->is_directory()) {
      if constexpr (std::is_same_v<Iterator, fs::recursive_directory_iterator>) {
        if (IsHidden(it->path())) it.disable_recursion_pending();
      }
      continue;
    }
    if (it->is_regular_file() && !IsHidden(it->path()) && MatchesGlob(options, it->path())) {
      paths.push_back(it->path().string());
    }
  }
}

std::vector<std::string> ListDirectory(const FileOptions& options, const std::string& directory) {
  std::vector<std::string> paths;
  try {
    if (options.recursive) {
      ListInto(options, fs::recursive_directory_iterator(directory), paths);
    } else {
      ListInto(options, fs::directory_iterator(directory), paths);
    }
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorKind::kIoError, "LK-5036", "cannot list " + directory,
                "Check that this user may read the directory.")
        .CausedBy(error.code().message());
  }
  return paths;
}

std::vector<std::string> ExpandGlob(const std::string& pattern) {
  if (pattern.find("**") != std::string::npos) {
    ThrowBadOption("path", pattern, "\"**\" is not known; name the directory and use option glob");
  }
  glob_t found = {};
  const int result = glob(pattern.c_str(), GLOB_BRACE | GLOB_TILDE, nullptr, &found);
  std::vector<std::string> paths;
  for (size_t i = 0; result == 0 && i < found.gl_pathc; ++i) {
    const fs::path path = found.gl_pathv[i];
    if (!IsHidden(path) && fs::is_regular_file(path)) paths.push_back(path.string());
  }
  globfree(&found);
  return paths;
}

}  // namespace

SourceFile DescribeFile(const std::string& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) {
    throw Error(ErrorKind::kIoError, "LK-5036", "cannot read " + path + ": " + std::strerror(errno),
                "Check that the file exists and that this user may read it.");
  }
  SourceFile file{.path = path,
                  .real_path = {},
                  .size_bytes = status.st_size,
                  .modified_ns = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec,
                  .mark = {}};
  file.mark = security::HashToken(path + '\n' + std::to_string(file.size_bytes) + '\n' +
                                  std::to_string(file.modified_ns))
                  .substr(0, 16);
  return file;
}

std::vector<SourceFile> FindFiles(const FileOptions& options, const FileRoots& roots) {
  std::vector<std::string> paths;
  std::error_code ignored;
  const bool is_directory = fs::is_directory(options.path, ignored);
  const bool is_file = !is_directory && fs::is_regular_file(options.path, ignored);
  if (is_directory) {
    paths = ListDirectory(options, options.path);
  } else if (is_file) {
    paths = {options.path};
  } else if (options.path.find_first_of("*?[{") != std::string::npos) {
    paths = ExpandGlob(options.path);
  }
  if (paths.empty() && !is_directory) {
    throw Error(ErrorKind::kNotFound, "LK-5022", "no file at " + options.path,
                "Check source_config.path; relative paths start at the working directory (" +
                    fs::current_path(ignored).string() + ").");
  }
  std::vector<SourceFile> files;
  for (const std::string& path : paths) {
    files.push_back(DescribeFile(fs::absolute(path).lexically_normal().string()));
    files.back().real_path = roots.RealPath(files.back().path, "ingestion.file_roots");
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace lakehouse::ingestion::connectors::files
