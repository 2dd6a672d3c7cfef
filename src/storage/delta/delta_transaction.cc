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

}  // namespace

AddFilePtr ToAddFile(const NewFile& file, const TableMetadata& metadata) {
  auto add = std::make_shared<AddFile>();
  add->path = file.path;
  add->size_bytes = file.size_bytes;
  add->modified_ms = file.modified_ms;
  LAKE_CHECK(file.partition_values.size() == metadata.partition_columns.size());
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
  CheckWritable(base_->protocol(), base_->metadata());
}

void DeltaTransaction::AddFile(NewFile file) {
  const TableMetadata& metadata = actions_.metadata ? *actions_.metadata : base_->metadata();
  actions_.adds.push_back(ToAddFile(file, metadata));
}

void DeltaTransaction::RemoveFile(size_t index) {
  if (IsAppendOnly(base_->metadata())) {
    throw Error(ErrorKind::kPermissionDenied, "LK-3021",
                "the table at " + log_.table().uri() + " is append-only",
                "Its property delta.appendOnly is true.");
  }
  const std::string& path = snapshot_->add(index).path;
  LAKE_CHECK(removed_.insert(path).second);
  actions_.removes.push_back({path, context_.clock->NowMs(), true});
}

void DeltaTransaction::RemoveAllFiles() {
  read_ = true;
  for (size_t i = 0; i < base_->file_count(); ++i) RemoveFile(i);
}

void DeltaTransaction::SetMetadata(TableMetadata metadata) {
  ValidateSchema(metadata.schema);
  CheckWritable(base_->protocol(), metadata);
  actions_.metadata = std::move(metadata);
}

void DeltaTransaction::SetAppTransaction(const std::string& app_id, int64_t version) {
  const auto known = base_->transactions().find(app_id);
  if (known != base_->transactions().end() && known->second.version >= version) done_ = true;
  actions_.transactions.push_back({app_id, {version, context_.clock->NowMs()}});
}

void DeltaTransaction::SetDomain(const std::string& domain, const std::string& configuration) {
  if (!HasDomainMetadata(base_->protocol()) && !actions_.protocol) {
    const auto made = base_->metadata().properties.find("lakehouse.createdBy");
    if (made == base_->metadata().properties.end()) {
      throw Error(
          ErrorKind::kUnsupported, "LK-3020",
          "the table at " + log_.table().uri() + " lacks the feature domainMetadata",
          "Another engine made the table and some engines cannot write tables with it, so it is "
          "not added unasked.");
    }
    actions_.protocol = WithDomainMetadata(base_->protocol());
  }
  actions_.domains.push_back({domain, configuration, false});
}

bool DeltaTransaction::IsBlindAppend() const {
  return !read_ && !actions_.metadata && !actions_.protocol && actions_.removes.empty() &&
         !actions_.adds.empty();
}

std::string DeltaTransaction::ConflictWith(const Actions& winner, int64_t version) const {
  const std::string by = " (version " + std::to_string(version) + ")";
  if (winner.protocol) return "another writer changed the table's protocol" + by;
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
  for (const delta::RemoveFile& remove : winner.removes) {
    if (removed_.count(remove.path) > 0) return "another writer removed the same files" + by;
    if (read_ && snapshot_->state().files.count(remove.path) > 0) {
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
    ours = LookForOurs(log_, version, actions_.info->transaction_id);
    // The write may still arrive when nothing is there yet.
    if (ours == Ours::kNo && !log_.store().Head(path)) ours = Ours::kUnknown;
  }
  if (ours == Ours::kYes) return result;
  result.outcome = ours == Ours::kNo ? CommitOutcome::kConflict : CommitOutcome::kUnknown;
  if (ours == Ours::kUnknown) {
    result.reason = "the store did not say whether version " + std::to_string(version) + " is ours";
  }
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
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt, ++version) {
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
    const std::string place = Log::CommitName(version);
    result.reason = ConflictWith(ParseCommit(log_.ReadCommit(version), place), version);
    result.version = -1;
    if (!result.reason.empty()) break;
  }
  if (result.reason.empty()) {
    result.reason = "no free version in " + std::to_string(kMaxAttempts) + " attempts";
  }
  Commits("conflict").Increment();
  return result;
}

}  // namespace lakehouse::storage::delta
