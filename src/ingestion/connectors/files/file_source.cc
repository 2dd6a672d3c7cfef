#include "ingestion/connectors/files/file_source.h"

#include <arrow/type.h>

#include <algorithm>

#include "ingestion/connectors/files/discovery.h"
#include "ingestion/connectors/files/file_options.h"
#include "ingestion/connectors/files/format_reader.h"
#include "ingestion/connectors/options.h"

namespace lakehouse::ingestion::connectors::files {

namespace {

/// Types that the options name, in place of the inferred ones; columns that no file has come last.
void ApplyColumns(const FileOptions& options, Fields& fields) {
  for (const auto& [name, type] : options.columns) {
    bool found = false;
    for (auto& field : fields) {
      if (FoldCase(field->name()) != FoldCase(name)) continue;
      field = field->WithType(type);
      found = true;
    }
    if (!found) fields.push_back(arrow::field(TableColumnNames({name}).front(), type));
  }
}

/// The fields of `found` that `fields` lacks come last; the type of the first file with a field
/// holds.
void AddLacking(Fields& fields, const Fields& found) {
  for (const auto& field : found) {
    const bool there = std::any_of(fields.begin(), fields.end(), [&](const auto& known) {
      return FoldCase(known->name()) == FoldCase(field->name());
    });
    if (!there) fields.push_back(field);
  }
}

class FileSource : public Source {
 public:
  FileSource(FileOptions options, FileRoots roots)
      : options_(std::move(options)), roots_(std::move(roots)) {}

  Discovery Discover(const SourceContext& context) override {
    cancel_ = context.cancel;
    Discovery result;
    for (SourceFile& file : FindFiles(options_, roots_)) {
      if (context.loaded.contains(file.mark)) {
        ++result.parts_skipped;
      } else if (static_cast<int64_t>(files_.size()) < options_.max_files_per_run) {
        files_.push_back(std::move(file));
      }
    }
    for (const SourceFile& file : files_) bytes_total_ += file.size_bytes;
    result.parts_new = static_cast<int64_t>(files_.size());
    result.anything = !files_.empty();
    return result;
  }

  std::shared_ptr<arrow::Schema> ProposeSchema() override {
    std::optional<Fields> fields;
    for (const SourceFile& file : files_) {
      auto found = Infer(file);
      if (!found) continue;
      if (!fields) fields.emplace();
      AddLacking(*fields, *found);
      if (!options_.merge_schema) break;
    }
    if (!fields) fields.emplace();
    ApplyColumns(options_, *fields);
    if (fields->empty()) {
      throw Error(ErrorKind::kInvalidSchema, "LK-5033",
                  "no columns can be found in " + options_.path + ": its files have no rows",
                  "Name the columns and their types in source_config.columns.");
    }
    if (!options_.rescued_data_column.empty()) {
      fields->push_back(arrow::field(options_.rescued_data_column, arrow::utf8()));
    }
    return arrow::schema(std::move(*fields));
  }

  void Start(std::shared_ptr<arrow::Schema> target) override {
    target_ = std::make_shared<TargetColumns>(std::move(target), options_.rescued_data_column);
  }

  bool Next(SourceBatch& batch) override {
    while (true) {
      cancel_.ThrowIfStopped();
      if (reader_ == nullptr) {
        if (at_ == files_.size()) break;
        reader_ = Open(files_[at_]);
      }
      if (reader_->Next(batch)) {
        Measure(reader_->position(), batch);
        return true;
      }
      FinishFile();
    }
    Measure(0, batch);
    return false;
  }

  std::vector<std::string> FinishedMarks() const override {
    std::vector<std::string> marks;
    for (size_t i = 0; i < at_; ++i) marks.push_back(files_[i].mark);
    return marks;
  }

 private:
  void Measure(int64_t position, SourceBatch& batch) const {
    batch.bytes_read = bytes_finished_ + position;
    batch.fraction = bytes_total_ == 0 ? 1
                                       : std::min(1.0, static_cast<double>(batch.bytes_read) /
                                                           static_cast<double>(bytes_total_));
  }

  std::optional<Fields> Infer(const SourceFile& file) const {
    switch (options_.format) {
      case FileFormat::kCsv:
        return InferCsv(file, options_);
      case FileFormat::kJson:
        return InferNdjson(file, options_);
      case FileFormat::kParquet:
        break;
    }
    return InferParquet(file);
  }

  std::unique_ptr<FormatReader> Open(const SourceFile& file) const {
    switch (options_.format) {
      case FileFormat::kCsv:
        return OpenCsv(file, options_, target_);
      case FileFormat::kJson:
        return OpenNdjson(file, options_, target_);
      case FileFormat::kParquet:
        break;
    }
    return OpenParquetFile(file, target_);
  }

  /// A file that grew while it was read would be marked as loaded with rows missing.
  void FinishFile() {
    const SourceFile& file = files_[at_];
    if (DescribeFile(file.path).mark != file.mark) {
      throw Error(ErrorKind::kUnavailable, "LK-5034", file.path + " changed while it was read",
                  "Write files under another name and rename them when they are complete.");
    }
    reader_.reset();
    bytes_finished_ += file.size_bytes;
    ++at_;
  }

  FileOptions options_;
  FileRoots roots_;
  CancellationToken cancel_;
  std::vector<SourceFile> files_;
  std::shared_ptr<const TargetColumns> target_;
  std::unique_ptr<FormatReader> reader_;  ///< of files_[at_]
  size_t at_ = 0;
  int64_t bytes_total_ = 0;
  int64_t bytes_finished_ = 0;  ///< of files before files_[at_]
};

}  // namespace

bool IsFileSource(const std::string& source_type) {
  return source_type == "csv" || source_type == "json" || source_type == "parquet";
}

std::unique_ptr<Source> MakeFileSource(const std::string& source_type, const SourceOptions& options,
                                       FileRoots roots) {
  return std::make_unique<FileSource>(ParseFileOptions(source_type, options), std::move(roots));
}

}  // namespace lakehouse::ingestion::connectors::files
