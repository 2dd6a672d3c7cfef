#include "storage/delta/checkpoint/checkpoint_files.h"

#include <arrow/api.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "storage/delta/checkpoint/parsed_stats.h"
#include "storage/delta/snapshot/file_block.h"
#include "storage/parallel.h"
#include "storage/parquet/parquet_file.h"

namespace lakehouse::storage::delta {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;
using File = std::shared_ptr<io::ObjectReader>;
using Wanted = std::function<bool(const std::string&)>;

/// Rows are read and packed by so many threads at once.
constexpr size_t kThreads = 2;
/// Smaller files are read by the caller's thread alone: another one would cost more than it gives.
constexpr int64_t kManyBytes = 4 << 20;

[[noreturn]] void ThrowDamaged(const std::string& why) {
  throw Error(ErrorKind::kCorruption, "LK-3003", "checkpoint: " + why);
}

bool IsAtOrBelow(const std::string& way, std::string_view field) {
  return way.starts_with(field) && (way.size() == field.size() || way[field.size()] == '.');
}

/// Statistics have readers of their own, partition values are read as texts, and nobody asks for
/// the others.
bool IsOfActions(const std::string& way) {
  constexpr std::string_view kOthers[] = {"add.stats",
                                          "add.stats_parsed",
                                          "add.partitionValues_parsed",
                                          "add.dataChange",
                                          "remove.stats",
                                          "remove.stats_parsed",
                                          "remove.tags",
                                          "remove.partitionValues",
                                          "remove.extendedFileMetadata",
                                          "remove.size",
                                          "remove.baseRowId",
                                          "remove.defaultRowCommitVersion",
                                          "metaData.format",
                                          "sidecar.modificationTime",
                                          "sidecar.tags",
                                          "checkpointMetadata.tags"};
  return std::none_of(std::begin(kOthers), std::end(kOthers),
                      [&](std::string_view other) { return IsAtOrBelow(way, other); });
}

/// What need not be there: without it, every row has none. The others say whether a row is an
/// action, or has a deletion vector.
constexpr std::string_view kOptional[] = {"add.tags",
                                          "add.partitionValues",
                                          "add.deletionVector.pathOrInlineDv",
                                          "add.deletionVector.offset",
                                          "add.deletionVector.sizeInBytes",
                                          "add.deletionVector.cardinality",
                                          "add.baseRowId",
                                          "add.defaultRowCommitVersion",
                                          "add.clusteringProvider",
                                          "remove.deletionVector.pathOrInlineDv",
                                          "remove.deletionVector.offset",
                                          "remove.deletionVector.sizeInBytes",
                                          "remove.deletionVector.cardinality",
                                          "txn.lastUpdated",
                                          "metaData.name",
                                          "metaData.description",
                                          "metaData.partitionColumns",
                                          "metaData.configuration",
                                          "protocol.readerFeatures",
                                          "protocol.writerFeatures"};

/// Which leaf columns of a file are read for its actions: those that may hold something.
class ActionLeaves {
 public:
  explicit ActionLeaves(const File& file) {
    const auto filled = parquet::FilledParquetLeaves(file);
    for (const std::string_view field : kOptional) {
      if (std::none_of(filled.begin(), filled.end(),
                       [&](const std::string& way) { return IsAtOrBelow(way, field); })) {
        left_out_.push_back(field);
      }
    }
  }

  bool operator()(const std::string& way) const {
    return IsOfActions(way) &&
           std::none_of(left_out_.begin(), left_out_.end(),
                        [&](std::string_view field) { return IsAtOrBelow(way, field); });
  }

 private:
  std::vector<std::string_view> left_out_;
};

DeletionVectorPtr ReadVector(const CheckpointRows& vectors, int64_t row) {
  if (!vectors.Has(row)) return nullptr;
  DeletionVectorDescriptor vector;
  const std::string type = vectors.Text("storageType", row);
  vector.storage_type = type.size() == 1 ? type[0] : '?';
  vector.path_or_inline = vectors.Text("pathOrInlineDv", row);
  if (vectors.HasField("offset", row)) vector.offset = vectors.Number("offset", row);
  vector.size_bytes = vectors.Number("sizeInBytes", row, -1);
  vector.cardinality = vectors.Number("cardinality", row, -1);
  Validate(vector);
  return std::make_shared<const DeletionVectorDescriptor>(std::move(vector));
}

/// Some leaf columns of a file, taken in lots of rows.
class LeafReader {
 public:
  LeafReader(const File& file, const Wanted& wanted)
      : rows_(parquet::OpenParquetLeaves(file, wanted)) {}

  bool empty() const { return rows_->schema()->num_fields() == 0; }
  /// Rows that Take may be asked for; 0 at the end.
  int64_t Ready() {
    while (!batch_ || at_ == batch_->num_rows()) {
      Check(rows_->ReadNext(&batch_));
      at_ = 0;
      if (!batch_) return 0;
    }
    return batch_->num_rows() - at_;
  }
  Batch Take(int64_t count) {
    Batch taken = batch_->Slice(at_, count);
    at_ += count;
    return taken;
  }
  void Skip(int64_t count) {
    for (int64_t lot = 0; count > 0; count -= lot) {
      lot = std::min(Ready(), count);
      if (lot == 0) ThrowDamaged("its columns have different lengths");
      at_ += lot;
    }
  }

 private:
  const std::shared_ptr<arrow::RecordBatchReader> rows_;
  Batch batch_;
  int64_t at_ = 0;
};

/// The fields of add in some rows, found once: there may be millions.
class AddColumns {
 public:
  AddColumns(const CheckpointRows& rows, const CheckpointRows* stats)
      : rows_(rows),
        paths_(rows.Texts("path")),
        stats_(stats == nullptr ? nullptr : stats->Texts("stats")),
        providers_(rows.Texts("clusteringProvider")),
        sizes_(rows.Numbers("size")),
        times_(rows.Numbers("modificationTime")),
        row_ids_(rows.Numbers("baseRowId")),
        row_versions_(rows.Numbers("defaultRowCommitVersion")),
        partitions_(rows.Maps("partitionValues")),
        tags_(rows.Maps("tags")),
        vectors_(rows.Struct("deletionVector")) {}

  /// Is there an add without a text of statistics?
  bool LacksStats(int64_t count) const {
    for (int64_t row = 0; row < count; ++row) {
      if (rows_.Has(row) && ViewOf(stats_, row).empty()) return true;
    }
    return false;
  }

  /// `parsed`, which may be null, has statistics for rows without a text.
  void Put(int64_t row, const arrow::Array* parsed, FileBlockBuilder& builder) const {
    AddView add;
    const std::string_view encoded = ViewOf(paths_, row);
    std::string decoded;
    if (encoded.find('%') != std::string_view::npos) decoded = DecodePath(encoded);
    add.path = decoded.empty() ? encoded : std::string_view(decoded);
    if (add.path.empty()) ThrowDamaged("an add without a path");
    add.size_bytes = NumberOf(sizes_, row).value_or(0);
    add.modified_ms = NumberOf(times_, row).value_or(0);
    const PartitionValues partitions = PartitionsOf(row);
    add.partition_values = &partitions;
    add.stats = ViewOf(stats_, row);
    std::string stats;
    // Writers may leave the text out and give a struct only.
    if (add.stats.empty() && parsed != nullptr) add.stats = stats = StatsText(*parsed, row);
    const Tags tags = TagsOf(row);
    add.tags = &tags;
    add.deletion_vector = ReadVector(vectors_, row);
    add.base_row_id = NumberOf(row_ids_, row);
    add.default_row_commit_version = NumberOf(row_versions_, row);
    add.clustering_provider = ViewOf(providers_, row);
    builder.Add(add);
  }

 private:
  static std::string_view ViewOf(const std::shared_ptr<arrow::StringArray>& texts, int64_t row) {
    return texts && texts->IsValid(row) ? texts->GetView(row) : std::string_view();
  }
  static std::optional<int64_t> NumberOf(const std::shared_ptr<arrow::Int64Array>& numbers,
                                         int64_t row) {
    return numbers && numbers->IsValid(row) ? std::optional(numbers->Value(row)) : std::nullopt;
  }
  /// `take(key, value)`; a value that is null is none.
  template <typename Take>
  static void ForEachEntry(const std::shared_ptr<arrow::MapArray>& maps, int64_t row, Take take) {
    if (!maps || maps->IsNull(row)) return;
    const auto& keys = static_cast<const arrow::StringArray&>(*maps->keys());
    const auto& items = static_cast<const arrow::StringArray&>(*maps->items());
    for (int64_t i = maps->value_offset(row); i < maps->value_offset(row + 1); ++i) {
      take(keys.GetView(i),
           items.IsValid(i) ? std::optional(std::string(items.GetView(i))) : std::nullopt);
    }
  }
  PartitionValues PartitionsOf(int64_t row) const {
    PartitionValues values;
    ForEachEntry(partitions_, row,
                 [&](std::string_view key, auto value) { values.emplace(key, value); });
    return values;
  }
  Tags TagsOf(int64_t row) const {
    Tags tags;
    ForEachEntry(tags_, row, [&](std::string_view key, auto value) {
      if (value) tags.emplace(key, *value);
    });
    return tags;
  }

  const CheckpointRows& rows_;
  const std::shared_ptr<arrow::StringArray> paths_, stats_, providers_;
  const std::shared_ptr<arrow::Int64Array> sizes_, times_, row_ids_, row_versions_;
  const std::shared_ptr<arrow::MapArray> partitions_, tags_;
  const CheckpointRows vectors_;
};

/// Reads the file actions of one file, statistics beside the other columns.
class FileActionsReader {
 public:
  explicit FileActionsReader(const io::Location& place)
      : file_(place.store->Open(place.path)),
        actions_(file_, ActionLeaves(file_)),
        stats_(file_, [](const std::string& way) { return IsAtOrBelow(way, "add.stats"); }),
        threads_(size_bytes() < kManyBytes ? 1 : kThreads) {}

  int64_t size_bytes() const { return file_->info().size_bytes; }

  /// The next rows without their statistics; null at the end.
  Batch Next() {
    std::array<int64_t, kThreads> ready{};
    const bool with_stats = !stats_.empty();
    ForEachInParallel(with_stats ? 2 : 1, threads_,
                      [&](size_t i) { ready[i] = i == 0 ? actions_.Ready() : stats_.Ready(); });
    if (with_stats && (ready[0] == 0) != (ready[1] == 0)) {
      ThrowDamaged("its columns have different lengths");
    }
    const int64_t count = with_stats ? std::min(ready[0], ready[1]) : ready[0];
    if (count == 0) return nullptr;
    stats_batch_ = with_stats ? stats_.Take(count) : nullptr;
    return actions_.Take(count);
  }

  void PackAdds(const arrow::RecordBatch& batch, Actions& actions) {
    const CheckpointRows adds(batch, "add");
    std::optional<CheckpointRows> stats;
    if (stats_batch_) stats.emplace(*stats_batch_, "add");
    const AddColumns columns(adds, stats ? &*stats : nullptr);
    const auto parsed =
        columns.LacksStats(batch.num_rows()) ? ParsedStats(batch.num_rows()) : nullptr;
    std::array<std::vector<BlockRange>, kThreads> blocks;
    const int64_t share = (batch.num_rows() + kThreads - 1) / static_cast<int64_t>(kThreads);
    ForEachInParallel(kThreads, threads_, [&](size_t i) {
      const int64_t from = static_cast<int64_t>(i) * share;
      const int64_t to = std::min(from + share, batch.num_rows());
      const auto finish = [&] {
        const FileBlockPtr block = builders_[i].Finish();
        blocks[i].push_back({block, 0, static_cast<uint32_t>(block->size())});
      };
      for (int64_t row = from; row < to; ++row) {
        if (adds.Has(row)) columns.Put(row, parsed.get(), builders_[i]);
        if (builders_[i].size() == FileBlockBuilder::kFullRows) finish();
      }
      if (builders_[i].size() > 0) finish();
    });
    for (auto& some : blocks) {
      std::move(some.begin(), some.end(), std::back_inserter(actions.blocks));
    }
    done_ += batch.num_rows();
  }

 private:
  /// The struct column of statistics for the rows at hand; null when there is none.
  std::shared_ptr<arrow::Array> ParsedStats(int64_t count) {
    if (!parsed_) {
      parsed_.emplace(file_,
                      [](const std::string& way) { return IsAtOrBelow(way, "add.stats_parsed"); });
    }
    if (parsed_->empty()) return nullptr;
    parsed_->Skip(done_ - parsed_done_);
    std::vector<std::shared_ptr<arrow::Array>> parts;
    for (int64_t left = count; left > 0;) {
      const int64_t lot = std::min(parsed_->Ready(), left);
      if (lot == 0) ThrowDamaged("its columns have different lengths");
      parts.push_back(CheckpointRows(*parsed_->Take(lot), "add").Field("stats_parsed"));
      left -= lot;
    }
    parsed_done_ = done_ + count;
    if (parts.size() == 1) return parts.front();
    auto joined = arrow::Concatenate(parts);
    Check(joined.status());
    return *std::move(joined);
  }

  const File file_;
  LeafReader actions_, stats_;
  const size_t threads_;
  Batch stats_batch_;
  std::optional<LeafReader> parsed_;
  int64_t done_ = 0;         ///< rows that were packed
  int64_t parsed_done_ = 0;  ///< rows that parsed_ is past
  std::array<FileBlockBuilder, kThreads> builders_;
};

void ReadRemoves(const arrow::RecordBatch& batch, Actions& actions) {
  const CheckpointRows removes(batch, "remove");
  const CheckpointRows vectors = removes.Struct("deletionVector");
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    if (!removes.Has(row)) continue;
    actions.removes.push_back({PathIn(removes, row, "a remove"),
                               removes.Number("deletionTimestamp", row),
                               removes.Flag("dataChange", row), ReadVector(vectors, row), nullptr});
  }
}

}  // namespace

std::string PathIn(const CheckpointRows& rows, int64_t row, const char* what) {
  std::string path = DecodePath(rows.Text("path", row));
  if (path.empty()) ThrowDamaged(std::string(what) + " without a path");
  return path;
}

int64_t ReadFileActions(const io::Location& place, Actions& actions,
                        const std::function<void(const arrow::RecordBatch&)>& take) {
  FileActionsReader reader(place);
  while (const Batch batch = reader.Next()) {
    reader.PackAdds(*batch, actions);
    ReadRemoves(*batch, actions);
    if (take) take(*batch);
  }
  return reader.size_bytes();
}

}  // namespace lakehouse::storage::delta
