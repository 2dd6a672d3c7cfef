#include "storage/delta/checkpoint/checkpoint_files.h"

#include <arrow/api.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
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

/// Statistics are read by one, everything else by the other.
constexpr size_t kThreads = 2;
/// Smaller files are read by the caller's thread alone: another one would cost more than it gives.
constexpr int64_t kManyBytes = 4 << 20;

constexpr char kUneven[] = "its columns have different lengths";

[[noreturn]] void ThrowDamaged(const std::string& why) {
  throw Error(ErrorKind::kCorruption, "LK-3003", "checkpoint: " + why);
}

bool IsAtOrBelow(const std::string& way, std::string_view field) {
  return way.starts_with(field) && (way.size() == field.size() || way[field.size()] == '.');
}

/// Paths and statistics have readers of their own, partition values are read as texts, and nobody
/// asks for the others.
bool IsOfActions(const std::string& way) {
  constexpr std::string_view kOthers[] = {"add.path",
                                          "add.stats",
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

/// The leaf columns of a file that may hold something.
class FilledLeaves {
 public:
  explicit FilledLeaves(const File& file) : ways_(parquet::FilledParquetLeaves(file)) {}

  bool Has(std::string_view field) const {
    return std::any_of(ways_.begin(), ways_.end(),
                       [&](const std::string& way) { return IsAtOrBelow(way, field); });
  }

 private:
  const std::vector<std::string> ways_;
};

/// Which leaf columns of a file are read for its actions, but for their texts.
Wanted ActionLeaves(const FilledLeaves& filled) {
  std::vector<std::string_view> left_out;
  for (const std::string_view field : kOptional) {
    if (!filled.Has(field)) left_out.push_back(field);
  }
  return [left_out](const std::string& way) {
    return IsOfActions(way) &&
           std::none_of(left_out.begin(), left_out.end(),
                        [&](std::string_view field) { return IsAtOrBelow(way, field); });
  };
}

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
      if (lot == 0) ThrowDamaged(kUneven);
      at_ += lot;
    }
  }

 private:
  const std::shared_ptr<arrow::RecordBatchReader> rows_;
  Batch batch_;
  int64_t at_ = 0;
};

/// A column of texts of the adds, row by row.
class TextReader {
 public:
  /// Without a column where it has nothing.
  TextReader(const File& file, const FilledLeaves& filled, const std::string& way) {
    if (!filled.Has(way)) return;
    texts_ = parquet::OpenLeafTexts(file, way);
    if (!texts_) ThrowDamaged(way + " is no column of texts");
  }

  bool empty() const { return texts_ == nullptr; }
  /// The next rows, one at least; none at the end.
  std::span<const parquet::LeafText> Lot() { return texts_->Next(); }
  parquet::LeafText Next() {
    if (at_ == lot_.size()) {
      lot_ = Lot();
      at_ = 0;
      if (lot_.empty()) ThrowDamaged(kUneven);
    }
    return lot_[at_++];
  }
  bool AtEnd() { return texts_ == nullptr || (at_ == lot_.size() && Lot().empty()); }

 private:
  std::unique_ptr<parquet::LeafTexts> texts_;
  std::span<const parquet::LeafText> lot_;
  size_t at_ = 0;
};

/// The fields of add in some rows, found once: there may be millions.
class AddColumns {
 public:
  explicit AddColumns(const CheckpointRows& rows)
      : providers_(rows.Texts("clusteringProvider")),
        sizes_(rows.Numbers("size")),
        times_(rows.Numbers("modificationTime")),
        row_ids_(rows.Numbers("baseRowId")),
        row_versions_(rows.Numbers("defaultRowCommitVersion")),
        partitions_(rows.Maps("partitionValues")),
        tags_(rows.Maps("tags")),
        vectors_(rows.Struct("deletionVector")) {}

  /// All but the statistics.
  void Put(int64_t row, std::string_view encoded, FileBlockBuilder& builder) const {
    AddView add;
    std::string decoded;
    if (encoded.find('%') != std::string_view::npos) decoded = DecodePath(encoded);
    add.path = decoded.empty() ? encoded : std::string_view(decoded);
    if (add.path.empty()) ThrowDamaged("an add without a path");
    add.size_bytes = NumberOf(sizes_, row).value_or(0);
    add.modified_ms = NumberOf(times_, row).value_or(0);
    const PartitionValues partitions = PartitionsOf(row);
    add.partition_values = &partitions;
    const Tags tags = TagsOf(row);
    add.tags = &tags;
    add.deletion_vector = ReadVector(vectors_, row);
    add.base_row_id = NumberOf(row_ids_, row);
    add.default_row_commit_version = NumberOf(row_versions_, row);
    add.clustering_provider = ViewOf(providers_, row);
    builder.AddBare(add);
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

  const std::shared_ptr<arrow::StringArray> providers_;
  const std::shared_ptr<arrow::Int64Array> sizes_, times_, row_ids_, row_versions_;
  const std::shared_ptr<arrow::MapArray> partitions_, tags_;
  const CheckpointRows vectors_;
};

/// A part of what FileBlockBuilder::kFullRows adds of a file are.
template <typename Part>
struct Lot {
  Part part;
  int64_t end = 0;  ///< the row behind its last add
};
using BareLots = std::vector<Lot<std::unique_ptr<FileBlock>>>;
using StatsLots = std::vector<Lot<PackedStats>>;

/// The statistics of the adds of a file: their texts, or else the struct column.
class StatsReader {
 public:
  StatsReader(const File& file, const FilledLeaves& filled)
      : file_(file), texts_(file, filled, "add.stats"), has_parsed_(filled.Has(kParsed)) {}

  StatsLots Read() {
    if (!texts_.empty()) {
      for (auto lot = texts_.Lot(); !lot.empty(); lot = texts_.Lot()) TakeTexts(lot);
    } else if (has_parsed_) {
      OpenParsed();
      while (const int64_t count = parsed_->Ready()) TakeParsed(count);
    }
    if (adds_ > 0) Finish();
    return std::move(lots_);
  }

 private:
  static constexpr char kParsed[] = "add.stats_parsed";

  void OpenParsed() {
    parsed_.emplace(file_, [](const std::string& way) { return IsAtOrBelow(way, kParsed); });
  }

  void TakeTexts(std::span<const parquet::LeafText> lot) {
    const bool lacks = has_parsed_ && std::any_of(lot.begin(), lot.end(), [](const auto& row) {
                         return row.in_struct && row.text.empty();
                       });
    const auto parsed = lacks ? Parsed(static_cast<int64_t>(lot.size())) : nullptr;
    int64_t at = 0;
    for (const auto& [is_add, text] : lot) {
      if (is_add && text.empty() && parsed) {
        Add(StatsText(*parsed, at));
      } else if (is_add) {
        Add(text);
      }
      ++at;
      ++row_;
      if (adds_ == FileBlockBuilder::kFullRows) Finish();
    }
  }

  void TakeParsed(int64_t count) {
    const Batch batch = parsed_->Take(count);
    const CheckpointRows adds(*batch, "add");
    const auto parsed = adds.Field("stats_parsed");
    for (int64_t at = 0; at < count; ++at) {
      if (adds.Has(at)) Add(StatsText(*parsed, at));
      ++row_;
      if (adds_ == FileBlockBuilder::kFullRows) Finish();
    }
  }

  void Add(std::string_view text) {
    packer_.Add(text);
    ++adds_;
  }

  void Finish() {
    lots_.push_back({packer_.Finish(), row_});
    adds_ = 0;
  }

  /// The struct column for the rows that come next.
  std::shared_ptr<arrow::Array> Parsed(int64_t count) {
    if (!parsed_) OpenParsed();
    parsed_->Skip(row_ - parsed_row_);
    std::vector<std::shared_ptr<arrow::Array>> parts;
    for (int64_t left = count; left > 0;) {
      const int64_t lot = std::min(parsed_->Ready(), left);
      if (lot == 0) ThrowDamaged(kUneven);
      parts.push_back(CheckpointRows(*parsed_->Take(lot), "add").Field("stats_parsed"));
      left -= lot;
    }
    parsed_row_ = row_ + count;
    if (parts.size() == 1) return parts.front();
    auto joined = arrow::Concatenate(parts);
    Check(joined.status());
    return *std::move(joined);
  }

  const File file_;
  TextReader texts_;
  const bool has_parsed_;
  std::optional<LeafReader> parsed_;
  int64_t row_ = 0;         ///< rows that were taken
  int64_t parsed_row_ = 0;  ///< rows that parsed_ is past
  size_t adds_ = 0;         ///< in packer_
  StatsPacker packer_;
  StatsLots lots_;
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

namespace {

/// Reads all but statistics. `take` may be null.
class ActionsReader {
 public:
  ActionsReader(const File& file, const FilledLeaves& filled)
      : rows_(file, ActionLeaves(filled)), paths_(file, filled, "add.path") {}

  BareLots Read(Actions& actions, const std::function<void(const arrow::RecordBatch&)>& take) {
    while (const int64_t count = rows_.Ready()) {
      const Batch batch = rows_.Take(count);
      TakeAdds(*batch);
      ReadRemoves(*batch, actions);
      if (take) take(*batch);
    }
    if (!paths_.AtEnd()) ThrowDamaged(kUneven);
    if (builder_.size() > 0) Finish();
    return std::move(lots_);
  }

 private:
  void TakeAdds(const arrow::RecordBatch& batch) {
    const CheckpointRows adds(batch, "add");
    const AddColumns columns(adds);
    for (int64_t at = 0; at < batch.num_rows(); ++at) {
      const parquet::LeafText path =
          paths_.empty() ? parquet::LeafText{adds.Has(at), {}} : paths_.Next();
      if (path.in_struct) columns.Put(at, path.text, builder_);
      ++row_;
      if (builder_.size() == FileBlockBuilder::kFullRows) Finish();
    }
  }

  void Finish() { lots_.push_back({builder_.FinishBare(), row_}); }

  LeafReader rows_;
  TextReader paths_;
  int64_t row_ = 0;  ///< rows that were taken
  FileBlockBuilder builder_;
  BareLots lots_;
};

/// Statistics of files that have none.
PackedStats NoStats(size_t files) {
  StatsPacker packer;
  for (size_t i = 0; i < files; ++i) packer.Add("");
  return packer.Finish();
}

void Join(BareLots bare, StatsLots stats, Actions& actions) {
  const bool none = stats.empty();
  if (!none && stats.size() != bare.size()) ThrowDamaged(kUneven);
  for (size_t i = 0; i < bare.size(); ++i) {
    auto& [part, end] = bare[i];
    const size_t files = part->size();
    if (!none && stats[i].end != end) ThrowDamaged(kUneven);
    const FileBlockPtr block =
        FileBlockBuilder::Join(std::move(part), none ? NoStats(files) : std::move(stats[i].part));
    actions.blocks.push_back({block, 0, static_cast<uint32_t>(files)});
  }
}

}  // namespace

int64_t ReadFileActions(const io::Location& place, Actions& actions,
                        const std::function<void(const arrow::RecordBatch&)>& take) {
  const File file = place.store->Open(place.path);
  const int64_t size = file->info().size_bytes;
  const FilledLeaves filled(file);
  BareLots bare;
  StatsLots stats;
  ForEachInParallel(2, size < kManyBytes ? 1 : kThreads, [&](size_t i) {
    if (i == 0) {
      bare = ActionsReader(file, filled).Read(actions, take);
    } else {
      stats = StatsReader(file, filled).Read();
    }
  });
  Join(std::move(bare), std::move(stats), actions);
  return size;
}

}  // namespace lakehouse::storage::delta
