#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "storage/delta/delta_table.h"
#include "storage/delta/log/actions.h"
#include "storage/maintenance.h"
#include "storage/parallel.h"
#include "storage/parquet/footer.h"

namespace lakehouse::storage {
namespace {

/// Footers are read by this many threads, for the time of one command.
constexpr size_t kThreads = 8;
constexpr std::string_view kEnding = ".parquet";
/// Hive's name of the folder for null.
constexpr std::string_view kNullFolder = "__HIVE_DEFAULT_PARTITION__";

[[noreturn]] void ThrowUnfit(const std::string& why, const std::string& hint) {
  throw Error(ErrorKind::kInvalidSchema, "LK-3051", why, hint);
}

/// Folders "name=value" of a relative path, decoded.
std::vector<std::pair<std::string, std::string>> FoldersOf(std::string_view path) {
  std::vector<std::pair<std::string, std::string>> folders;
  for (size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/')) {
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(slash + 1);
    const size_t equal = part.find('=');
    if (equal == std::string_view::npos) continue;
    folders.emplace_back(delta::DecodePath(part.substr(0, equal)),
                         delta::DecodePath(part.substr(equal + 1)));
  }
  return folders;
}

bool IsHidden(std::string_view path) {
  for (;;) {
    const size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    const bool partition =
        slash != std::string_view::npos && part.find('=') != std::string_view::npos;
    if (!partition && (part.starts_with('_') || part.starts_with('.'))) return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

class Conversion {
 public:
  Conversion(const io::Location& location, const ConvertOptions& options,
             const StorageContext& context)
      : location_(location), options_(options), context_(context) {}

  ConvertReport Run() {
    ListFiles();
    std::vector<parquet::Footer> footers(files_.size());
    ForEachInParallel(files_.size(), kThreads, [&](size_t i) {
      options_.token.ThrowIfStopped();
      footers[i] =
          parquet::ReadFooter(location_.store->Open(io::JoinPath(location_.path, files_[i].path)));
    });
    CreateTableOptions create;
    create.schema = MergedSchema(footers);
    create.partition_columns = options_.partition_columns.Names();
    for (size_t i = 0; i < files_.size(); ++i) {
      files_[i].stats = StatsOf(std::move(footers[i].stats));
      files_[i].partition_values = PartitionValuesOf(files_[i].path);
    }
    CommitDescription description = options_.description;
    description.operation = "CONVERT";
    description.metrics = {{"numConvertedFiles", static_cast<int64_t>(files_.size())}};
    delta::CreateTable(location_, context_, create, description, files_);
    return {static_cast<int64_t>(files_.size())};
  }

 private:
  void ListFiles() {
    const size_t root = location_.path.empty() ? 0 : location_.path.size() + 1;
    for (const io::ObjectInfo& object :
         location_.store->List(location_.path, {.start_after = {}, .recursive = true})) {
      std::string path = object.path.substr(root);
      if (!path.ends_with(kEnding) || IsHidden(path)) continue;
      NewFile file;
      file.path = std::move(path);
      file.size_bytes = object.size_bytes;
      file.modified_ms = object.modified_ms;
      files_.push_back(std::move(file));
    }
    if (!files_.empty()) return;
    throw Error(ErrorKind::kNotFound, "LK-3050",
                "there is no Parquet file below " + location_.uri(),
                "Data files end with .parquet; those whose names begin with '_' or '.' are not "
                "looked at.");
  }

  /// The columns of all files, in the order in which they come first, then the partition columns.
  Schema MergedSchema(const std::vector<parquet::Footer>& footers) const {
    Schema merged;
    for (size_t i = 0; i < footers.size(); ++i) {
      for (const Field& field : footers[i].schema.fields) {
        if (options_.partition_columns.IndexOf(field.name)) continue;  // the folder says it
        const auto there = merged.IndexOf(field.name);
        if (!there) {
          merged.fields.push_back(field);
        } else if (!(*merged.fields[*there].type == *field.type)) {
          ThrowUnfit("column " + field.name + " is " + merged.fields[*there].type->ToString() +
                         " in one file and " + field.type->ToString() + " in " + files_[i].path,
                     "Rewrite the files with one type, or convert them apart.");
        }
      }
    }
    for (const Field& column : options_.partition_columns.fields) merged.fields.push_back(column);
    return merged;
  }

  FileStats StatsOf(FileStats stats) const {
    if (!options_.statistics) return {};
    std::erase_if(stats.leaves, [&](const auto& leaf) {
      return options_.partition_columns.IndexOf(leaf.first.front()).has_value();
    });
    return stats;
  }

  std::vector<Value> PartitionValuesOf(const std::string& path) const {
    const auto folders = FoldersOf(path);
    const auto& columns = options_.partition_columns.fields;
    if (folders.size() != columns.size()) {
      ThrowUnfit("the file " + path + " lies in " + std::to_string(folders.size()) +
                     " folders name=value, and " + std::to_string(columns.size()) +
                     " partition columns are named",
                 "Name the columns with PARTITIONED BY (name type, ...).");
    }
    std::vector<Value> values;
    for (size_t i = 0; i < columns.size(); ++i) {
      const auto& [name, text] = folders[i];
      const auto position = options_.partition_columns.IndexOf(name);
      if (!position || *position != i) {
        ThrowUnfit(
            "the file " + path + " lies in a folder of " + name + ", not of " + columns[i].name,
            "Name the partition columns in the order of the folders.");
      }
      values.push_back(text == kNullFolder ? Value{}
                                           : FromPartitionText(text, *columns[i].type,
                                                               context_.partition_time_zone));
    }
    return values;
  }

  const io::Location location_;
  const ConvertOptions& options_;
  const StorageContext& context_;
  std::vector<NewFile> files_;
};

}  // namespace

ConvertReport ConvertToDelta(const io::Location& location, const ConvertOptions& options,
                             const StorageContext& context) {
  if (delta::IsDeltaTable(location)) {
    throw Error(ErrorKind::kAlreadyExists, "LK-3006",
                "there is a table at " + location.uri() + " already",
                "It is a Delta table; register it with CREATE TABLE name LOCATION 'path'.");
  }
  return Conversion(location, options, context).Run();
}

}  // namespace lakehouse::storage
