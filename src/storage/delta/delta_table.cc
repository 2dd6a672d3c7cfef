#include "storage/delta/delta_table.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/logging.h"
#include "base/random.h"
#include "base/version.h"
#include "storage/delta/checkpoint/checkpoint.h"
#include "storage/delta/checkpoint/checksum.h"
#include "storage/delta/commit/after_commit.h"
#include "storage/delta/commit/clustering.h"
#include "storage/delta/commit/commit.h"
#include "storage/delta/commit/commit_group.h"
#include "storage/delta/commit/delta_transaction.h"
#include "storage/delta/commit/metadata_changes.h"
#include "storage/delta/log/column_ids.h"
#include "storage/delta/log/protocol.h"
#include "storage/delta/replay/change_feed.h"
#include "storage/delta/replay/head_snapshot.h"
#include "storage/delta/replay/replay.h"
#include "storage/delta/replay/time_travel.h"

namespace lakehouse::storage::delta {
namespace {

class DeltaTable : public Table, public std::enable_shared_from_this<DeltaTable> {
 public:
  DeltaTable(io::Location location, StorageContext context)
      : location_(location), log_(std::move(location)), context_(context), group_(log_, context) {}

  const io::Location& location() const override { return location_; }

  SnapshotPtr Latest() override { return LatestSnapshot(); }

  SnapshotPtr LatestHead() {
    if (!HasState()) {
      if (auto head = ReadFreshHead(log_)) {
        const int64_t version = head->version;
        auto known = std::make_shared<const DeltaSnapshot>(
            std::make_shared<const DeltaSnapshot::State>(*std::move(head)), location_, context_);
        return std::make_shared<const HeadSnapshot>(
            std::move(known), [self = shared_from_this(), version] { return self->At(version); });
      }
    }
    return LatestSnapshot();
  }

  SnapshotPtr At(int64_t version) override {
    try {
      const auto latest = LatestSnapshot();
      if (latest->version() == version) return latest;
    } catch (const Error& error) {
      // An older version may need less.
      if (error.kind() != ErrorKind::kUnsupported) throw;
    }
    return std::make_shared<DeltaSnapshot>(LoadState(log_, version), location_, context_);
  }

  SnapshotPtr AtTimestamp(int64_t unix_ms) override {
    return At(VersionAt(log_, *LatestState(), unix_ms));
  }

  SnapshotPtr Changes(int64_t from, int64_t to) override {
    return ReadChanges(log_, context_, from, to);
  }

  std::vector<HistoryEntry> History(std::optional<size_t> limit) override {
    const auto first_own = FirstInCommitTime(*LatestState());
    std::vector<CommitFile> commits = log_.List().commits;
    std::reverse(commits.begin(), commits.end());
    if (limit && commits.size() > *limit) commits.resize(*limit);
    std::vector<HistoryEntry> entries;
    for (const CommitFile& commit : commits) {
      Actions actions =
          ParseCommit(log_.ReadCommit(commit.version), Log::CommitName(commit.version));
      HistoryEntry entry = actions.info ? *std::move(actions.info) : HistoryEntry{};
      entry.version = commit.version;
      const bool own = first_own && commit.version >= *first_own && actions.in_commit_timestamp;
      entry.timestamp_ms = own ? *actions.in_commit_timestamp : commit.modified_ms;
      entries.push_back(std::move(entry));
    }
    return entries;
  }

  std::unique_ptr<Transaction> Begin(SnapshotPtr base) override {
    auto snapshot = std::dynamic_pointer_cast<const DeltaSnapshot>(base);
    LAKE_CHECK(snapshot != nullptr);
    return std::make_unique<DeltaTransaction>(
        log_, context_, std::move(snapshot),
        [self = shared_from_this()](int64_t version) { self->AfterCommit(version); },
        context_.group_commits ? &group_ : nullptr);
  }

  int64_t Checkpoint() override {
    const auto latest = LatestSnapshot();
    CheckWritable(latest->protocol(), latest->metadata());
    WriteCheckpoint(log_, latest->state(), context_);
    return latest->version();
  }

 private:
  std::shared_ptr<const DeltaSnapshot> LatestSnapshot() {
    const std::lock_guard lock(mutex_);
    Advance();
    if (!latest_) latest_ = std::make_shared<DeltaSnapshot>(state_, location_, context_);
    return latest_;
  }

  /// What the log says, also when this engine cannot read a table with such features.
  StatePtr LatestState() {
    const std::lock_guard lock(mutex_);
    Advance();
    return state_;
  }

  bool HasState() {
    const std::lock_guard lock(mutex_);
    return state_ != nullptr;
  }

  /// Takes in what is new in the log. Under mutex_.
  void Advance() {
    const StatePtr state = state_ ? Refresh(log_, state_) : LoadState(log_);
    if (state != state_) latest_.reset();
    state_ = state;
  }

  /// Costs time later when it fails, never the commit.
  void AfterCommit(int64_t version) {
    try {
      FollowCommit(log_, version, *LatestState(), context_);
    } catch (const std::exception& error) {
      LogWarn("a commit was not followed up",
              {{"table", location_.uri()}, {"reason", error.what()}});
    }
  }

  const io::Location location_;
  const Log log_;
  const StorageContext context_;
  CommitGroup group_;
  std::mutex mutex_;
  StatePtr state_;                               ///< guarded by mutex_
  std::shared_ptr<const DeltaSnapshot> latest_;  ///< guarded by mutex_
};

TableMetadata MetadataOf(const CreateTableOptions& options, const StorageContext& context) {
  ValidateColumns(options.schema, options.properties);
  TableMetadata metadata;
  metadata.id = Uuid::V4(*context.random).ToString();
  metadata.name = options.name;
  metadata.description = options.comment;
  metadata.schema = options.schema;
  metadata.properties = options.properties;
  // Marks the tables to which this engine may add writer features.
  metadata.properties.emplace("lakehouse.createdBy", std::string(EngineInfo()));
  metadata.created_ms = context.clock->NowMs();
  for (const std::string& column : options.partition_columns) {
    const auto position = options.schema.IndexOf(column);
    if (position &&
        std::find(metadata.partition_columns.begin(), metadata.partition_columns.end(),
                  options.schema.fields[*position].name) != metadata.partition_columns.end()) {
      throw Error(ErrorKind::kInvalidSchema, "LK-3007",
                  "partition column " + column + " is named twice");
    }
    if (!position || options.schema.fields[*position].type->is_nested()) {
      throw Error(ErrorKind::kInvalidSchema, "LK-3007",
                  "cannot partition by " + column +
                      (position ? ": it is nested" : ": there is no such column"));
    }
    metadata.partition_columns.push_back(options.schema.fields[*position].name);
  }
  if (metadata.partition_columns.size() == metadata.schema.fields.size()) {
    throw Error(ErrorKind::kInvalidSchema, "LK-3007", "every column is a partition column",
                "At least one column must be stored in the files.");
  }
  return metadata;
}

void SetDomains(const CreateTableOptions& options, Pending& first) {
  for (const auto& [domain, configuration] : options.domains) {
    const bool clusters = domain == kClusteringDomain;
    if (clusters) {
      CheckClustering(configuration, *first.metadata, *first.protocol);
    } else {
      CheckUserDomain(domain);
    }
    first.protocol = WithFeature(*first.protocol, clusters ? "clustering" : "domainMetadata");
    first.domains.push_back({domain, configuration, false});
  }
}

/// The content of version 0.
Actions FirstActions(const CreateTableOptions& options, const CommitDescription& description,
                     const std::vector<NewFile>& files, const StorageContext& context) {
  Pending first;
  TableMetadata metadata = MetadataOf(options, context);
  Protocol protocol;
  PrepareMetadata(*context.random, nullptr, metadata, protocol);
  first.metadata = std::move(metadata);
  first.protocol = std::move(protocol);
  SetDomains(options, first);
  const ColumnMapping mapping = ColumnMappingOf(*first.protocol, *first.metadata);
  std::set<std::string> paths;
  for (const NewFile& file : files) {
    if (!paths.insert(file.path).second) {
      throw Error(ErrorKind::kInvalidArgument, "LK-3022",
                  "the file " + file.path + " is given twice");
    }
    first.adds.push_back(ToAddFile(file, *first.metadata, mapping));
  }
  HistoryEntry info = InfoOf(description, context);
  info.is_blind_append = true;
  return Assemble(first, Ground{}, std::move(info), context.clock->NowMs());
}

[[noreturn]] void ThrowExists(const io::Location& location) {
  throw Error(ErrorKind::kAlreadyExists, "LK-3006",
              "there is a table at " + location.uri() + " already",
              "Register it with lakehouse table register, or choose another location.");
}

/// The first entry of `log`, or nothing when there is none, or the log cannot be read.
std::optional<Actions> FindFirst(const Log& log) {
  try {
    const auto text = log.FindCommit(0);
    if (text) return ParseCommit(*text, Log::CommitName(0));
  } catch (const Error&) {
    return std::nullopt;
  }
  return std::nullopt;
}

/// Writes the first entry. AlreadyExists LK-3006 when somebody was first; CommitStateUnknown
/// LK-8006 when the store did not say.
void PutFirst(const Log& log, const Actions& actions) {
  try {
    const std::string path = log.PathOf(Log::CommitName(0));
    if (log.store().WriteIfAbsent(path, WriteCommit(actions)) == io::PutResult::kWritten) return;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kCommitStateUnknown) throw;
  }
  // Somebody was first, or our reply was lost: the transaction id tells.
  const auto found = FindFirst(log);
  if (!found) {
    throw Error(ErrorKind::kCommitStateUnknown, "LK-8006",
                "the store did not say whether the table at " + log.table().uri() + " was created",
                "Look at what is there before creating it again.");
  }
  if (!found->info || found->info->transaction_id != actions.info->transaction_id) {
    ThrowExists(log.table());
  }
}

/// A failure costs time later, never the table.
void WriteFirstChecksum(const Log& log, const Actions& actions) {
  try {
    DeltaSnapshot::State state;
    ApplyCommit(actions, {0, actions.info->timestamp_ms, ""}, state);
    log.store().WriteIfAbsent(log.PathOf(Log::ChecksumName(0)), ChecksumText(state));
  } catch (const std::exception& error) {
    LogWarn("no version checksum was written",
            {{"table", log.table().uri()}, {"reason", error.what()}});
  }
}

}  // namespace

bool IsDeltaTable(const io::Location& location) {
  const LogListing listing = Log(location).List();
  return !listing.commits.empty() || !listing.checkpoints.empty();
}

std::shared_ptr<Table> OpenTable(const io::Location& location, const StorageContext& context) {
  auto table = std::make_shared<DeltaTable>(location, context);
  table->Latest();
  return table;
}

TableHead ReadTableHead(const io::Location& location) {
  TableHead head = LoadHead(Log(location));
  CheckReadable(head.protocol, head.metadata);
  return head;
}

std::shared_ptr<Table> OpenAnyVersion(const io::Location& location, const StorageContext& context) {
  return std::make_shared<DeltaTable>(location, context);
}

SnapshotPtr LatestHead(Table& table) {
  auto* delta = dynamic_cast<DeltaTable*>(&table);
  return delta != nullptr ? delta->LatestHead() : table.Latest();
}

std::shared_ptr<Table> CreateTable(const io::Location& location, const StorageContext& context,
                                   const CreateTableOptions& options,
                                   const CommitDescription& description,
                                   const std::vector<NewFile>& files) {
  if (IsDeltaTable(location)) ThrowExists(location);
  const Log log(location);
  const Actions first = FirstActions(options, description, files, context);
  PutFirst(log, first);
  WriteFirstChecksum(log, first);
  // Not loaded here: what cannot be read now is created all the same.
  return std::make_shared<DeltaTable>(location, context);
}

}  // namespace lakehouse::storage::delta
