#pragma once

#include <arrow/api.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "slowed_down.h"
#include "storage/append.h"
#include "storage/arrow_schema.h"
#include "storage/delta/checkpoint/checkpoint.h"
#include "storage/delta/commit/log_compaction.h"
#include "storage/delta/delta_table.h"
#include "storage/delta/log/log.h"
#include "storage/parquet/parquet_file.h"

namespace lakehouse::storage::delta {

/// Every call is broken once; under sanitizers, which slow everything down, each seventh.
constexpr int kStep = kSlowedDown ? 7 : 1;

inline const StorageContext kSystemContext{&SystemClock(), &SystemRandom()};

/// What a reader sees: the version and the ids of all rows, sorted.
struct TableState {
  int64_t version = -1;  ///< -1: there is no table
  std::vector<int64_t> ids;
  friend bool operator==(const TableState&, const TableState&) = default;
};

inline Schema IdAndPart() {
  return {
      {{"id", DataType::Primitive(TypeId::kLong)}, {"part", DataType::Primitive(TypeId::kString)}}};
}

/// Rows `first` to `first + count - 1`; every third row is in the same partition.
inline std::shared_ptr<arrow::RecordBatch> MakeRows(int64_t first, int64_t count) {
  arrow::Int64Builder ids;
  arrow::StringBuilder parts;
  for (int64_t id = first; id < first + count; ++id) {
    (void)ids.Append(id);
    (void)parts.Append("p" + std::to_string(id % 3));
  }
  return arrow::RecordBatch::Make(ToArrow(IdAndPart()), count, {*ids.Finish(), *parts.Finish()});
}

inline CommitResult AppendRows(Table& table, int64_t first, int64_t count,
                               const AppendOptions& options = {}) {
  const auto rows = *arrow::RecordBatchReader::Make({MakeRows(first, count)});
  return Append(table, *rows, options, kSystemContext);
}

/// Reads every row of every file: what is in the log must be there, whole.
inline std::vector<int64_t> IdsOf(const io::Location& location, const Snapshot& snapshot) {
  std::vector<int64_t> ids;
  for (size_t i = 0; i < snapshot.file_count(); ++i) {
    const std::string path = io::JoinPath(location.path, snapshot.file(i).path);
    const auto deleted = snapshot.DeletedRows(i);
    uint64_t position = 0;
    const auto reader = parquet::OpenParquet(location.store->Open(path), {"id"});
    std::shared_ptr<arrow::RecordBatch> batch;
    while (reader->ReadNext(&batch).ok() && batch) {
      const auto& column = static_cast<const arrow::Int64Array&>(*batch->column(0));
      for (int64_t row = 0; row < column.length(); ++row) {
        if (!deleted || !deleted->Contains(position)) ids.push_back(column.Value(row));
        ++position;
      }
    }
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

/// The latest state as a new process finds it; every older version must be readable, too.
inline TableState ReadState(const io::Location& location) {
  if (!IsDeltaTable(location)) return {};
  const auto table = OpenTable(location, kSystemContext);
  const auto latest = table->Latest();
  for (int64_t version = 0; version < latest->version(); ++version) {
    IdsOf(location, *table->At(version));
  }
  return {latest->version(), IdsOf(location, *latest)};
}

/// One thing that a process does to a table. Run says whether it was acknowledged.
struct TableOperation {
  std::string name;
  bool partitioned = false;
  bool creates = false;
  std::function<bool(const io::Location&)> run;
  /// Once more after a crash it changes nothing that was done.
  bool repeatable = false;
  std::map<std::string, std::string> properties = {};  ///< of the table
  /// What must be there, beside the rows, when it was acknowledged; may be empty.
  std::function<bool(const io::Location&)> kept = {};
  bool v2_checkpoints = false;
};

/// For the names of tests.
inline void PrintTo(const TableOperation& operation, std::ostream* out) { *out << operation.name; }

inline std::string TestName(const TableOperation& operation) {
  std::string name = operation.name;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

inline bool HasCheckpoint(const io::Location& location) {
  const Log log(location);
  return log.LastCheckpointHint() == 2 &&
         ReadCheckpoint(log, {2, {Log::CheckpointName(2)}, 0}).version == 2;
}

inline bool HasV2Checkpoint(const io::Location& location) {
  const Log log(location);
  const auto found = log.List().checkpoints;
  return log.LastCheckpointHint() == 2 && !found.empty() &&
         ReadCheckpoint(log, found.back()).version == 2 && !SidecarsOf(log, found.back()).empty();
}

/// Version 1 of a table: it allows and wants checkpoints of the V2 spec.
inline void AllowV2Checkpoints(const io::Location& location, Table& table) {
  Actions actions;
  actions.protocol = {3, 7, {"v2Checkpoint"}, {"v2Checkpoint"}};
  actions.metadata = table.Latest()->metadata();
  actions.metadata->properties["delta.checkpointPolicy"] = "v2";
  location.store->WriteIfAbsent(Log(location).PathOf(Log::CommitName(1)), WriteCommit(actions));
}

/// The table that an operation finds: two commits of four rows.
inline void PrepareTable(const io::Location& location, const TableOperation& operation) {
  if (operation.creates) return;
  CreateTableOptions options;
  options.schema = IdAndPart();
  if (operation.partitioned) options.partition_columns = {"part"};
  // The next commit is the third: it writes a checkpoint.
  options.properties["delta.checkpointInterval"] = "3";
  for (const auto& [key, value] : operation.properties) options.properties[key] = value;
  const auto table = CreateTable(location, kSystemContext, options, {});
  if (operation.v2_checkpoints) {
    AllowV2Checkpoints(location, *table);
    AppendRows(*table, 1, 4);
    return;
  }
  AppendRows(*table, 1, 2);
  AppendRows(*table, 3, 2);
}

inline bool RunAppend(const io::Location& location, WriteMode mode) {
  const auto table = OpenTable(location, kSystemContext);
  AppendOptions options;
  options.mode = mode;
  options.app_transaction = {"writer", 1};
  options.domains["lakehouse.test"] = "{}";
  return AppendRows(*table, 100, 5, options).outcome == CommitOutcome::kCommitted;
}

inline bool RunCreate(const io::Location& location, bool with_rows) {
  CreateTableOptions options;
  options.schema = IdAndPart();
  TableMetadata metadata;
  metadata.schema = options.schema;
  parquet::DataFileWriter writer(location, metadata, {}, kSystemContext);
  if (with_rows) writer.Write(*MakeRows(100, 5));
  CreateTable(location, kSystemContext, options, {}, writer.Finish());
  return true;
}

/// Takes the first row of each file away, where it is still there.
inline bool RunDeleteRows(const io::Location& location) {
  const auto table = OpenTable(location, kSystemContext);
  const auto transaction = table->Begin(table->Latest());
  const Snapshot& base = *transaction->base();
  for (size_t i = 0; i < base.file_count(); ++i) {
    const auto gone = base.DeletedRows(i);
    if (gone && gone->Contains(0)) continue;
    RowSet rows;
    rows.Add(std::vector<uint64_t>{0});
    transaction->MarkRead([](const Snapshot&, size_t) { return true; }, true);
    transaction->DeleteRows(i, std::move(rows));
  }
  CommitDescription description;
  description.operation = "DELETE";
  return transaction->Commit(description).outcome == CommitOutcome::kCommitted;
}

inline std::vector<TableOperation> TableOperations() {
  using io::Location;
  return {
      {.name = "create",
       .creates = true,
       .run = [](const Location& at) { return RunCreate(at, false); }},
      {.name = "create with rows",
       .creates = true,
       .run = [](const Location& at) { return RunCreate(at, true); }},
      {.name = "append",
       .run = [](const Location& at) { return RunAppend(at, WriteMode::kAppend); },
       .repeatable = true},
      {.name = "partitioned append",
       .partitioned = true,
       .run = [](const Location& at) { return RunAppend(at, WriteMode::kAppend); },
       .repeatable = true},
      {.name = "overwrite",
       .run = [](const Location& at) { return RunAppend(at, WriteMode::kOverwrite); },
       .repeatable = true},
      {.name = "delete rows",
       .run = RunDeleteRows,
       .repeatable = true,
       .properties = {{"delta.checkpointInterval", "100"},
                      {"delta.enableDeletionVectors", "true"},
                      {"delta.enableRowTracking", "true"},
                      {"delta.enableInCommitTimestamps", "true"}}},
      {.name = "checkpoint",
       .run = [](const Location& at) { return OpenTable(at, kSystemContext)->Checkpoint() == 2; },
       .repeatable = true,
       .kept = HasCheckpoint},
      {.name = "v2 checkpoint",
       .run = [](const Location& at) { return OpenTable(at, kSystemContext)->Checkpoint() == 2; },
       .repeatable = true,
       .kept = HasV2Checkpoint,
       .v2_checkpoints = true},
      {.name = "log compaction",
       .run =
           [](const Location& at) {
             WriteCompaction(Log(at), 1, 2);
             return true;
           },
       .repeatable = true,
       .kept = [](const Location& at) { return Log(at).List().compactions.size() == 1; }},
  };
}

}  // namespace lakehouse::storage::delta
