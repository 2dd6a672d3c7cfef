#pragma once

#include <arrow/api.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "fuzz_input.h"
#include "ingestion/connectors/files/format_reader.h"

namespace lakehouse::ingestion::connectors::files {

/// What a reader made of a file.
struct FileOutcome {
  bool read = false;
  int64_t rows = 0;
  int64_t rejected = 0;
};

/// One file of this process, written anew for each input.
inline SourceFile WriteInput(std::string_view bytes) {
  static const std::string path = [] {
    std::string name = "/tmp/lakehouse-file-fuzz-XXXXXX";
    const int file = mkstemp(name.data());
    Require(file >= 0);
    close(file);
    return name;
  }();
  FILE* file = fopen(path.c_str(), "wb");
  Require(file != nullptr);
  Require(fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size());
  fclose(file);
  SourceFile source = DescribeFile(path);
  source.real_path = path;
  return source;
}

/// Columns of every kind under the names that the seeds use.
inline std::shared_ptr<arrow::Schema> AnyColumns() {
  return arrow::schema({arrow::field("a", arrow::int64()), arrow::field("b", arrow::utf8()),
                        arrow::field("c", arrow::float64()), arrow::field("d", arrow::date32()),
                        arrow::field("e", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
                        arrow::field("f", arrow::decimal128(10, 2)),
                        arrow::field("g", arrow::boolean()),
                        arrow::field("_rescued_data", arrow::utf8())});
}

template <typename Open>
FileOutcome ReadAll(const SourceFile& file, const FileOptions& options,
                    const std::shared_ptr<arrow::Schema>& schema, Open&& open) {
  FileOutcome outcome;
  const auto target = std::make_shared<const TargetColumns>(schema, options.rescued_data_column);
  outcome.read = Takes("LK-50", [&] {
    const auto reader = open(file, options, target);
    SourceBatch batch;
    bool more = true;
    while (more) {
      batch = {};
      more = reader->Next(batch);
      outcome.rejected += static_cast<int64_t>(batch.rejected.size());
      if (!batch.rows) continue;
      Require(batch.rows->schema()->Equals(*schema));
      Require(batch.rows->ValidateFull().ok());
      outcome.rows += batch.rows->num_rows();
    }
  });
  return outcome;
}

/// Reads a file into the columns that it seems to have and into others, in large blocks and in
/// small ones: where a block ends must not change what is read.
template <typename Infer, typename Open>
void CheckFile(const SourceFile& file, FileOptions options, Infer&& infer, Open&& open) {
  constexpr int64_t kSmall = 64;
  options.block_bytes = 1 << 16;  // more than any input: large buffers would only cost time
  Takes("LK-50", [&] {
    if (const auto fields = infer(file, options); fields && !fields->empty()) {
      ReadAll(file, options, arrow::schema(*fields), open);
    }
  });
  const FileOutcome whole = ReadAll(file, options, AnyColumns(), open);
  options.block_bytes = kSmall;
  const FileOutcome pieces = ReadAll(file, options, AnyColumns(), open);
  if (!whole.read || !pieces.read) return;
  Require(whole.rows + whole.rejected == pieces.rows + pieces.rejected);
}

}  // namespace lakehouse::ingestion::connectors::files
