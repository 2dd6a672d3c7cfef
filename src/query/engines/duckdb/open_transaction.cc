#include "query/engines/duckdb/open_transaction.h"

#include <algorithm>

#include "query/engines/duckdb/change_writer.h"
#include "query/engines/duckdb/changed_files.h"
#include "query/engines/duckdb/insert.h"
#include "query/engines/duckdb/lake_session.h"
#include "storage/file_place.h"
#include "storage/overlay_snapshot.h"

namespace lakehouse::query::duckdb {

size_t OpenTransaction::BaseFiles() const {
  return write_.overwrite ? 0 : write_.base->file_count();
}

storage::SnapshotPtr OpenTransaction::MakeView() const {
  storage::PendingChanges changes;
  changes.files = write_.files;
  changes.deleted = write_.deleted;
  for (const auto& [file, rows] : own_deleted_) {
    changes.deleted.insert_or_assign(BaseFiles() + file, rows);
  }
  changes.replaced = write_.overwrite;
  // The next statement counts on from the numbers that were given.
  if (!write_.marks.empty()) {
    changes.metadata = write_.base->metadata();
    SetMarks(write_.marks, *changes.metadata);
  }
  return storage::Overlay(write_.base, std::move(changes));
}

storage::SnapshotPtr OpenTransaction::View(storage::Table& table) {
  const auto place = table.location().uri();
  const std::lock_guard lock(mutex_);
  if (write_.table && write_.table->location().uri() == place) {
    if (!view_) view_ = MakeView();
    return view_;
  }
  auto& pinned = pinned_[place];
  if (!pinned) pinned = table.Latest();
  return pinned;
}

bool OpenTransaction::Sees(const storage::Table& table, const storage::SnapshotPtr& seen) const {
  const std::lock_guard lock(mutex_);
  const auto pinned = pinned_.find(table.location().uri());
  return seen == view_ || (pinned != pinned_.end() && pinned->second == seen);
}

void OpenTransaction::AddReads(const std::string& place,
                               std::shared_ptr<const StatementReads> reads) {
  const std::lock_guard lock(mutex_);
  reads_.emplace(place, std::move(reads));
}

void OpenTransaction::RequireWritable(const storage::Table& table) const {
  const std::lock_guard lock(mutex_);
  if (read_only_) {
    throw Error(ErrorKind::kUnsupported, "LK-4086", "this transaction only reads",
                "end it, and begin one without READ ONLY");
  }
  if (write_.table && write_.table->location().uri() != table.location().uri()) {
    throw Error(ErrorKind::kUnsupported, "LK-4085",
                "this transaction has changed " + write_.table->location().uri() +
                    ", and a transaction changes one table",
                "COMMIT first: a table's log is what makes a change whole, and there is one for "
                "each table");
  }
}

void OpenTransaction::Take(PendingWrite write, const std::string& operation) {
  const std::lock_guard lock(mutex_);
  if (!write_.table) {
    write_.table = write.table;
    write_.base = pinned_.at(write.table->location().uri());
  }
  view_ = nullptr;
  if (write.overwrite) {
    std::move(write_.writers.begin(), write_.writers.end(), std::back_inserter(dropped_));
    PendingWrite fresh;
    fresh.table = write_.table;
    fresh.base = write_.base;
    fresh.marks = std::move(write_.marks);
    write_ = std::move(fresh);
    write_.overwrite = true;
    own_deleted_.clear();
    changed_own_ = false;
  }
  const size_t base_files = BaseFiles();
  for (const auto& [file, rows] : write.deleted) {
    if (rows.empty()) continue;
    changed_own_ |= file >= base_files;
    (file < base_files ? write_.deleted[file] : own_deleted_[file - base_files]).Unite(rows);
  }
  for (const auto& [file, rows] : write.updated) {
    if (file >= base_files) continue;
    write_.updated[file].Unite(rows);
    write_.updated_rows += rows.size();
  }
  for (const auto& [file, rows] : write.fed) {
    if (file < base_files) write_.fed[file].Unite(rows);
  }
  for (const auto& [column, mark] : write.marks) write_.marks[column] = mark;
  write_.unfed.merge(write.unfed);
  std::move(write.change_files.begin(), write.change_files.end(),
            std::back_inserter(write_.change_files));
  write_.updates |= write.updates;
  if (operations_.empty()) write_.replaces = write.replaces;
  write_.inserts_unmatched |= write.inserts_unmatched;
  std::move(write.files.begin(), write.files.end(), std::back_inserter(write_.files));
  std::move(write.writers.begin(), write.writers.end(), std::back_inserter(write_.writers));
  operations_.push_back(operation);
}

void OpenTransaction::SetIsolation(std::optional<storage::IsolationLevel> level) {
  const std::lock_guard lock(mutex_);
  isolation_ = level;
}

std::optional<storage::IsolationLevel> OpenTransaction::isolation() const {
  const std::lock_guard lock(mutex_);
  return isolation_;
}

void OpenTransaction::Fail() {
  const std::lock_guard lock(mutex_);
  failed_ = true;
}

bool OpenTransaction::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

std::string OpenTransaction::Operation() const {
  const bool same = std::all_of(operations_.begin(), operations_.end(),
                                [&](const auto& name) { return name == operations_.front(); });
  return same ? operations_.front() : "TRANSACTION";
}

/// A file that is not in the log cannot lose rows there: those of its rows that stay go into a new
/// one.
void OpenTransaction::RewriteOwnFiles(dk::ClientContext& context) {
  if (own_deleted_.empty()) return;
  std::vector<size_t> staying;
  std::vector<storage::NewFile> kept;
  const auto view = MakeView();
  for (size_t i = 0; i < write_.files.size(); ++i) {
    if (own_deleted_.count(i) == 0) {
      kept.push_back(std::move(write_.files[i]));
      continue;
    }
    superseded_.push_back(write_.files[i].path);
    const size_t index = BaseFiles() + i;
    if (view->file(index).live_records() != 0) staying.push_back(index);
  }
  write_.files = std::move(kept);
  own_deleted_.clear();
  if (!staying.empty()) CopyOwnRows(context, view, std::move(staying));
}

void OpenTransaction::CopyOwnRows(dk::ClientContext& context, const storage::SnapshotPtr& view,
                                  std::vector<size_t> files) {
  auto selection = std::make_shared<ScanSelection>();
  selection->files = std::move(files);
  auto copied = CopyRows(context, {write_.table, view, std::move(selection)},
                         FileOptionsOf(view->metadata(), write_.base.get()));
  std::move(copied.files.begin(), copied.files.end(), std::back_inserter(write_.files));
  if (copied.writer) write_.writers.push_back(std::move(copied.writer));
}

/// What the statements fed is not what the commit does.
void OpenTransaction::FeedOwnRowsAnew() {
  for (const auto& file : write_.change_files) superseded_.push_back(file.path);
  write_.change_files.clear();
  write_.updated.clear();
  write_.fed.clear();
  for (const auto& file : write_.files) write_.unfed.insert(file.path);
}

void OpenTransaction::Commit(dk::ClientContext& context) {
  const std::lock_guard lock(mutex_);
  if (!write_.table) return;
  auto& session = SessionOf(context);
  const auto table = write_.table;
  try {
    RewriteOwnFiles(context);
    if (changed_own_ || write_.overwrite) FeedOwnRowsAnew();
    const auto [first, last] = reads_.equal_range(table->location().uri());
    write_.read = first != last;
    for (auto at = first; at != last; ++at) write_.reads.push_back(at->second);
    write_.rows = 0;
    for (const auto& file : write_.files) write_.rows += file.stats.num_records;
    write_.statements = operations_;
    if (write_.HasChanges()) {
      CommitWrite(context, write_, Operation());
      // What ROLLBACK would delete is the table's now.
      write_.writers.clear();
    }
  } catch (const Error& error) {
    // The files may be in the table.
    if (error.kind() == ErrorKind::kCommitStateUnknown) write_.writers.clear();
    throw;
  }
  for (const auto& path : superseded_) {
    try {
      const auto place = storage::LocateFile(path, table->location(), &session.lake->stores());
      place.store->Delete(place.path);
    } catch (const Error&) {
      // It is in no version; VACUUM finds it.
    }
  }
}

void OpenTransaction::Rollback() noexcept {
  const std::lock_guard lock(mutex_);
  std::move(write_.writers.begin(), write_.writers.end(), std::back_inserter(dropped_));
  for (auto& writer : dropped_) {
    try {
      writer->Discard();
    } catch (const std::exception&) {
      // Files that cannot be deleted now are in no version; VACUUM finds them.
    }
  }
  dropped_.clear();
  write_ = {};
  own_deleted_.clear();
  view_ = nullptr;
}

}  // namespace lakehouse::query::duckdb
