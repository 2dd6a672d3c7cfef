// How the files of a statement get into their table.
#include <algorithm>

#include "query/engines/duckdb/changed_files.h"
#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/lake_transaction.h"
#include "query/engines/duckdb/write_description.h"
#include "storage/maintenance/auto_optimize.h"

namespace lakehouse::query::duckdb {
namespace {

using storage::maintenance::WantsAutoCompaction;

/// Says which rows of the table decided what `write` does.
void MarkReads(dk::ClientContext& context, const PendingWrite& write,
               storage::Transaction& commit) {
  if (write.reads.empty()) return commit.MarkRead();
  for (const auto& reads : write.reads) {
    std::vector<std::shared_ptr<ScanRead>> scans = reads->scans;
    std::erase_if(scans, [](const auto& read) { return read->IsNothing(); });
    if (scans.empty()) continue;
    const bool whole = std::any_of(scans.begin(), scans.end(),
                                   [](const auto& read) { return read->IsEverything(); });
    if (whole && !reads->only_to_choose) return commit.MarkRead();
    commit.MarkRead(
        [&context, scans](const storage::Snapshot& files, size_t index) {
          return std::any_of(scans.begin(), scans.end(), [&](const auto& read) {
            return read->MayMatch(context, files, index);
          });
        },
        reads->only_to_choose);
  }
}

}  // namespace

void CommitWrite(dk::ClientContext& context, PendingWrite& write, const std::string& operation) {
  auto& session = SessionOf(context);
  if (write.create) {
    write.create->description.metrics["numOutputRows"] = write.rows;
    if (!session.lake->CreateTable(session.principal, *write.create, write.files)) {
      for (auto& writer : write.writers) writer->Discard();
      return;
    }
    if (WantsAutoCompaction(write.create->options.properties)) session.created = write.create->name;
    return;
  }
  storage::CommitDescription description;
  description.operation = write.replacement ? "CREATE OR REPLACE TABLE AS SELECT" : operation;
  description.user_name = session.principal.name;
  auto commit = write.table->Begin(write.base);
  commit->KeepRules(KeptRules());
  if (session.isolation) commit->SetIsolation(*session.isolation);
  if (write.replacement || write.overwrite) commit->RemoveAllFiles();
  if (write.replacement) commit->SetMetadata(*write.replacement);
  for (const auto& [domain, text] : write.domains) commit->SetDomain(domain, text);
  const bool evolves = session.evolution && session.evolution->uri == write.table->location().uri();
  if (!write.marks.empty() || evolves) {
    auto metadata = evolves ? session.evolution->metadata : write.base->metadata();
    SetMarks(write.marks, metadata);
    commit->SetMetadata(std::move(metadata));
  }
  if (write.read) MarkReads(context, write, *commit);
  FeedChanges(context, write);
  const ChangedFiles changed = TakeRowsAway(context, write, *commit);
  DescribeWrite(write, operation, changed, description);
  for (const auto& [name, value] : session.operation_parameters) {
    description.parameters.emplace(name, value);
  }
  for (auto& file : write.files) commit->AddFile(std::move(file));
  for (auto& file : write.change_files) commit->AddChangeFile(std::move(file));
  auto result = commit->Commit(description);
  if (result.outcome == storage::CommitOutcome::kUnknown) {
    throw Error(ErrorKind::kCommitStateUnknown, "LK-4014",
                "the write may or may not be in the table: " + result.reason,
                "look at DESCRIBE HISTORY before running it again");
  }
  if (result.outcome == storage::CommitOutcome::kConflict) {
    throw Error(ErrorKind::kCommitConflict, "LK-4013",
                "another commit changed the table first: " + result.reason,
                "run the statement again");
  }
  session.committed_version = result.version;
  session.committed.push_back(write.table);
  session.commit_metrics = description.metrics;
}

}  // namespace lakehouse::query::duckdb
