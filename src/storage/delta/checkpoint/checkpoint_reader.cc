#include <arrow/api.h>

#include <algorithm>

#include "base/error.h"
#include "storage/delta/checkpoint/checkpoint.h"
#include "storage/delta/checkpoint/checkpoint_files.h"
#include "storage/delta/checkpoint/checkpoint_rows.h"
#include "storage/delta/log/schema_json.h"
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
          {PathIn(sidecars, row, "a sidecar"), sidecars.Number("sizeInBytes", row, -1)});
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
  append(part.blocks, all.blocks);
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
  ReadFileActions({log.table().store, log.PathOf(name)}, actions,
                  [&](const arrow::RecordBatch& batch) { ReadOtherActions(batch, actions); });
}

io::Location SidecarPlace(const Log& log, const std::string& path) {
  if (IsAbsolute(path)) return LocateFile(path, log.table(), nullptr);
  return {log.table().store, log.PathOf(io::JoinPath(Log::kSidecars, path))};
}

void ReadSidecar(const Log& log, const SidecarFile& sidecar, Actions& actions) {
  int64_t size = 0;
  try {
    size = ReadFileActions(SidecarPlace(log, sidecar.path), actions, nullptr);
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
    if (!actions.sidecars.empty() &&
        (!actions.adds.empty() || !actions.blocks.empty() || !actions.removes.empty())) {
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
