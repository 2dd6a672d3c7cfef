#include "storage/delta/commit/commit_group.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/clock.h"

namespace lakehouse::storage::delta {
namespace {

constexpr size_t kRecentVersions = 64;

/// Can one commitInfo stand for both?
bool SameKind(const HistoryEntry& a, const HistoryEntry& b) {
  return a.operation == b.operation && a.parameters == b.parameters && a.user_name == b.user_name &&
         a.user_metadata == b.user_metadata;
}

size_t FilesOf(const Pending& ours) { return ours.adds.size() + ours.taken.size(); }

int64_t NumberOf(const std::string& text) {
  return std::strtoll(text.c_str(), nullptr, 10);  // written by Describe: always a number
}

HistoryEntry InfoOf(const std::vector<CommitGroup::Member*>& members) {
  HistoryEntry info = members.front()->info;
  std::string all = info.transaction_id;
  for (size_t i = 1; i < members.size(); ++i) {
    const HistoryEntry& other = members[i]->info;
    for (const auto& [name, value] : other.metrics) {
      std::string& sum = info.metrics[name];
      sum = std::to_string(NumberOf(sum) + NumberOf(value));
    }
    info.read_version = std::min(*info.read_version, *other.read_version);
    all += "," + other.transaction_id;
  }
  if (members.size() > 1) info.tags["lakehouse.transactions"] = all;
  return info;
}

}  // namespace

CommitGroup::CommitGroup(Log log, StorageContext context)
    : log_(std::move(log)), context_(context) {}

bool CommitGroup::Takes(const Pending& ours) {
  return ours.blind_append() && !ours.metadata && !ours.protocol && ours.transactions.empty() &&
         ours.domains.empty() && ours.change_files.empty() && !ours.rearranged &&
         std::all_of(ours.taken.begin(), ours.taken.end(),
                     [](const TakenFile& taken) { return taken.rows.empty(); });
}

CommitResult CommitGroup::Commit(Member& member) {
  std::unique_lock lock(mutex_);
  waiting_.push_back(&member);
  changed_.wait(lock, [&] { return member.done || (!leading_ && waiting_.front() == &member); });
  if (!member.done) {
    leading_ = true;
    member.led = true;
    const std::vector<Member*> members = TakeMembers();
    lock.unlock();
    std::exception_ptr failure;
    try {
      CommitTogether(members);
    } catch (...) {
      failure = std::current_exception();  // thrown again below, by each
    }
    lock.lock();
    for (Member* one : members) {
      const bool settled = one->result.version >= 0 || !one->result.reason.empty();
      if (failure && !settled) one->failure = failure;
      one->done = true;
    }
    leading_ = false;
    changed_.notify_all();
  }
  if (member.failure) std::rethrow_exception(member.failure);
  return member.result;
}

std::vector<CommitGroup::Member*> CommitGroup::TakeMembers() {
  std::vector<Member*> members = {waiting_.front()};
  waiting_.pop_front();
  size_t files = FilesOf(members[0]->ours);
  for (auto it = waiting_.begin(); it != waiting_.end() && members.size() < kMaxMembers;) {
    files += FilesOf((*it)->ours);
    if (files > kMaxFiles) break;
    if (!SameKind((*it)->info, members[0]->info)) {
      files -= FilesOf((*it)->ours);
      ++it;
      continue;
    }
    members.push_back(*it);
    it = waiting_.erase(it);
  }
  return members;
}

std::optional<Winner> CommitGroup::Find(int64_t version) {
  const auto known = recent_.find(version);
  if (known != recent_.end()) return known->second;
  auto winner = FindWinner(log_, version);
  if (winner) recent_.emplace(version, *winner);
  while (recent_.size() > kRecentVersions) recent_.erase(recent_.begin());
  return winner;
}

void CommitGroup::Place(std::vector<Member*>& members) {
  const auto find = [this](int64_t version) { return Find(version); };
  std::set<std::string_view> paths;
  std::erase_if(members, [&](Member* member) {
    std::string reason = Rebase(find, context_, member->ours, member->ground);
    const auto add = [&](const AddFilePtr& file) {
      if (reason.empty() && !paths.insert(KeyOf(file->path)).second) {
        reason = "another writer adds the file " + file->path;
      }
    };
    for (const AddFilePtr& file : member->ours.adds) add(file);
    for (const TakenFile& taken : member->ours.taken) add(taken.file);
    if (reason.empty()) return false;
    member->result = {CommitOutcome::kConflict, -1, member->result.attempts, reason};
    return true;
  });
}

Actions CommitGroup::Unite(const std::vector<Member*>& members) const {
  Pending all = members.front()->ours;
  for (size_t i = 1; i < members.size(); ++i) {
    const Pending& other = members[i]->ours;
    all.adds.insert(all.adds.end(), other.adds.begin(), other.adds.end());
    all.taken.insert(all.taken.end(), other.taken.begin(), other.taken.end());
  }
  return Assemble(all, members.front()->ground, InfoOf(members), context_.clock->NowMs());
}

void CommitGroup::CommitTogether(std::vector<Member*> members) {
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    Place(members);
    if (members.empty()) return;
    const int64_t version = members.front()->ground.version + 1;
    const bool level = std::all_of(members.begin(), members.end(), [&](const Member* member) {
      return member->ground.version + 1 == version;
    });
    // Another process's commit came while the members were placed.
    if (!level) continue;
    CommitResult result = TryCommit(log_, Unite(members), version);
    result.attempts = attempt;
    for (Member* member : members) member->result.attempts = attempt;
    if (result.outcome == CommitOutcome::kConflict) continue;
    for (Member* member : members) member->result = result;
    return;
  }
  for (Member* member : members) {
    member->result = {CommitOutcome::kConflict, -1, kMaxAttempts,
                      "no free version in " + std::to_string(kMaxAttempts) + " attempts"};
  }
}

}  // namespace lakehouse::storage::delta
