#include "actor.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "io/fault_store.h"
#include "simulated_store.h"
#include "storage/delta/delta_table.h"
#include "storage/maintenance.h"

namespace lakehouse::sim {
namespace {

using Kind = Operation::Kind;
using Outcome = Operation::Outcome;

constexpr char kTable[] = "t";
constexpr int64_t kMostRows = 50;
constexpr int64_t kMostClockError_ms = 3'600'000;
constexpr int kCalmAttempts = 30;
constexpr int64_t kNoInterval = 1'000'000;
constexpr uint64_t kRecent = 4;         ///< versions
constexpr uint64_t kLongestRest = 400;  ///< steps

uint64_t SeedOf(const Shared& shared, int number, int life) {
  return shared.world.random.Next64() ^ (static_cast<uint64_t>(number) << 32) ^
         static_cast<uint64_t>(life);
}

/// VACUUM trusts clocks as far as its retention goes, which here is short.
int64_t ClockError(Shared& shared) {
  const auto range = static_cast<uint64_t>(2 * kMostClockError_ms);
  const int64_t error = static_cast<int64_t>(shared.world.random.Below(range)) - kMostClockError_ms;
  return shared.retention_ms > 0 ? 0 : error;
}

}  // namespace

Model ModelOf(const storage::Snapshot& snapshot) {
  Model model;
  for (size_t i = 0; i < snapshot.file_count(); ++i) {
    const storage::FileEntry file = snapshot.file(i);
    ModelFile& known = model[std::string(file.path)];
    known.rows = file.num_records;
    if (file.deleted_records == 0) continue;
    const auto deleted = snapshot.DeletedRows(i);
    for (int64_t row = 0; deleted && row < file.num_records; ++row) {
      if (deleted->Contains(static_cast<uint64_t>(row))) {
        known.deleted.insert(static_cast<uint64_t>(row));
      }
    }
  }
  return model;
}

Actor::Actor(Shared& shared, int number, int life)
    : shared_(shared),
      world_(shared.world),
      process_(shared.world, number, SeedOf(shared, number, life), ClockError(shared)),
      life_(life),
      location_{MakeSimulatedStore(process_), kTable},
      context_{&process_.clock(), &process_.random} {}

bool Actor::Work(int& left) {
  try {
    while (left > 0) {
      --left;
      if (!table_) {
        Open();
      } else {
        Act();
      }
      Rest();
    }
    return true;
  } catch (const io::SimulatedCrash&) {
    return false;
  } catch (const std::exception& error) {
    Violate(std::string("an exception nobody expects: ") + error.what());
    process_.dead = true;
    return false;
  }
}

bool Actor::WorkCalmly() {
  const auto done = [&](auto work) {
    for (int attempt = 0; attempt < kCalmAttempts; ++attempt) {
      work();
      if (last_->outcome == Outcome::kCommitted) return;
    }
    Violate("nothing goes wrong any more, and still there is no progress");
  };
  try {
    for (int attempt = 0; !table_ && attempt < kCalmAttempts; ++attempt) Open();
    if (!table_) {
      Violate("nothing goes wrong any more, and still the table does not open");
      return false;
    }
    done([&] { Append(false); });
    done([&] { Overwrite(); });
    done([&] { Read(true); });
    done([&] { Read(false); });
    return true;
  } catch (const std::exception& error) {
    Violate(std::string("an exception nobody expects: ") + error.what());
    return false;
  }
}

void Actor::Violate(const std::string& what) {
  shared_.violations.push_back("p" + std::to_string(process_.number) + ": " + what);
}

Operation& Actor::Start(Kind kind) {
  Operation operation;
  operation.id = "p" + std::to_string(process_.number) + "." + std::to_string(life_) + "." +
                 std::to_string(started_++);
  operation.kind = kind;
  operation.process = process_.number;
  operation.start = world_.scheduler.step();
  operation.session = session_;
  shared_.operations.push_back(std::move(operation));
  process_.saw_old_list = false;
  last_ = &shared_.operations.back();
  return shared_.operations.back();
}

void Actor::Try(Operation& operation, const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    operation.outcome = error.kind() == ErrorKind::kCommitStateUnknown ? Outcome::kUnknown
                        : error.kind() == ErrorKind::kCommitConflict   ? Outcome::kConflict
                                                                       : Outcome::kFailed;
    // Views that are older than the retention may have lost their files: how old one was is judged
    // when all times are known.
    const bool gone = error.kind() == ErrorKind::kNotFound;
    const bool vacuumed =
        shared_.retention_ms > 0 && gone && !(operation.kind == Kind::kRead && operation.latest);
    operation.missed_files = vacuumed && operation.kind == Kind::kRead && operation.version >= 0;
    // What an old listing does not show is not there, as far as anybody can know.
    const bool missing = error.code() == "LK-3001" || error.code() == "LK-3004";
    const bool expected = error.code() == "LK-8007" || error.code() == "LK-8006" ||
                          error.code() == "LK-3006" || (missing && process_.saw_old_list) ||
                          error.kind() == ErrorKind::kCommitConflict ||
                          error.kind() == ErrorKind::kCommitStateUnknown || vacuumed;
    if (!expected) Violate(operation.id + ": " + error.code() + " " + error.message());
  }
  operation.end = world_.scheduler.step();
  operation.old_list = process_.saw_old_list;
  world_.trace.Note(
      operation.end, process_.number, operation.id, "outcome",
      static_cast<uint64_t>(operation.outcome) * 1000 + static_cast<uint64_t>(operation.version));
}

void Actor::Open() {
  session_ = ++shared_.sessions;
  Operation& operation = Start(Kind::kCreate);
  Try(operation, [&] {
    if (!storage::delta::IsDeltaTable(location_)) {
      storage::CreateTableOptions options;
      options.schema = {{{"id", storage::DataType::Primitive(storage::TypeId::kLong)}}};
      options.properties = shared_.properties;
      options.properties["delta.checkpointInterval"] = std::to_string(
          shared_.checkpoint_interval > 0 ? shared_.checkpoint_interval : kNoInterval);
      storage::CommitDescription description;
      description.operation = "CREATE TABLE";
      description.user_metadata = operation.id;
      table_ = storage::delta::CreateTable(location_, context_, options, description);
      operation.outcome = Outcome::kCommitted;
      operation.version = 0;
      return;
    }
    operation.outcome = Outcome::kFailed;  // it was not even tried
    table_ = storage::delta::OpenTable(location_, context_);
  });
}

void Actor::Act() {
  const uint64_t choice = process_.random.Below(100);
  if (choice < 26) return Append(choice < 10);
  if (choice < 34) return Overwrite();
  if (choice < 40) return Remove(Kind::kRemove);
  if (choice < 46) return Remove(Kind::kRewrite);
  if (choice < 51) return Rearrange();
  if (choice < 66) return DeleteRows();
  if (choice < 68) return Configure();
  if (shared_.retention_ms > 0 && choice < 75) return Vacuum();
  if (choice < 71) return Restore();
  if (choice < 86) return Read(choice < 80);
  if (choice < 88 && shared_.checkpoint_interval > 0) return Checkpoint();
  if (choice < 93) {
    table_.reset();
    kept_.reset();
    return Open();
  }
  if (choice < 96) return ReadKept();
  Operation& operation = Start(Kind::kRead);
  Try(operation, [&] { kept_ = table_->Latest(); });
}

/// Where files grow old, time must pass. Nobody works meanwhile, so it costs nothing.
void Actor::Rest() {
  if (shared_.retention_ms == 0 || process_.random.Below(2) == 0) return;
  world_.scheduler.Yield(static_cast<int64_t>(process_.random.Below(kLongestRest)));
}

std::unique_ptr<storage::Transaction> Actor::Begin(Operation& operation) {
  const bool old = kept_ && process_.random.Below(3) == 0;
  auto transaction = table_->Begin(old ? kept_ : table_->Latest());
  operation.base = transaction->base()->version();
  return transaction;
}

void Actor::AddFile(storage::Transaction& transaction, Operation& operation) {
  AddFile(transaction, operation, 1 + static_cast<int64_t>(process_.random.Below(kMostRows)));
}

std::string Actor::AddFile(storage::Transaction& transaction, Operation& operation,
                           int64_t row_count) {
  storage::NewFile file;
  file.path = "f" + std::to_string(process_.number) + "-" + std::to_string(life_) + "-" +
              std::to_string(files_++);
  file.stats.num_records = row_count;
  const std::string rows(static_cast<size_t>(row_count), 'r');
  const auto writer = location_.store->Create(io::JoinPath(location_.path, file.path));
  writer->Append(std::as_bytes(std::span(rows)));
  writer->Finish();
  file.size_bytes = writer->bytes_written();
  file.modified_ms = process_.clock().NowMs();
  const std::string path = file.path;
  operation.adds[path] = row_count;
  transaction.AddFile(std::move(file));
  return path;
}

void Actor::Commit(storage::Transaction& transaction, Operation& operation) {
  storage::CommitDescription description;
  description.user_metadata = operation.id;
  const storage::CommitResult result = transaction.Commit(description);
  operation.version = result.version;
  switch (result.outcome) {
    case storage::CommitOutcome::kCommitted:
      operation.outcome = Outcome::kCommitted;
      break;
    case storage::CommitOutcome::kConflict:
      operation.outcome = Outcome::kConflict;
      break;
    case storage::CommitOutcome::kUnknown:
      operation.outcome = Outcome::kUnknown;
      break;
  }
}

void Actor::Append(bool with_app) {
  Operation& operation = Start(Kind::kAppend);
  Try(operation, [&] {
    const auto transaction = Begin(operation);
    const uint64_t files = 1 + process_.random.Below(2);
    for (uint64_t i = 0; i < files; ++i) AddFile(*transaction, operation);
    bool known = false;
    if (with_app) {
      operation.app = "app" + std::to_string(process_.random.Below(2));
      const auto& apps = transaction->base()->transactions();
      const auto last = apps.find(operation.app);
      const int64_t reached = last == apps.end() ? 0 : last->second.version;
      operation.app_version = reached + (process_.random.Below(4) == 0 ? 0 : 1);
      known = last != apps.end() && operation.app_version <= reached;
      transaction->SetAppTransaction(operation.app, operation.app_version);
    }
    Commit(*transaction, operation);
    if (known && operation.outcome == Outcome::kCommitted) operation.outcome = Outcome::kKnown;
  });
}

void Actor::Overwrite() {
  Operation& operation = Start(Kind::kOverwrite);
  Try(operation, [&] {
    const auto transaction = Begin(operation);
    const storage::Snapshot& base = *transaction->base();
    for (size_t i = 0; i < base.file_count(); ++i) {
      operation.removes.insert(std::string(base.file(i).path));
    }
    transaction->RemoveAllFiles();
    AddFile(*transaction, operation);
    Commit(*transaction, operation);
  });
}

void Actor::Remove(Kind kind) {
  Operation& operation = Start(kind);
  Try(operation, [&] {
    const auto transaction = Begin(operation);
    const storage::Snapshot& base = *transaction->base();
    for (size_t i = 0; i < base.file_count() && operation.removes.size() < 3; ++i) {
      if (process_.random.Below(2) == 0) continue;
      operation.removes.insert(std::string(base.file(i).path));
      transaction->RemoveFile(i);
    }
    if (kind == Kind::kRewrite) transaction->MarkRead();
    if (kind != Kind::kRemove) {
      transaction->KeepRules({.row_ids = true});
      AddFile(*transaction, operation);
    }
    Commit(*transaction, operation);
  });
}

void Actor::Rearrange() {
  Operation& operation = Start(Kind::kRearrange);
  Try(operation, [&] {
    const auto transaction = Begin(operation);
    const storage::Snapshot& base = *transaction->base();
    std::vector<size_t> sources;
    int64_t rows = 0;
    const size_t most = 2 + process_.random.Below(3);
    for (size_t i = 0; i < base.file_count() && sources.size() < most; ++i) {
      if (process_.random.Below(3) == 0) continue;
      const size_t place = process_.random.Below(sources.size() + 1);
      sources.insert(sources.begin() + static_cast<ptrdiff_t>(place), i);
      rows += base.file(i).live_records();
    }
    if (rows < 2) {
      operation.outcome = Outcome::kFailed;
      return;
    }
    for (const size_t i : sources) {
      operation.sources.emplace_back(base.file(i).path);
      operation.removes.insert(operation.sources.back());
      transaction->RemoveFile(i);
    }
    transaction->MarkRearranged();
    transaction->KeepRules({.row_ids = true});
    const auto cut = process_.random.Below(2) == 0
                         ? 0
                         : static_cast<int64_t>(process_.random.Below(static_cast<uint64_t>(rows)));
    if (cut > 0) operation.targets.push_back(AddFile(*transaction, operation, cut));
    operation.targets.push_back(AddFile(*transaction, operation, rows - cut));
    if (process_.random.Below(4) != 0) transaction->MarkMoved(sources, operation.targets);
    Commit(*transaction, operation);
  });
}

void Actor::Restore() {
  Operation& operation = Start(Kind::kRestore);
  operation.outcome = Outcome::kFailed;
  storage::CommitDescription description;
  description.user_metadata = operation.id;
  Try(operation, [&] {
    const storage::SnapshotPtr latest = table_->Latest();
    const auto versions = static_cast<uint64_t>(latest->version()) + 1;
    operation.restored = static_cast<int64_t>(process_.random.Below(versions));
    const storage::SnapshotPtr target = table_->At(operation.restored);
    operation.outcome = Outcome::kPending;
    const auto report = storage::Restore(*table_, *target, description, context_, /*threads=*/1);
    operation.version = report.version;
    operation.outcome = Outcome::kCommitted;
  });
}

void Actor::Vacuum() {
  Operation& operation = Start(Kind::kVacuum);
  storage::VacuumOptions options;
  if (process_.random.Below(3) == 0) options.mode = storage::VacuumOptions::kLite;
  if (process_.random.Below(2) == 0) options.retain_ms = shared_.retention_ms;
  options.allow_short_retention = true;
  options.threads = 1;  // a process of the simulation is one fiber
  Try(operation, [&] {
    storage::Vacuum(*table_, context_, options);
    operation.outcome = Outcome::kCommitted;
  });
}

void Actor::DeleteRows() {
  Operation& operation = Start(Kind::kDeleteRows);
  Try(operation, [&] {
    const auto transaction = Begin(operation);
    const storage::Snapshot& base = *transaction->base();
    if (!storage::AllowsDeletionVectors(base) || base.file_count() == 0) {
      operation.outcome = Outcome::kFailed;
      return;
    }
    const size_t first = process_.random.Below(base.file_count());
    const size_t last = std::min(base.file_count(), first + 1 + process_.random.Below(2));
    for (size_t i = first; i < last; ++i) {
      const auto rows = RowsToDelete(base, i);
      if (rows.empty()) continue;
      operation.deletes[std::string(base.file(i).path)] = {rows.begin(), rows.end()};
      storage::RowSet set;
      set.Add(rows);
      transaction->DeleteRows(i, std::move(set));
    }
    const auto any = [](const storage::Snapshot&, size_t) { return true; };
    if (process_.random.Below(2) == 0) transaction->MarkRead(any, /*only_to_choose=*/true);
    Commit(*transaction, operation);
  });
}

std::vector<uint64_t> Actor::RowsToDelete(const storage::Snapshot& snapshot, size_t index) {
  const storage::FileEntry file = snapshot.file(index);
  const auto deleted = snapshot.DeletedRows(index);
  const uint64_t one_in = 1 + process_.random.Below(12);
  std::vector<uint64_t> rows;
  for (uint64_t row = 0; row < static_cast<uint64_t>(file.num_records); ++row) {
    if (deleted && deleted->Contains(row)) continue;
    if (process_.random.Below(one_in) == 0) rows.push_back(row);
  }
  return rows;
}

void Actor::Configure() {
  Operation& operation = Start(Kind::kConfigure);
  Try(operation, [&] {
    const auto transaction = Begin(operation);
    storage::TableMetadata metadata = transaction->base()->metadata();
    metadata.properties["sim.last"] = operation.id;
    transaction->SetMetadata(std::move(metadata));
    Commit(*transaction, operation);
  });
}

void Actor::Read(bool latest) {
  Operation& operation = Start(Kind::kRead);
  operation.latest = latest;
  Try(operation, [&] {
    storage::SnapshotPtr snapshot = table_->Latest();
    if (!latest) {
      // Recent ones are those that a VACUUM must leave alone.
      const auto versions = static_cast<uint64_t>(snapshot->version()) + 1;
      const uint64_t among = process_.random.Below(2) == 0 ? versions : std::min(versions, kRecent);
      snapshot = table_->At(static_cast<int64_t>(versions - 1 - process_.random.Below(among)));
    }
    ReadAll(*snapshot, operation);
  });
}

/// A long query: it began some time ago.
void Actor::ReadKept() {
  Operation& operation = Start(Kind::kRead);
  operation.latest = false;
  operation.outcome = Outcome::kFailed;
  if (kept_) Try(operation, [&] { ReadAll(*kept_, operation); });
}

void Actor::ReadAll(const storage::Snapshot& snapshot, Operation& operation) {
  operation.version = snapshot.version();
  operation.seen = ModelOf(snapshot);
  for (const auto& [path, file] : operation.seen) {
    if (shared_.retention_ms > 0) location_.store->Read(io::JoinPath(location_.path, path));
  }
  operation.outcome = Outcome::kCommitted;
}

void Actor::Checkpoint() {
  Operation& operation = Start(Kind::kRead);
  operation.latest = false;
  Try(operation, [&] { table_->Checkpoint(); });
}

}  // namespace lakehouse::sim
