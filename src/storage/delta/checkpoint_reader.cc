#include <arrow/api.h>

#include <algorithm>

#include "base/error.h"
#include "storage/delta/checkpoint.h"
#include "storage/delta/checkpoint_rows.h"
#include "storage/delta/parsed_stats.h"
#include "storage/delta/schema_json.h"
#include "storage/file_place.h"
#include "storage/parquet/parquet_file.h"

namespace lakehouse::storage::delta {
namespace {

[[noreturn]] void ThrowDamaged(const std::string& why) {
  throw Error(ErrorKind::kCorruption, "LK-3003", "checkpoint: " + why);
}

std::map<std::string, std::string> WithoutNulls(
    const std::map<std::string, std::optional<std::string>>& entries) {
  std::map<std::string, std::string> plain;
  for (const auto& [key, value] : entries) {
    if (value) plain[key] = *value;
  }
  return plain;
}

std::string ReadPath(const CheckpointRows& rows, int64_t row, const char* what) {
  std::string path = DecodePath(rows.Text("path", row));
  if (path.empty()) ThrowDamaged(std::string(what) + " without a path");
  return path;
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

/// The fields of add, found once for a batch: there may be millions of rows.
class AddColumns {
 public:
  explicit AddColumns(const CheckpointRows& rows)
      : paths_(rows.Texts("path")),
        stats_(rows.Texts("stats")),
        providers_(rows.Texts("clusteringProvider")),
        sizes_(rows.Numbers("size")),
        times_(rows.Numbers("modificationTime")),
        row_ids_(rows.Numbers("baseRowId")),
        row_versions_(rows.Numbers("defaultRowCommitVersion")),
        partitions_(rows.Maps("partitionValues")),
        tags_(rows.Maps("tags")),
        parsed_stats_(rows.Field("stats_parsed")),
        vectors_(rows.Struct("deletionVector")) {}

  AddFilePtr Read(int64_t row) const {
    auto add = std::make_shared<AddFile>();
    add->path = DecodePath(ViewOf(paths_, row));
    if (add->path.empty()) ThrowDamaged("an add without a path");
    add->size_bytes = NumberOf(sizes_, row).value_or(0);
    add->modified_ms = NumberOf(times_, row).value_or(0);
    ForEachEntry(partitions_, row, [&](std::string_view key, auto value) {
      add->partition_values.emplace(key, value);
    });
    add->stats = ViewOf(stats_, row);
    // Writers may leave the text out and give a struct only.
    if (add->stats.empty() && parsed_stats_) add->stats = StatsText(*parsed_stats_, row);
    ForEachEntry(tags_, row, [&](std::string_view key, auto value) {
      if (value) add->tags.emplace(key, *value);
    });
    add->deletion_vector = ReadVector(vectors_, row);
    add->base_row_id = NumberOf(row_ids_, row);
    add->default_row_commit_version = NumberOf(row_versions_, row);
    add->clustering_provider = ViewOf(providers_, row);
    return add;
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

  const std::shared_ptr<arrow::StringArray> paths_, stats_, providers_;
  const std::shared_ptr<arrow::Int64Array> sizes_, times_, row_ids_, row_versions_;
  const std::shared_ptr<arrow::MapArray> partitions_, tags_;
  const std::shared_ptr<arrow::Array> parsed_stats_;
  const CheckpointRows vectors_;
};

TableMetadata ReadMetadata(const CheckpointRows& rows, int64_t row) {
  TableMetadata metadata;
  metadata.id = rows.Text("id", row);
  metadata.name = rows.Text("name", row);
  metadata.description = rows.Text("description", row);
  metadata.schema = ParseSchema(rows.Text("schemaString", row));
  metadata.partition_columns = rows.List("partitionColumns", row);
  metadata.properties = WithoutNulls(rows.Map("configuration", row));
  metadata.created_ms = rows.Number("createdTime", row);
  return metadata;
}

Protocol ReadProtocol(const CheckpointRows& rows, int64_t row) {
  Protocol protocol;
  protocol.min_reader_version = static_cast<int>(rows.Number("minReaderVersion", row));
  protocol.min_writer_version = static_cast<int>(rows.Number("minWriterVersion", row));
  protocol.reader_features = rows.List("readerFeatures", row);
  protocol.writer_features = rows.List("writerFeatures", row);
  return protocol;
}

void ReadFileActions(const arrow::RecordBatch& batch, Actions& actions) {
  const CheckpointRows adds(batch, "add"), removes(batch, "remove");
  const AddColumns add_columns(adds);
  const CheckpointRows remove_vectors = removes.Struct("deletionVector");
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    if (adds.Has(row)) actions.adds.push_back(add_columns.Read(row));
    if (removes.Has(row)) {
      actions.removes.push_back({ReadPath(removes, row, "a remove"),
                                 removes.Number("deletionTimestamp", row),
                                 removes.Flag("dataChange", row), ReadVector(remove_vectors, row)});
    }
  }
}

template <typename T>
void SetOnce(std::optional<T>& slot, T value, const char* what) {
  if (slot) ThrowDamaged(std::string("two actions ") + what);
  slot = std::move(value);
}

void ReadOtherActions(const arrow::RecordBatch& batch, Actions& actions) {
  const CheckpointRows txns(batch, "txn"), metadata(batch, "metaData"),
      protocols(batch, "protocol"), domains(batch, "domainMetadata"), sidecars(batch, "sidecar"),
      own(batch, "checkpointMetadata");
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    if (sidecars.Has(row)) {
      actions.sidecars.push_back(
          {ReadPath(sidecars, row, "a sidecar"), sidecars.Number("sizeInBytes", row, -1)});
    }
    if (own.Has(row)) {
      SetOnce(actions.checkpoint_version, own.Number("version", row, -1), "checkpointMetadata");
    }
    if (txns.Has(row)) {
      actions.transactions.push_back(
          {txns.Text("appId", row),
           {txns.Number("version", row), txns.Number("lastUpdated", row)}});
    }
    if (domains.Has(row)) {
      actions.domains.push_back({domains.Text("domain", row), domains.Text("configuration", row),
                                 domains.Flag("removed", row)});
    }
    if (metadata.Has(row)) {
      SetOnce(actions.metadata, ReadMetadata(metadata, row), "metaData");
      actions.schema_text = metadata.Text("schemaString", row);
    }
    if (protocols.Has(row)) SetOnce(actions.protocol, ReadProtocol(protocols, row), "protocol");
  }
}

template <typename Take>
int64_t ForEachBatch(const io::Location& place, Take take,
                     const std::vector<std::string>& columns = {}) {
  const std::shared_ptr<io::ObjectReader> file = place.store->Open(place.path);
  const auto rows = parquet::OpenParquet(file, columns);
  std::shared_ptr<arrow::RecordBatch> batch;
  for (Check(rows->ReadNext(&batch)); batch; Check(rows->ReadNext(&batch))) take(*batch);
  return file->info().size_bytes;
}

void Merge(Actions part, Actions& all) {
  if (part.protocol) SetOnce(all.protocol, *std::move(part.protocol), "protocol");
  if (part.metadata) {
    SetOnce(all.metadata, *std::move(part.metadata), "metaData");
    all.schema_text = std::move(part.schema_text);
  }
  if (part.checkpoint_version) {
    SetOnce(all.checkpoint_version, *part.checkpoint_version, "checkpointMetadata");
  }
  const auto append = [](auto& from, auto& to) {
    std::move(from.begin(), from.end(), std::back_inserter(to));
  };
  append(part.adds, all.adds);
  append(part.removes, all.removes);
  append(part.transactions, all.transactions);
  append(part.domains, all.domains);
  append(part.sidecars, all.sidecars);
}

void ReadPart(const Log& log, const std::string& name, Actions& actions) {
  if (name.ends_with(".json")) {
    const std::string text = log.store().Read(log.PathOf(name));
    Merge(ParseCommit(text, name, ActionSource::kCheckpoint), actions);
    return;
  }
  ForEachBatch({log.table().store, log.PathOf(name)}, [&](const arrow::RecordBatch& batch) {
    ReadFileActions(batch, actions);
    ReadOtherActions(batch, actions);
  });
}

io::Location SidecarPlace(const Log& log, const std::string& path) {
  if (IsAbsolute(path)) return LocateFile(path, log.table(), nullptr);
  return {log.table().store, log.PathOf(io::JoinPath(Log::kSidecars, path))};
}

void ReadSidecar(const Log& log, const SidecarFile& sidecar, Actions& actions) {
  int64_t size = 0;
  try {
    size = ForEachBatch(SidecarPlace(log, sidecar.path),
                        [&](const arrow::RecordBatch& batch) { ReadFileActions(batch, actions); });
  } catch (const Error& error) {
    const bool is_elsewhere = error.kind() == ErrorKind::kNotFound ||
                              error.kind() == ErrorKind::kInvalidArgument ||
                              error.kind() == ErrorKind::kUnsupported;
    if (is_elsewhere) ThrowDamaged("the sidecar " + sidecar.path + ": " + error.message());
    throw;
  }
  if (sidecar.size_bytes >= 0 && sidecar.size_bytes != size) {
    ThrowDamaged("the sidecar " + sidecar.path + " has " + std::to_string(size) + " bytes, not " +
                 std::to_string(sidecar.size_bytes));
  }
}

}  // namespace

DeltaSnapshot::State ReadCheckpoint(const Log& log, const CheckpointFiles& checkpoint) {
  Actions actions;
  const std::string& first = checkpoint.names.front();
  try {
    for (const std::string& name : checkpoint.names) ReadPart(log, name, actions);
    if (!actions.protocol || !actions.metadata) {
      ThrowDamaged(std::string("no ") + (actions.protocol ? "metadata" : "protocol"));
    }
    if (actions.checkpoint_version && *actions.checkpoint_version != checkpoint.version) {
      ThrowDamaged("it is of version " + std::to_string(*actions.checkpoint_version));
    }
    if (!actions.sidecars.empty() && (!actions.adds.empty() || !actions.removes.empty())) {
      ThrowDamaged("it has file actions of its own beside sidecars");
    }
    for (const SidecarFile& sidecar : actions.sidecars) ReadSidecar(log, sidecar, actions);
    DeltaSnapshot::State state;
    state.Apply(actions, checkpoint.version, checkpoint.modified_ms, ActionSource::kCheckpoint);
    return state;
  } catch (const Error& error) {
    throw error.Within(first);
  }
}

std::vector<std::string> SidecarsOf(const Log& log, const CheckpointFiles& checkpoint) {
  std::vector<std::string> names;
  // Parts are of the V1 spec, which has none.
  if (checkpoint.names.size() != 1) return names;
  const std::string& name = checkpoint.names.front();
  Actions actions;
  try {
    if (name.ends_with(".json")) {
      ReadPart(log, name, actions);
    } else {
      const auto take = [&](const arrow::RecordBatch& batch) { ReadOtherActions(batch, actions); };
      const auto schema = parquet::ReadParquetSchema(log.store().Open(log.PathOf(name)));
      if (schema->GetFieldIndex("sidecar") < 0) return names;
      ForEachBatch({log.table().store, log.PathOf(name)}, take, {"sidecar"});
    }
  } catch (const Error& error) {
    throw error.Within(name);
  }
  for (SidecarFile& sidecar : actions.sidecars) {
    names.push_back(sidecar.path.substr(sidecar.path.rfind('/') + 1));
  }
  return names;
}

}  // namespace lakehouse::storage::delta
