#include "storage/delta/commit/log_compaction.h"

#include <set>
#include <string>
#include <unordered_set>
#include <utility>

namespace lakehouse::storage::delta {
namespace {

/// Takes commits from the newest to the oldest: what is named first stays.
class Reconciler {
 public:
  void Take(Actions commit) {
    if (!all_.protocol) all_.protocol = std::move(commit.protocol);
    if (!all_.metadata) {
      all_.metadata = std::move(commit.metadata);
      all_.schema_text = std::move(commit.schema_text);
    }
    // A commit's removes come before its adds.
    for (AddFilePtr& add : commit.adds) {
      if (files_.insert(FileKey(add->path, add->deletion_vector)).second) {
        all_.adds.push_back(std::move(add));
      }
    }
    for (RemoveFile& gone : commit.removes) {
      if (files_.insert(FileKey(gone.path, gone.deletion_vector)).second) {
        all_.removes.push_back(std::move(gone));
      }
    }
    for (SetTransaction& set : commit.transactions) {
      if (apps_.insert(set.app_id).second) all_.transactions.push_back(std::move(set));
    }
    for (SetDomain& set : commit.domains) {
      if (domains_.insert(set.domain).second) all_.domains.push_back(std::move(set));
    }
  }
  Actions Finish() { return std::move(all_); }

 private:
  Actions all_;
  std::unordered_set<std::string> files_;
  std::set<std::string> apps_, domains_;
};

}  // namespace

Actions Reconcile(std::vector<Actions> commits) {
  Reconciler reconciler;
  for (; !commits.empty(); commits.pop_back()) reconciler.Take(std::move(commits.back()));
  return reconciler.Finish();
}

void WriteCompaction(const Log& log, int64_t from, int64_t to) {
  std::vector<Actions> commits;
  for (int64_t version = from; version <= to; ++version) {
    commits.push_back(ParseCommit(log.ReadCommit(version), Log::CommitName(version)));
  }
  const std::string text = WriteCommit(Reconcile(std::move(commits)));
  // Commits that changed nothing have nothing to say together.
  if (!text.empty()) log.store().WriteIfAbsent(log.PathOf(Log::CompactionName(from, to)), text);
}

}  // namespace lakehouse::storage::delta
