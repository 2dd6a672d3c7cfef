#include "storage/parquet/data_file_writer.h"

#include <arrow/api.h>
#include <arrow/compute/initialize.h>
#include <arrow/util/utf8.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "storage/arrow_schema.h"
#include "storage/parquet/arrow_io.h"
#include "storage/parquet/column_stats.h"
#include "storage/parquet/partition_split.h"
#include "storage/parquet/physical_columns.h"
#include "storage/parquet/plain_columns.h"
#include "storage/parquet/stats_columns.h"
#include "storage/parquet/variant_checks.h"
#include "storage/parquet/writer_properties.h"
#include "storage/schema_change.h"

namespace lakehouse::storage::parquet {
namespace {

/// Files that begin with fewer rows are small: waking threads for them costs more than they save.
constexpr int64_t kRowsForThreads = 4096;

/// One file that is being written.
class OpenFile {
 public:
  OpenFile(io::Location table, std::string path, std::vector<Value> values,
           const std::shared_ptr<arrow::Schema>& schema, const StatsColumns& stats_columns,
           std::shared_ptr<::parquet::WriterProperties> properties, bool threads)
      : path_(std::move(path)),
        values_(std::move(values)),
        object_(table.store->Create(io::JoinPath(table.path, path_))),
        schema_(schema),
        stats_(stats_columns) {
    sink_ = std::make_shared<ArrowOutput>(*object_);
    Run("opening " + path_, [&] {
      file_ = Check(
          ::parquet::arrow::FileWriter::Open(*schema, WriterMemory(), sink_, std::move(properties),
                                             MakeArrowProperties(threads)),
          "opening " + path_);
    });
  }

  void Write(const arrow::RecordBatch& rows) {
    stats_.Add(rows);
    const std::string doing = "writing " + path_;
    Run(doing, [&] { Check(file_->WriteRecordBatch(*Rename(rows, schema_)), doing); });
  }
  /// Bytes in the object; the open row group is not in them.
  int64_t size() const { return object_->bytes_written(); }
  const std::vector<Value>& values() const { return values_; }

  NewFile Close(const Clock& clock) {
    const std::string doing = "closing " + path_;
    Run(doing, [&] { Check(file_->Close(), doing); });
    object_->Finish();
    return {path_, object_->bytes_written(), clock.NowMs(), values_, stats_.Take()};
  }

  uint64_t last_used = 0;

 private:
  /// A failure of the store is thrown as it was, whatever Parquet made of it.
  template <typename Work>
  void Run(const std::string& doing, Work work) {
    try {
      work();
    } catch (const Error&) {
      sink_->ThrowFailure(doing);
      throw;
    } catch (const ::parquet::ParquetException& error) {
      sink_->ThrowFailure(doing);
      throw Error(ErrorKind::kInternal, "LK-0001", doing + ": " + error.what());
    }
  }

  const std::string path_;
  const std::vector<Value> values_;
  const std::unique_ptr<io::ObjectWriter> object_;
  const std::shared_ptr<arrow::Schema> schema_;  ///< of the file
  StatsCollector stats_;
  std::shared_ptr<ArrowOutput> sink_;
  std::unique_ptr<::parquet::arrow::FileWriter> file_;
};

void InitializeCompute() {
  static std::once_flag once;
  std::call_once(once, [] {
    arrow::util::InitializeUTF8();
    Check(arrow::compute::Initialize(), "starting Arrow's kernels");
  });
}

/// A number, or bytes as Spark writes them ("128mb", "1g"); anything else is left to the default.
int64_t NumberOr(const std::map<std::string, std::string>& properties, const std::string& key,
                 int64_t fallback) {
  const auto found = properties.find(key);
  if (found == properties.end()) return fallback;
  std::string unit;
  int64_t value = 0;
  const std::string& text = found->second;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc()) return fallback;
  for (const char* c = end; c != text.data() + text.size(); ++c) {
    unit += static_cast<char>(std::tolower(static_cast<unsigned char>(*c)));
  }
  static const std::map<std::string, int> shifts = {{"", 0},   {"b", 0},   {"k", 10}, {"kb", 10},
                                                    {"m", 20}, {"mb", 20}, {"g", 30}, {"gb", 30}};
  const auto shift = shifts.find(unit);
  if (shift == shifts.end() || std::abs(value) > (INT64_MAX >> shift->second)) return fallback;
  return value * (int64_t{1} << shift->second);
}

}  // namespace

class DataFileWriter::Impl {
 public:
  Impl(io::Location table, const TableMetadata& metadata, const DataFileOptions& options,
       const StorageContext& context)
      : table_(std::move(table)),
        metadata_(metadata),
        options_(options),
        context_(context),
        schema_(ToArrow(metadata.schema)) {
    InitializeCompute();
    options_.row_group_rows = std::max<int64_t>(options_.row_group_rows, 1);
    MakeWriterProperties(options_.compression, options_.row_group_rows);  // or its error
    std::vector<Field> fields = metadata_.schema.fields;
    for (const std::string& column : metadata_.partition_columns) {
      LAKE_CHECK(metadata_.schema.IndexOf(column).has_value());
      std::erase_if(fields, [&](const Field& field) {
        return metadata_.schema.IndexOf(column) == metadata_.schema.IndexOf(field.name);
      });
    }
    file_schema_ = ToArrowFiles(fields, MappingOf(metadata_));
    ForEachField(metadata_.schema, [&](const ColumnPath& path, const Field& field) {
      if (field.type->id() == TypeId::kVariant) options_.stats.variants.push_back(path);
    });
  }

  void Write(const arrow::RecordBatch& batch) {
    if (!batch.schema()->Equals(*schema_, /*check_metadata=*/false)) {
      throw Error(ErrorKind::kInvalidSchema, "LK-3520",
                  "rows have the columns " + batch.schema()->ToString() + ", the table has " +
                      schema_->ToString());
    }
    if (batch.num_rows() == 0) return;
    CheckVariantParts(batch, metadata_.schema);
    rows_ += batch.num_rows();
    if (metadata_.partition_columns.empty()) {
      WriteTo({}, batch);
      return;
    }
    for (const PartitionRows& part : SplitByPartition(batch, metadata_)) {
      WriteTo(part.values, *part.rows);
    }
  }

  std::vector<NewFile> Finish() {
    while (!open_.empty()) CloseFile(open_.size() - 1);
    finished_ = true;
    return std::exchange(done_, {});
  }

  void Discard() {
    open_.clear();
    while (!written_.empty()) {
      const std::string path = std::move(written_.back());
      written_.pop_back();
      table_.store->Delete(path);
    }
  }

  ~Impl() {
    if (finished_) return;
    try {
      Discard();
    } catch (...) {
      // A destructor throws nothing. What stays is not in any table; VACUUM finds it.
    }
  }

  int64_t rows() const { return rows_; }

 private:
  /// In slices, so that a large batch does not become a large file.
  void WriteTo(const std::vector<Value>& values, const arrow::RecordBatch& rows) {
    for (int64_t from = 0; from < rows.num_rows(); from += options_.row_group_rows) {
      const auto slice = rows.Slice(from, options_.row_group_rows);
      const size_t at = FileOf(values, *slice);
      open_[at]->last_used = ++tick_;
      open_[at]->Write(*slice);
      if (open_[at]->size() >= options_.target_file_bytes) CloseFile(at);
    }
  }

  /// The open file of a partition, or a new one that begins with `rows`.
  size_t FileOf(const std::vector<Value>& values, const arrow::RecordBatch& rows) {
    for (size_t i = 0; i < open_.size(); ++i) {
      if (SamePartition(open_[i]->values(), values)) return i;
    }
    if (open_.size() == kMaxOpenPartitions) {
      const auto oldest = std::min_element(
          open_.begin(), open_.end(),
          [](const auto& a, const auto& b) { return a->last_used < b->last_used; });
      CloseFile(static_cast<size_t>(oldest - open_.begin()));
    }
    const std::string name = (options_.change_data ? "cdc-00000-" : "part-00000-") +
                             Uuid::V7(*context_.clock, *context_.random).ToString() + ".c000." +
                             options_.compression + ".parquet";
    std::string folder = PartitionFolder(values, metadata_);
    if (options_.change_data) folder = io::JoinPath("_change_data", folder);
    const std::string path = io::JoinPath(folder, name);
    auto properties = MakeWriterProperties(options_.compression, options_.row_group_rows,
                                           PlainColumns(rows, *file_schema_));
    open_.push_back(std::make_unique<OpenFile>(table_, path, values, file_schema_, options_.stats,
                                               std::move(properties),
                                               rows.num_rows() >= kRowsForThreads));
    return open_.size() - 1;
  }

  void CloseFile(size_t at) {
    std::unique_ptr<OpenFile> file = std::move(open_[at]);
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(at));
    done_.push_back(file->Close(*context_.clock));
    written_.push_back(io::JoinPath(table_.path, done_.back().path));
  }

  const io::Location table_;
  const TableMetadata metadata_;
  DataFileOptions options_;
  const StorageContext context_;
  const std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::Schema> file_schema_;
  std::vector<std::unique_ptr<OpenFile>> open_;
  std::vector<NewFile> done_;
  std::vector<std::string> written_;
  uint64_t tick_ = 0;
  int64_t rows_ = 0;
  bool finished_ = false;
};

DataFileWriter::DataFileWriter(io::Location table, const TableMetadata& metadata,
                               const DataFileOptions& options, const StorageContext& context)
    : impl_(std::make_unique<Impl>(std::move(table), metadata, options, context)) {}
DataFileWriter::~DataFileWriter() = default;

void DataFileWriter::Write(const arrow::RecordBatch& batch) { impl_->Write(batch); }
std::vector<NewFile> DataFileWriter::Finish() { return impl_->Finish(); }
void DataFileWriter::Discard() { impl_->Discard(); }
int64_t DataFileWriter::rows_written() const { return impl_->rows(); }

DataFileOptions OptionsFor(const TableMetadata& metadata, DataFileOptions defaults,
                           const std::vector<ColumnPath>& always) {
  const auto& properties = metadata.properties;
  defaults.target_file_bytes =
      NumberOr(properties, "delta.targetFileSize", defaults.target_file_bytes);
  const int64_t indexed =
      NumberOr(properties, "delta.dataSkippingNumIndexedCols", defaults.stats.first);
  defaults.stats.first =
      indexed < 0 ? INT32_MAX : static_cast<int>(std::min<int64_t>(indexed, INT32_MAX));
  const auto named = properties.find("delta.dataSkippingStatsColumns");
  if (named != properties.end()) {
    defaults.stats.named = FindColumns(metadata.schema, named->second);
  }
  defaults.stats.always.insert(defaults.stats.always.end(), always.begin(), always.end());
  const auto codec = properties.find("delta.parquet.compression.codec");
  if (codec != properties.end()) {
    defaults.compression = codec->second;
    for (char& c : defaults.compression) {
      c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return defaults;
}

}  // namespace lakehouse::storage::parquet
