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

std::optional<int64_t> OptionalNumber(const CheckpointRows& rows, const char* field, int64_t row) {
  if (!rows.HasField(field, row)) return std::nullopt;
  return rows.Number(field, row);
}

AddFilePtr ReadAdd(const CheckpointRows& rows, const CheckpointRows& vectors, int64_t row) {
  auto add = std::make_shared<AddFile>();
  add->path = ReadPath(rows, row, "an add");
  add->size_bytes = rows.Number("size", row);
  add->modified_ms = rows.Number("modificationTime", row);
  add->partition_values = rows.Map("partitionValues", row);
  add->stats = rows.Text("stats", row);
  if (add->stats.empty()) {
    // Writers may leave the text out and give a struct only.
    if (const auto parsed = rows.Field("stats_parsed")) add->stats = StatsText(*parsed, row);
  }
  add->tags = WithoutNulls(rows.Map("tags", row));
  add->deletion_vector = ReadVector(vectors, row);
  add->base_row_id = OptionalNumber(rows, "baseRowId", row);
  add->default_row_commit_version = OptionalNumber(rows, "defaultRowCommitVersion", row);
  add->clustering_provider = rows.Text("clusteringProvider", row);
  return add;
}

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
  const CheckpointRows add_vectors = adds.Struct("deletionVector");
  const CheckpointRows remove_vectors = removes.Struct("deletionVector");
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    if (adds.Has(row)) actions.adds.push_back(ReadAdd(adds, add_vectors, row));
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
    if (metadata.Has(row)) SetOnce(actions.metadata, ReadMetadata(metadata, row), "metaData");
    if (protocols.Has(row)) SetOnce(actions.protocol, ReadProtocol(protocols, row), "protocol");
  }
}

template <typename Take>
int64_t ForEachBatch(const io::Location& place, Take take) {
  const std::shared_ptr<io::ObjectReader> file = place.store->Open(place.path);
  const auto rows = parquet::OpenParquet(file);
  std::shared_ptr<arrow::RecordBatch> batch;
  for (Check(rows->ReadNext(&batch)); batch; Check(rows->ReadNext(&batch))) take(*batch);
  return file->info().size_bytes;
}

void Merge(Actions part, Actions& all) {
  if (part.protocol) SetOnce(all.protocol, *std::move(part.protocol), "protocol");
  if (part.metadata) SetOnce(all.metadata, *std::move(part.metadata), "metaData");
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
  return {log.table().store, log.PathOf(io::JoinPath("_sidecars", path))};
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

}  // namespace lakehouse::storage::delta
