// How a transaction becomes a version: vectors, attempts, lost replies, rebasing.
#include "storage/delta/commit/commit.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/metrics.h"
#include "base/plant.h"
#include "base/random.h"
#include "base/version.h"
#include "storage/delta/commit/commit_group.h"
#include "storage/delta/commit/conflict.h"
#include "storage/delta/commit/delta_transaction.h"
#include "storage/delta/commit/row_tracking.h"
#include "storage/delta/log/protocol.h"
#include "storage/delta/log/stats_json.h"

namespace lakehouse::storage::delta {
namespace {

Counter& Commits(const std::string& result) {
  return Metrics::Instance().GetCounter("lakehouse_storage_commits_total", "Commits to table logs.",
                                        {{"format", "delta"}, {"result", result}});
}

/// Whether the entry at our version is ours: the answer to a lost reply.
enum class Ours { kYes, kNo, kNothingThere, kUnknown };

Ours LookForOurs(const Log& log, int64_t version, const std::string& transaction_id) {
  try {
    const auto text = log.FindCommit(version);
    if (!text) return Ours::kNothingThere;
    const Actions found = ParseCommit(*text, Log::CommitName(version));
    if (LAKE_PLANT("commit.skip-id-check")) return Ours::kYes;
    if (LAKE_PLANT("commit.forget-own-id")) return Ours::kNo;
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
    // The write may still arrive. Asking a second time would tell that something has come since
    // then, but not whose it is.
    return ours == Ours::kNothingThere ? Ours::kUnknown : ours;
  } catch (const Error&) {
    return Ours::kUnknown;
  }
}

std::string NameOf(IsolationLevel level) {
  switch (level) {
    case IsolationLevel::kSerializable:
      return "Serializable";
    case IsolationLevel::kWriteSerializable:
      return "WriteSerializable";
    case IsolationLevel::kSnapshot:
      return "SnapshotIsolation";
  }
  return {};
}

/// The rules for rows that bear on this commit.
RowRules RulesFor(const Pending& ours) {
  RowRules rules = RulesOf(ours.NewMetadata());
  const bool new_rows = !ours.adds.empty() && !ours.rearranged;
  rules.constraints = rules.constraints && new_rows;
  rules.generated = rules.generated && new_rows;
  rules.identity = rules.identity && new_rows;
  rules.defaults = rules.defaults && new_rows;
  rules.column_mapping = rules.column_mapping && (!ours.adds.empty() || !ours.change_files.empty());
  // Rows that are only added or only deleted are seen in the files themselves.
  rules.change_feed =
      rules.change_feed && ours.copies_rows() && !ours.rearranged && ours.change_files.empty();
  rules.row_ids = rules.row_ids && ours.copies_rows();
  return rules;
}

/// Only the marks of identity columns move: others need not heed it.
bool MovesOnlyMarks(const Pending& ours) { return ours.metadata && !ours.changes_metadata(); }

}  // namespace

HistoryEntry InfoOf(const CommitDescription& description, const StorageContext& context) {
  HistoryEntry info;
  info.operation = description.operation;
  info.parameters = description.parameters;
  for (const auto& [name, value] : description.metrics) info.metrics[name] = std::to_string(value);
  info.user_name = description.user_name;
  info.user_metadata = description.user_metadata;
  info.engine_info = EngineInfo();
  info.transaction_id = Uuid::V4(*context.random).ToString();
  return info;
}

HistoryEntry DeltaTransaction::Describe(const CommitDescription& description) const {
  HistoryEntry info = InfoOf(description, context_);
  info.is_blind_append = ours_.blind_append();
  info.isolation_level = NameOf(ours_.Level());
  info.read_version = base_->version();
  if (!ours_.moves.empty() && AllowsDeletionVectors(*base_))
    info.tags[kMovedTag] = MovesText(ours_.moves);
  if (MovesOnlyMarks(ours_)) info.tags["delta.identity.schemaUpdate"] = "true";
  if (TracksRows(ours_.NewProtocol(), ours_.NewMetadata())) {
    info.tags["delta.rowTracking.preserved"] = "true";
  }
  return info;
}

void DeltaTransaction::WriteVectors() {
  DeletionVectorFile file(log_.table(), *context_.random);
  for (auto& [key, change] : ours_.changes) {
    if (change.rows.empty() || change.vector) continue;
    RowSet all = change.rows;
    if (change.file->deletion_vector) {
      all.Unite(ReadDeletionVector(*change.file->deletion_vector, log_.table(), context_));
    }
    // Without a row left only the remove stays.
    if (all.size() == ParseRecordCount(change.file->stats)) continue;
    change.vector = file.Add(all);
  }
  for (auto& [key, lost] : ours_.lost) {
    if (!lost.vector && !lost.all) lost.vector = file.Add(lost.rows);
  }
  for (TakenFile& taken : ours_.taken) {
    if (taken.rows.empty()) continue;
    auto add = std::make_shared<delta::AddFile>(*taken.file);
    add->deletion_vector = file.Add(taken.rows);
    taken.file = std::move(add);
    taken.rows = RowSet();
  }
  if (file.empty()) return;
  vector_files_.push_back(file.path());
  file.Write();
}

void DeltaTransaction::DiscardVectors(const Actions* committed) {
  std::set<std::string> used;
  for (const AddFilePtr& add : committed ? committed->adds : std::vector<AddFilePtr>()) {
    if (add->deletion_vector && add->deletion_vector->storage_type == 'u') {
      used.insert(PathOf(*add->deletion_vector));
    }
  }
  for (const std::string& path : vector_files_) {
    if (used.count(path) > 0) continue;
    try {
      log_.store().Delete(io::JoinPath(log_.table().path, path));
    } catch (const Error&) {
      // Nothing refers to it; VACUUM finds it.
    }
  }
  vector_files_.clear();
}

CommitResult TryCommit(const Log& log, const Actions& actions, int64_t version) {
  CommitResult result;
  result.version = version;
  const std::string path = log.PathOf(Log::CommitName(version));
  const std::string& id = actions.info->transaction_id;
  Ours ours = Ours::kNo;
  try {
    if (log.store().WriteIfAbsent(path, WriteCommit(actions)) == io::PutResult::kWritten) {
      return result;
    }
    ours = LookForOurs(log, version, id);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kCommitStateUnknown) throw;
    ours = LookAfterLostReply(log, version, id);
  }
  if (ours == Ours::kYes) return result;
  result.outcome = ours == Ours::kUnknown ? CommitOutcome::kUnknown : CommitOutcome::kConflict;
  if (ours == Ours::kUnknown) {
    result.reason = "the store did not say whether version " + std::to_string(version) + " is ours";
  }
  return result;
}

std::optional<Winner> FindWinner(const Log& log, int64_t version) {
  const auto text = log.FindCommit(version);
  if (!text) return std::nullopt;
  Winner winner{version, ParseCommit(*text, Log::CommitName(version)), 0};
  if (winner.actions.in_commit_timestamp) {
    winner.timestamp_ms = *winner.actions.in_commit_timestamp;
  } else if (const auto file = log.store().Head(log.PathOf(Log::CommitName(version)))) {
    winner.timestamp_ms = file->modified_ms;
  }
  return winner;
}

std::string Rebase(const std::function<std::optional<Winner>(int64_t)>& find,
                   const StorageContext& context, Pending& ours, Ground& ground) {
  while (const auto winner = find(ground.version + 1)) {
    if (LAKE_PLANT("commit.skip-conflict-check")) {
      ++ground.version;
      continue;
    }
    if (std::string reason = PlaceAfter(*winner, context, ours, ground); !reason.empty()) {
      return reason;
    }
  }
  return {};
}

CommitResult DeltaTransaction::Attempt(const HistoryEntry& info) {
  CommitResult result;
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    WriteVectors();
    const Actions actions = Assemble(ours_, ground_, info, context_.clock->NowMs());
    result = TryCommit(log_, actions, ground_.version + 1);
    result.attempts = attempt;
    // A rebase may have left vectors behind that nothing refers to.
    if (result.outcome == CommitOutcome::kCommitted) DiscardVectors(&actions);
    if (result.outcome != CommitOutcome::kConflict) return result;
    result.version = -1;
    result.reason = Rebase([this](int64_t version) { return FindWinner(log_, version); }, context_,
                           ours_, ground_);
    if (!result.reason.empty()) return result;
  }
  result.reason = "no free version in " + std::to_string(kMaxAttempts) + " attempts";
  return result;
}

CommitResult DeltaTransaction::Place(HistoryEntry info, bool& led) {
  if (group_ == nullptr || !CommitGroup::Takes(ours_)) return Attempt(info);
  CommitGroup::Member member{ours_, ground_, std::move(info)};
  const CommitResult result = group_->Commit(member);
  led = member.led;
  return result;
}

CommitResult DeltaTransaction::Commit(const CommitDescription& description) {
  CommitResult result;
  if (done_) {
    result.version = base_->version();
    return result;
  }
  if (!ours_.changes.empty()) CheckMayRemove();
  CheckRowRules(RulesFor(ours_), ours_.kept);
  bool led = true;
  try {
    result = Place(Describe(description), led);
  } catch (const Error&) {
    // Nothing was written, or so the store says: an unknown outcome is a value.
    DiscardVectors();
    throw;
  }
  switch (result.outcome) {
    case CommitOutcome::kCommitted:
      Commits("committed").Increment();
      if (led) committed_(result.version);
      break;
    case CommitOutcome::kConflict:
      Commits("conflict").Increment();
      DiscardVectors();
      break;
    case CommitOutcome::kUnknown:
      Commits("unknown").Increment();
      break;
  }
  return result;
}

}  // namespace lakehouse::storage::delta
