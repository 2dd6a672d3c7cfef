#include "query/engines/duckdb/lake_transaction.h"

#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/row_changes.h"

namespace lakehouse::query::duckdb {
namespace {

class LakeTransactionManager : public dk::TransactionManager {
 public:
  using TransactionManager::TransactionManager;

  dk::Transaction& StartTransaction(dk::ClientContext& context) override {
    auto transaction = std::make_unique<LakeTransaction>(*this, context);
    auto& started = *transaction;
    std::lock_guard lock(mutex_);
    open_[&started] = std::move(transaction);
    return started;
  }
  dk::ErrorData CommitTransaction(dk::ClientContext& context,
                                  dk::Transaction& transaction) override {
    auto ending = Take(transaction);
    try {
      ending->CommitWrites(context);
    } catch (const Error& error) {
      if (auto session = LakeSession::Get(context)) session->Remember(error);
      return dk::ErrorData(dk::ExceptionType::TRANSACTION, error.what());
    } catch (const std::exception& error) {
      return dk::ErrorData(dk::ExceptionType::TRANSACTION, error.what());
    }
    return {};
  }
  void RollbackTransaction(dk::Transaction& transaction) override {
    Take(transaction)->DiscardWrites();
  }
  void Checkpoint(dk::ClientContext&, bool) override {}

 private:
  std::unique_ptr<LakeTransaction> Take(dk::Transaction& transaction) {
    std::lock_guard lock(mutex_);
    return std::move(open_.extract(&transaction).mapped());
  }

  std::mutex mutex_;
  std::map<dk::Transaction*, std::unique_ptr<LakeTransaction>> open_;
};

}  // namespace

storage::SnapshotPtr LakeTransaction::Pin(storage::Table& table) {
  std::lock_guard lock(mutex_);
  auto& pinned = pinned_[table.location().uri()];
  if (!pinned) pinned = table.Latest();
  return pinned;
}

dk::optional_ptr<dk::CatalogEntry> LakeTransaction::Kept(const std::string& key) {
  std::lock_guard lock(mutex_);
  auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : found->second.get();
}

dk::CatalogEntry& LakeTransaction::Keep(const std::string& key,
                                        dk::unique_ptr<dk::CatalogEntry> entry) {
  std::lock_guard lock(mutex_);
  return *entries_.emplace(key, std::move(entry)).first->second;
}

void LakeTransaction::AddWrite(PendingWrite write) {
  std::lock_guard lock(mutex_);
  for (PendingWrite& there : writes_) {
    if (!there.table || there.table != write.table) continue;
    UniteDeleted(there.deleted, write.deleted, there.updates || write.updates);
    there.updates |= write.updates;
    there.rows += write.rows;
    std::move(write.files.begin(), write.files.end(), std::back_inserter(there.files));
    std::move(write.writers.begin(), write.writers.end(), std::back_inserter(there.writers));
    return;
  }
  writes_.push_back(std::move(write));
}

void LakeTransaction::Name(std::string operation) {
  std::lock_guard lock(mutex_);
  operation_ = std::move(operation);
}

namespace {

/// Spark's names for what a write did.
void DescribeRows(const PendingWrite& write, const std::string& operation,
                  storage::CommitDescription& description) {
  auto& metrics = description.metrics;
  metrics["numOutputRows"] = write.rows;
  if (operation == "WRITE") {
    const bool replaces = write.replacement || write.overwrite;
    description.parameters["mode"] = replaces ? "\"Overwrite\"" : "\"Append\"";
    metrics["numFiles"] = static_cast<int64_t>(write.files.size());
    return;
  }
  int64_t gone = 0;
  for (const auto& [file, rows] : write.deleted) gone += rows.size();
  metrics[operation == "UPDATE" ? "numUpdatedRows" : "numDeletedRows"] = gone;
}

}  // namespace

void LakeTransaction::CommitOne(dk::ClientContext& context, PendingWrite& write) {
  auto& session = SessionOf(context);
  if (write.create) {
    write.create->description.metrics["numOutputRows"] = write.rows;
    if (!session.lake->CreateTable(session.principal, *write.create, write.files)) {
      for (auto& writer : write.writers) writer->Discard();
    }
    return;
  }
  storage::CommitDescription description;
  description.operation = write.replacement ? "CREATE OR REPLACE TABLE AS SELECT" : operation_;
  DescribeRows(write, operation_, description);
  description.user_name = session.principal.name;
  auto commit = write.table->Begin(write.base);
  if (write.replacement || write.overwrite) commit->RemoveAllFiles();
  if (write.replacement) commit->SetMetadata(*write.replacement);
  if (operation_ != "WRITE") {
    commit->MarkRead();
    const auto outcome = RewriteDeleted(context, write, *commit);
    description.metrics["numRemovedFiles"] = outcome.removed_files;
    description.metrics["numCopiedRows"] = outcome.copied_rows;
    description.metrics["numAddedFiles"] = static_cast<int64_t>(write.files.size());
  }
  for (auto& file : write.files) commit->AddFile(std::move(file));
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
}

void LakeTransaction::CommitWrites(dk::ClientContext& context) {
  while (!writes_.empty()) {
    try {
      const PendingWrite& next = writes_.front();
      if (!next.files.empty() || !next.deleted.empty() || next.create || next.replacement ||
          next.overwrite) {
        CommitOne(context, writes_.front());
      }
    } catch (const Error& error) {
      // The files may be in the table.
      if (error.kind() == ErrorKind::kCommitStateUnknown) writes_.front().writers.clear();
      DiscardWrites();
      throw;
    } catch (...) {
      DiscardWrites();
      throw;
    }
    writes_.erase(writes_.begin());
  }
}

void LakeTransaction::DiscardWrites() {
  for (auto& write : writes_) {
    for (auto& writer : write.writers) {
      try {
        writer->Discard();
      } catch (const Error&) {
        // Files that cannot be deleted now are unreferenced; a later clean-up finds them.
      }
    }
  }
  writes_.clear();
}

dk::unique_ptr<dk::TransactionManager> MakeLakeTransactionManager(dk::AttachedDatabase& database) {
  return dk::make_uniq<LakeTransactionManager>(database);
}

}  // namespace lakehouse::query::duckdb
