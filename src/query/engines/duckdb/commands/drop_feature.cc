#include "query/engines/duckdb/commands/drop_feature.h"

#include <utility>

#include "base/error.h"
#include "query/engines/duckdb/commands/definition_commit.h"
#include "query/engines/duckdb/commands/rearranging.h"
#include "storage/delta/maintenance/drop_feature.h"

namespace lakehouse::query::duckdb {
namespace {

using storage::delta::FeatureDrop;

/// Checkpoints before the one that lacks the feature, as Spark makes them: a reader that cannot
/// read the newest ones gives up before it comes to older ones.
constexpr int kGuardingCheckpoints = 3;

class Dropping {
 public:
  Dropping(const CommandContext& context, const catalog::ResolvedObject& object,
           const dialect::DropFeature& change)
      : context_(context), object_(object), change_(change), table_(*object.table) {}

  void Run() {
    const FeatureDrop plan = Plan(*table_.Latest());
    const bool guards = plan.guards_history;
    const bool prepares = guards && plan.feature != "checkpointProtection";
    const bool changed = prepares && Prepare();
    if (guards && change_.truncate_history) {
      Truncate(plan.feature, changed);
    } else if (guards) {
      for (int i = 0; i < kGuardingCheckpoints; ++i) CommitNothing();
    }
    RemoveDomains();
    Finish(guards && !change_.truncate_history);
  }

 private:
  FeatureDrop Plan(const storage::Snapshot& base) const {
    return storage::delta::PlanFeatureDrop(base, change_.feature, change_.truncate_history);
  }

  storage::CommitDescription Describe(const std::string& operation) const {
    storage::CommitDescription description;
    description.operation = operation;
    description.user_name = context_.principal.name;
    return description;
  }

  /// Takes what uses the feature out of the latest version. False: nothing did.
  bool Prepare() {
    Rearranging work(context_, object_);
    const auto& base = work.base();
    const FeatureDrop plan = Plan(*base);
    if (!plan.rewrites() && plan.metadata == base->metadata()) return false;
    for (const auto& group : GroupsOf(*base, plan.files, work.target_bytes())) {
      work.Rewrite(group, plan.metadata);
    }
    auto commit = table_.Begin(base);
    commit->MarkRearranged();
    commit->MarkRead();
    commit->KeepRules(RulesOfRewrites());
    if (plan.metadata != base->metadata()) commit->SetMetadata(plan.metadata);
    for (auto& group : work.groups()) {
      for (const size_t file : group.sources().files) commit->RemoveFile(file);
      for (const auto& file : group.files()) commit->AddFile(file);
    }
    auto description = Describe(plan.rewrites() ? "REORG" : "UNSET TBLPROPERTIES");
    description.parameters["feature"] = JsonOf(plan.feature);
    const auto kept = [&] {
      for (auto& group : work.groups()) group.Keep();
    };
    try {
      CommitDefinition(*commit, description);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kCommitStateUnknown) kept();
      throw;
    }
    kept();
    return true;
  }

  /// In a commit of their own, which still has the feature.
  void RemoveDomains() {
    const auto base = table_.Latest();
    const FeatureDrop plan = Plan(*base);
    if (plan.domains.empty()) return;
    auto commit = table_.Begin(base);
    for (const auto& domain : plan.domains) commit->RemoveDomain(domain);
    auto description = Describe("DOMAIN METADATA CLEANUP");
    description.parameters["domainMetadataRemovedCount"] = std::to_string(plan.domains.size());
    CommitDefinition(*commit, description);
  }

  /// A commit without changes, and a checkpoint of it.
  void CommitNothing() {
    auto commit = table_.Begin(table_.Latest());
    CommitDefinition(*commit, Describe("EMPTY COMMIT"));
    table_.Checkpoint();
  }

  void Truncate(const std::string& feature, bool changed) {
    CommitNothing();
    if (!changed) {
      storage::delta::TruncateHistory(table_, context_.lake.storage_context());
      if (!storage::delta::HistoryUses(table_, feature)) return;
    }
    throw Error(
        ErrorKind::kInvalidArgument, "LK-4097",
        "the table does not use " + feature + " any more, but versions that can still be read do",
        "Run the statement again when they are older than 24 hours: then it deletes the "
        "history and drops the feature.");
  }

  void Finish(bool guard) {
    const auto base = table_.Latest();
    const FeatureDrop plan = Plan(*base);
    const bool used = plan.guards_history && plan.feature != "checkpointProtection" &&
                      (plan.rewrites() || plan.metadata != base->metadata());
    if (used || !plan.domains.empty()) {
      throw Error(ErrorKind::kCommitConflict, "LK-4013",
                  "another commit used the feature " + plan.feature + " again",
                  "Run the statement again.");
    }
    auto commit = table_.Begin(base);
    commit->MarkRead();
    if (plan.metadata != base->metadata()) commit->SetMetadata(plan.metadata);
    commit->DropFeature(plan.feature, guard);
    auto description = Describe("DROP FEATURE");
    description.parameters["featureName"] = JsonOf(plan.feature);
    description.parameters["truncateHistory"] = change_.truncate_history ? "true" : "false";
    CommitDefinition(*commit, description);
    if (guard) table_.Checkpoint();
  }

  const CommandContext& context_;
  const catalog::ResolvedObject& object_;
  const dialect::DropFeature& change_;
  storage::Table& table_;
};

}  // namespace

void DropFeatureOf(const CommandContext& context, const catalog::ResolvedObject& object,
                   const dialect::DropFeature& change) {
  Dropping(context, object, change).Run();
}

}  // namespace lakehouse::query::duckdb
