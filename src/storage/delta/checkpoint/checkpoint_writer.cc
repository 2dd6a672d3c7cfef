#include <arrow/api.h>

#include <algorithm>
#include <functional>
#include <future>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "storage/arrow_schema.h"
#include "storage/delta/checkpoint/checkpoint.h"
#include "storage/delta/checkpoint/checkpoint_columns.h"
#include "storage/delta/log/last_checkpoint.h"
#include "storage/delta/log/log_properties.h"
#include "storage/delta/log/schema_json.h"
#include "storage/parquet/parquet_file.h"

namespace lakehouse::storage::delta {
namespace {

using Batch = CheckpointColumns::Batch;
/// Columns in which nearly every row has another value.
const std::vector<std::string> kDistinct = {"add.path", "add.size", "add.modificationTime",
                                            "add.stats", "remove.path"};

/// Gives one batch after the other, then null.
using Source = std::function<Batch()>;

constexpr size_t kBatchRows = 8'192;
constexpr int64_t kRowGroupRows = 64 << 10;
/// File actions in one sidecar; more go into further ones.
constexpr size_t kSidecarActions = 100'000;
/// A schema text longer than this is left out of `_last_checkpoint`: readers find it in the file.
constexpr size_t kMaxHintSchemaBytes = 64 << 10;

/// The batches of several sources in order; where they are many, each is made by another thread
/// before it is asked for.
class BatchReader : public arrow::RecordBatchReader {
 public:
  BatchReader(std::shared_ptr<arrow::Schema> schema, std::vector<Source> sources)
      : schema_(std::move(schema)), sources_(std::move(sources)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    *batch = next_.valid() ? next_.get() : Make();
    if (!*batch) return arrow::Status::OK();
    rows_ += (*batch)->num_rows();
    // A short batch comes from few files, for which a thread would cost more than it gives.
    if (static_cast<size_t>((*batch)->num_rows()) == kBatchRows) {
      next_ = std::async(std::launch::async, [this] { return Make(); });
    }
    return arrow::Status::OK();
  }
  int64_t rows() const { return rows_; }

 private:
  Batch Make() {
    for (; at_ < sources_.size(); ++at_) {
      while (Batch batch = sources_[at_]()) {
        if (batch->num_rows() > 0) return batch;
      }
    }
    return nullptr;
  }

  const std::shared_ptr<arrow::Schema> schema_;
  std::vector<Source> sources_;
  size_t at_ = 0;
  int64_t rows_ = 0;
  /// Made while the one before is written. The last member: it uses the others.
  std::future<Batch> next_;
};

Source Once(std::function<Batch()> make) {
  return [make = std::move(make), done = false]() mutable -> Batch {
    return std::exchange(done, true) ? nullptr : make();
  };
}

/// The live files and tombstones of a state, in lots.
class FileActions {
 public:
  FileActions(const DeltaSnapshot::State& state, int64_t oldest_remove)
      : state_(state),
        oldest_remove_(oldest_remove),
        add_(state.files.begin()),
        remove_(state.tombstones.begin()) {
    SkipExpired();
  }

  bool AtEnd() const { return add_ == state_.files.end() && remove_ == state_.tombstones.end(); }

  /// Up to `limit` actions of one kind, or null at the end.
  Batch Next(CheckpointColumns& columns, size_t limit) {
    if (remove_ != state_.tombstones.end()) {
      std::vector<const RemoveFile*> removes;
      for (; removes.size() < limit && remove_ != state_.tombstones.end(); SkipExpired()) {
        removes.push_back(&(*remove_)->remove);
        ++remove_;
      }
      return columns.Rows(removes);
    }
    if (add_ == state_.files.end()) return nullptr;
    std::vector<FileRow> adds;
    for (; adds.size() < limit && add_ != state_.files.end(); ++add_) adds.push_back(*add_);
    return columns.Rows(adds);
  }

 private:
  void SkipExpired() {
    while (remove_ != state_.tombstones.end() && (*remove_)->remove.deleted_ms < oldest_remove_) {
      ++remove_;
    }
  }

  const DeltaSnapshot::State& state_;
  const int64_t oldest_remove_;
  FileSet::const_iterator add_;
  decltype(DeltaSnapshot::State::tombstones)::const_iterator remove_;
};

std::vector<Source> OtherActions(const DeltaSnapshot::State& state,
                                 const CheckpointColumns& columns) {
  return {Once([&] { return columns.Rows(*state.protocol); }),
          Once([&] { return columns.Rows(*state.metadata, state.schema_text); }),
          Once([&] { return columns.Rows(state.transactions); }),
          Once([&] { return columns.DomainRows(state.domains); })};
}

struct Written {
  int64_t actions = 0;
  int64_t size_bytes = 0;
};

/// Nothing when an object of that name is there already.
std::optional<Written> WriteFile(const Log& log, const std::string& name,
                                 const CheckpointColumns& columns, std::vector<Source> sources) {
  BatchReader rows(columns.schema(), std::move(sources));
  const auto writer = log.store().Create(log.PathOf(name));
  parquet::WriteParquet(rows, *writer, "zstd", kRowGroupRows, kDistinct);
  try {
    writer->Finish();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kAlreadyExists) return std::nullopt;
    throw;
  }
  return Written{rows.rows(), writer->bytes_written()};
}

/// Writes the checkpoints of one state.
class CheckpointWriter {
 public:
  CheckpointWriter(const Log& log, const DeltaSnapshot::State& state, const StorageContext& context)
      : log_(log),
        state_(state),
        context_(context),
        oldest_remove_(context.clock->NowMs() - DeletedFileRetentionMs(*state.metadata)) {}

  void Write() {
    const bool v2 = WantsV2Checkpoints(*state_.protocol, *state_.metadata);
    CheckpointColumns columns = ColumnsOf(v2 ? CheckpointPart::kTop : CheckpointPart::kClassic);
    const auto written = v2 ? WriteV2(columns) : WriteClassic(columns);
    if (written) WriteHint(*written, columns);
  }

 private:
  CheckpointColumns ColumnsOf(CheckpointPart part) const {
    return {part, *state_.protocol, *state_.metadata, context_.partition_time_zone};
  }

  std::optional<Written> WriteClassic(CheckpointColumns& columns) const {
    FileActions files(state_, oldest_remove_);
    std::vector<Source> sources = OtherActions(state_, columns);
    sources.push_back([&] { return files.Next(columns, kBatchRows); });
    return WriteFile(log_, Log::CheckpointName(state_.version), columns, std::move(sources));
  }

  /// Sidecars first: a checkpoint must never refer to what is not there.
  std::optional<Written> WriteV2(const CheckpointColumns& columns) const {
    if (HasV2Checkpoint()) return std::nullopt;
    Written total;
    std::vector<WrittenSidecar> sidecars = WriteSidecars(total);
    const std::map<std::string, std::string> tags = {
        {"sidecarNumActions", std::to_string(total.actions)},
        {"sidecarSizeInBytes", std::to_string(total.size_bytes)},
        {"numOfAddFiles", std::to_string(state_.files.size())}};
    std::vector<Source> sources = OtherActions(state_, columns);
    sources.insert(sources.begin(), Once([&] { return columns.OwnRow(state_.version, tags); }));
    sources.push_back(Once([&] { return columns.Rows(sidecars); }));
    const std::string name =
        Log::V2CheckpointName(state_.version, Uuid::V4(*context_.random).ToString());
    const auto top = WriteFile(log_, name, columns, std::move(sources));
    if (!top) return std::nullopt;
    return Written{total.actions + top->actions, total.size_bytes + top->size_bytes};
  }

  std::vector<WrittenSidecar> WriteSidecars(Written& total) const {
    CheckpointColumns columns = ColumnsOf(CheckpointPart::kSidecar);
    std::vector<WrittenSidecar> sidecars;
    FileActions files(state_, oldest_remove_);
    while (!files.AtEnd()) {
      const Source lot = [&, left = kSidecarActions]() mutable -> Batch {
        if (left == 0) return nullptr;
        Batch batch = files.Next(columns, std::min(left, kBatchRows));
        if (batch) left -= static_cast<size_t>(batch->num_rows());
        return batch;
      };
      const std::string name = Uuid::V4(*context_.random).ToString() + ".parquet";
      const auto written = WriteFile(log_, io::JoinPath(Log::kSidecars, name), columns, {lot});
      LAKE_CHECK(written.has_value());
      total.actions += written->actions;
      total.size_bytes += written->size_bytes;
      sidecars.push_back({name, written->size_bytes, context_.clock->NowMs()});
    }
    return sidecars;
  }

  bool HasV2Checkpoint() const {
    const LogListing listing = log_.List(state_.version);
    return std::any_of(listing.checkpoints.begin(), listing.checkpoints.end(),
                       [&](const CheckpointFiles& found) {
                         return found.version == state_.version && found.names.size() == 1;
                       });
  }

  /// A hint of a newer checkpoint is never replaced by an older one.
  void WriteHint(const Written& written, const CheckpointColumns& columns) const {
    if (log_.LastCheckpointHint().value_or(-1) > state_.version) return;
    LastCheckpoint hint;
    hint.version = state_.version;
    hint.action_count = written.actions;
    hint.size_bytes = written.size_bytes;
    hint.file_count = static_cast<int64_t>(state_.files.size());
    hint.schema_json = WriteSchema(FromArrow(*columns.schema()));
    if (hint.schema_json.size() > kMaxHintSchemaBytes) hint.schema_json.clear();
    log_.store().Write(log_.PathOf("_last_checkpoint"), WriteLastCheckpoint(hint));
  }

  const Log& log_;
  const DeltaSnapshot::State& state_;
  const StorageContext& context_;
  const int64_t oldest_remove_;
};

}  // namespace

void WriteCheckpoint(const Log& log, const DeltaSnapshot::State& state,
                     const StorageContext& context) {
  CheckpointWriter(log, state, context).Write();
}

}  // namespace lakehouse::storage::delta
