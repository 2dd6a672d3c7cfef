#include "query/engines/duckdb/lake_transaction.h"

#include "query/engines/duckdb/lake_session.h"
#include "query/engines/duckdb/open_transaction.h"
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

LakeTransaction::LakeTransaction(dk::TransactionManager& manager, dk::ClientContext& context)
    : Transaction(manager, context), open_([&]() -> std::shared_ptr<OpenTransaction> {
        auto session = LakeSession::Get(context);
        return session ? session->transaction : nullptr;
      }()) {
  if (auto session = LakeSession::Get(context)) {
    evolution_ = session->evolution;
    replaces_ = session->replaces;
  }
}

storage::SnapshotPtr LakeTransaction::Pin(storage::Table& table) {
  if (open_) return open_->View(table);
  std::lock_guard lock(mutex_);
  auto& pinned = pinned_[table.location().uri()];
  if (!pinned && evolution_ && evolution_->uri == table.location().uri()) pinned = evolution_->view;
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
  if (write.updates) write.updated_rows = write.rows;
  for (PendingWrite& there : writes_) {
    if (!there.table || there.table != write.table) continue;
    there.repeated += write.repeated;
    there.repeated += UniteDeleted(there.deleted, write.deleted, there.updates || write.updates);
    for (auto& [file, rows] : write.updated) there.updated[file].Unite(rows);
    for (auto& [file, rows] : write.fed) there.fed[file].Unite(rows);
    there.updates |= write.updates;
    there.rows += write.rows;
    there.unfed.merge(write.unfed);
    there.inserts_unmatched |= write.inserts_unmatched;
    for (const auto& [column, mark] : write.marks) there.marks[column] = mark;
    std::move(write.change_files.begin(), write.change_files.end(),
              std::back_inserter(there.change_files));
    there.updated_rows += write.updated_rows;
    std::move(write.files.begin(), write.files.end(), std::back_inserter(there.files));
    std::move(write.writers.begin(), write.writers.end(), std::back_inserter(there.writers));
    return;
  }
  writes_.push_back(std::move(write));
}

int64_t LakeTransaction::Repeated() const {
  std::lock_guard lock(mutex_);
  int64_t times = 0;
  for (const PendingWrite& write : writes_) times += write.repeated;
  return times;
}

void LakeTransaction::AddRead(const storage::Table& table, const storage::SnapshotPtr& seen,
                              std::shared_ptr<ScanRead> read) {
  std::lock_guard lock(mutex_);
  if (open_ && !open_->Sees(table, seen)) return;
  auto& reads = reads_[table.location().uri()];
  if (!reads) {
    reads = std::make_shared<StatementReads>();
    // Now, and not at the end: a statement may still give rows when the transaction ends.
    if (open_) open_->AddReads(table.location().uri(), reads);
  }
  reads->scans.push_back(std::move(read));
}

void LakeTransaction::TakeReads(PendingWrite& write) {
  write.replaces = replaces_;
  write.read = changes_found_;
  if (!write.table) return;
  std::lock_guard lock(mutex_);
  const auto found = reads_.find(write.table->location().uri());
  if (found == reads_.end()) return;
  write.read = true;
  write.reads = {found->second};
  // Rows are chosen one by one when nothing but the scan of the changed table looks at it.
  found->second->only_to_choose =
      changes_found_ && found->second->scans.size() == 1 && !write.inserts_unmatched;
}

void LakeTransaction::Name(std::string operation) {
  std::lock_guard lock(mutex_);
  operation_ = std::move(operation);
  changes_found_ = true;
}

void LakeTransaction::CommitWrites(dk::ClientContext& context) {
  while (!writes_.empty()) {
    try {
      PendingWrite& next = writes_.front();
      TakeReads(next);
      if (next.HasChanges() && open_) {
        open_->Take(std::move(next), operation_);
      } else if (next.HasChanges()) {
        CommitWrite(context, next, operation_);
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
