#include "storage/delta/delta_transaction.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/version.h"
#include "storage/delta/protocol.h"
#include "storage/delta/stats_json.h"

namespace lakehouse::storage::delta {
namespace {

Counter& Commits(const std::string& result) {
  return Metrics::Instance().GetCounter("lakehouse_storage_commits_total", "Commits to table logs.",
                                        {{"format", "delta"}, {"result", result}});
}

/// Which of our versions, if any, the log holds already: the answer to a lost reply.
enum class Ours { kYes, kNo, kUnknown };

Ours LookForOurs(const Log& log, int64_t version, const std::string& transaction_id) {
  try {
    const auto text = log.FindCommit(version);
    if (!text) return Ours::kNo;
    const Actions found = ParseCommit(*text, Log::CommitName(version));
    return found.info && found.info->transaction_id == transaction_id ? Ours::kYes : Ours::kNo;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kCorruption) throw;
    return Ours::kUnknown;
  }
}

/// After a lost reply: when the log cannot be asked, or holds nothing yet, nobody knows.
Ours LookAfterLostReply(const Log& log, int64_t version, const std::string& transaction_id) {
  try {
    const Ours ours = LookForOurs(log, version, transaction_id);
    // The write may still arrive when nothing is there yet.
    const bool free = ours == Ours::kNo && !log.store().Head(log.PathOf(Log::CommitName(version)));
    return free ? Ours::kUnknown : ours;
  } catch (const Error&) {
    return Ours::kUnknown;
  }
}

}  // namespace

AddFilePtr ToAddFile(const NewFile& file, const TableMetadata& metadata) {
  auto add = std::make_shared<AddFile>();
  add->path = file.path;
  add->size_bytes = file.size_bytes;
  add->modified_ms = file.modified_ms;
  if (file.path.empty() || file.partition_values.size() != metadata.partition_columns.size()) {
    throw Error(ErrorKind::kInvalidArgument, "LK-3022",
                "the data file '" + file.path + "' has " +
                    std::to_string(file.partition_values.size()) + " partition values, the table " +
                    std::to_string(metadata.partition_columns.size()) + " partition columns");
  }
  for (size_t i = 0; i < file.partition_values.size(); ++i) {
    const std::string& column = metadata.partition_columns[i];
    const DataType& type = *metadata.schema.fields[*metadata.schema.IndexOf(column)].type;
    const Value& value = file.partition_values[i];
    const std::string text = ToPartitionText(value, type);
    add->partition_values[column] = text.empty() ? std::nullopt : std::optional(text);
  }
  add->stats = WriteStats(file.stats, metadata.schema);
  return add;
}

DeltaTransaction::DeltaTransaction(Log log, StorageContext context,
                                   std::shared_ptr<const DeltaSnapshot> base,
                                   std::function<void(int64_t)> committed)
    : log_(std::move(log)),
      context_(context),
      base_(base),
      snapshot_(std::move(base)),
      committed_(std::move(committed)) {
  LAKE_CHECK(base_ != nullptr);
  CheckWritable(base_->protocol(), base_->metadata());
}

void DeltaTransaction::AddFile(NewFile file) {
  const TableMetadata& metadata = actions_.metadata ? *actions_.metadata : base_->metadata();
  AddFilePtr add = ToAddFile(file, metadata);
  const std::string key(KeyOf(add->path));
  // A log with one file twice is broken for every reader, so this is checked before it is written.
  if (removed_.count(key) > 0 || snapshot_->state().HasDataFile(key) ||
      !added_.insert(key).second) {
    throw Error(ErrorKind::kInvalidArgument, "LK-3022",
                "the file " + add->path + " is part of " + log_.table().uri() + " already");
  }
  actions_.adds.push_back(std::move(add));
}

void DeltaTransaction::RemoveFile(size_t index) {
  if (IsAppendOnly(base_->metadata())) {
    throw Error(ErrorKind::kPermissionDenied, "LK-3021",
                "the table at " + log_.table().uri() + " is append-only",
                "Its property delta.appendOnly is true.");
  }
  const std::string& path = snapshot_->add(index).path;
  if (!removed_.insert(std::string(KeyOf(path))).second) {
    throw Error(ErrorKind::kInvalidArgument, "LK-3022", "the file " + path + " is removed twice");
  }
  actions_.removes.push_back(
      {path, context_.clock->NowMs(), true, snapshot_->add(index).deletion_vector});
}

void DeltaTransaction::RemoveAllFiles() {
  read_ = true;
  for (size_t i = 0; i < base_->file_count(); ++i) {
    if (removed_.count(KeyOf(snapshot_->add(i).path)) == 0) RemoveFile(i);
  }
}

void DeltaTransaction::SetMetadata(TableMetadata metadata) {
  ValidateSchema(metadata.schema);
  CheckWritable(base_->protocol(), metadata);
  const Protocol& now = actions_.protocol ? *actions_.protocol : base_->protocol();
  if (Protocol next = WithFeaturesOf(now, metadata); next != now) {
    if (!MadeByUs()) {
      throw Error(ErrorKind::kUnsupported, "LK-3020",
                  "the table at " + log_.table().uri() + " lacks the feature timestampNtz",
                  "Another engine made the table; features are not added to it unasked.");
    }
    actions_.protocol = std::move(next);
  }
  actions_.metadata = std::move(metadata);
}

void DeltaTransaction::SetAppTransaction(const std::string& app_id, int64_t version) {
  const auto known = base_->transactions().find(app_id);
  if (known != base_->transactions().end() && known->second.version >= version) done_ = true;
  std::erase_if(actions_.transactions, [&](const auto& txn) { return txn.app_id == app_id; });
  actions_.transactions.push_back({app_id, {version, context_.clock->NowMs()}});
}

void DeltaTransaction::SetDomain(const std::string& domain, const std::string& configuration) {
  const Protocol& now = actions_.protocol ? *actions_.protocol : base_->protocol();
  if (domain.starts_with("delta.")) {
    throw Error(ErrorKind::kUnsupported, "LK-3020",
                "the domain " + domain + " is the protocol's own",
                "Choose a name that does not begin with delta.");
  }
  if (!HasDomainMetadata(now)) {
    if (!MadeByUs()) {
      throw Error(
          ErrorKind::kUnsupported, "LK-3020",
          "the table at " + log_.table().uri() + " lacks the feature domainMetadata",
          "Another engine made the table and some engines cannot write tables with it, so it is "
          "not added unasked.");
    }
    actions_.protocol = WithDomainMetadata(now);
  }
  std::erase_if(actions_.domains, [&](const auto& ours) { return ours.domain == domain; });
  actions_.domains.push_back({domain, configuration, false});
}

bool DeltaTransaction::MadeByUs() const {
  return base_->metadata().properties.count("lakehouse.createdBy") > 0;
}

bool DeltaTransaction::IsBlindAppend() const {
  return !read_ && !actions_.metadata && !actions_.protocol && actions_.removes.empty() &&
         !actions_.adds.empty();
}

std::string DeltaTransaction::ProtocolConflict(const Protocol& winner) {
  if (actions_.protocol) {
    if (*actions_.protocol != winner)
      return "another writer changed the table's protocol, as we do";
    actions_.protocol.reset();  // it is there now
    return {};
  }
  if (!Extends(base_->protocol(), winner)) return "another writer dropped a feature of the table";
  try {
    CheckReadable(winner, base_->metadata());
    CheckWritable(winner, base_->metadata());
  } catch (const Error& error) {
    return "another writer changed the table's protocol: " + error.message();
  }
  return {};
}

std::string DeltaTransaction::ConflictWith(const Actions& winner, int64_t version) {
  const std::string by = " (version " + std::to_string(version) + ")";
  if (winner.protocol) {
    if (const std::string reason = ProtocolConflict(*winner.protocol); !reason.empty())
      return reason + by;
  }
  if (winner.metadata) return "another writer changed the table's metadata" + by;
  for (const delta::SetDomain& ours : actions_.domains) {
    for (const delta::SetDomain& theirs : winner.domains) {
      if (ours.domain == theirs.domain) return "another writer set domain " + ours.domain + by;
    }
  }
  for (const SetTransaction& ours : actions_.transactions) {
    for (const SetTransaction& theirs : winner.transactions) {
      if (ours.app_id == theirs.app_id) return "another writer advanced " + ours.app_id + by;
    }
  }
  // WriteSerializable: rows that a blind append brought may stand after ours; others we should have
  // read.
  const bool blind = winner.info && winner.info->is_blind_append;
  const bool adds = std::any_of(winner.adds.begin(), winner.adds.end(),
                                [](const AddFilePtr& add) { return add->data_change; });
  if (adds && ((read_ && !blind) || actions_.metadata)) {
    return "another writer added rows that this change should have read" + by;
  }
  for (const AddFilePtr& add : winner.adds) {
    if (added_.count(KeyOf(add->path)) > 0)
      return "another writer added the file " + add->path + by;
  }
  for (const delta::RemoveFile& remove : winner.removes) {
    const std::string_view key = KeyOf(remove.path);
    if (removed_.count(key) > 0) return "another writer removed the same files" + by;
    if (read_ && snapshot_->state().HasDataFile(key)) {
      return "another writer removed files that this change has read" + by;
    }
  }
  return {};
}

void DeltaTransaction::Describe(const CommitDescription& description) {
  HistoryEntry info;
  info.timestamp_ms = context_.clock->NowMs();
  info.operation = description.operation;
  info.parameters = description.parameters;
  for (const auto& [name, value] : description.metrics) info.metrics[name] = std::to_string(value);
  info.user_name = description.user_name;
  info.user_metadata = description.user_metadata;
  info.engine_info = EngineInfo();
  info.transaction_id = Uuid::V4(*context_.random).ToString();
  info.is_blind_append = IsBlindAppend();
  actions_.info = std::move(info);
}

/// One attempt; kConflict here means that the version is taken by somebody else.
CommitResult DeltaTransaction::Try(int64_t version) {
  CommitResult result;
  result.version = version;
  const std::string path = log_.PathOf(Log::CommitName(version));
  Ours ours = Ours::kNo;
  try {
    if (log_.store().WriteIfAbsent(path, WriteCommit(actions_)) == io::PutResult::kWritten) {
      return result;
    }
    ours = LookForOurs(log_, version, actions_.info->transaction_id);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kCommitStateUnknown) throw;
    ours = LookAfterLostReply(log_, version, actions_.info->transaction_id);
  }
  if (ours == Ours::kYes) return result;
  result.outcome = ours == Ours::kNo ? CommitOutcome::kConflict : CommitOutcome::kUnknown;
  if (ours == Ours::kUnknown) {
    result.reason = "the store did not say whether version " + std::to_string(version) + " is ours";
  }
  return result;
}

CommitResult DeltaTransaction::Rebase(int64_t version) {
  CommitResult result;
  for (;; ++version) {
    const auto text = log_.FindCommit(version);
    if (!text) break;
    result.reason = ConflictWith(ParseCommit(*text, Log::CommitName(version)), version);
    if (result.reason.empty()) continue;
    result.outcome = CommitOutcome::kConflict;
    return result;
  }
  result.version = version;
  return result;
}

CommitResult DeltaTransaction::Commit(const CommitDescription& description) {
  CommitResult result;
  if (done_) {
    result.version = base_->version();
    return result;
  }
  Describe(description);
  int64_t version = base_->version() + 1;
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    result = Try(version);
    result.attempts = attempt;
    if (result.outcome == CommitOutcome::kCommitted) {
      Commits("committed").Increment();
      committed_(version);
      return result;
    }
    if (result.outcome == CommitOutcome::kUnknown) {
      Commits("unknown").Increment();
      return result;
    }
    const CommitResult next = Rebase(version);
    if (next.outcome == CommitOutcome::kConflict) {
      result.reason = next.reason;
      break;
    }
    version = next.version;
  }
  result.version = -1;
  if (result.reason.empty()) {
    result.reason = "no free version in " + std::to_string(kMaxAttempts) + " attempts";
  }
  Commits("conflict").Increment();
  return result;
}

}  // namespace lakehouse::storage::delta
