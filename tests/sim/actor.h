#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "history.h"
#include "storage/table.h"
#include "world.h"

namespace lakehouse::sim {

/// What the actors of one run share.
struct Shared {
  World& world;
  std::deque<Operation>& operations;  ///< places stay
  std::vector<std::string>& violations;
  int sessions = 0;
  int64_t checkpoint_interval = 10;  ///< 0: none are written
  std::map<std::string, std::string> properties;
  /// VACUUM deletes what is older; 0: nobody does it, and RESTORE is done instead, since files that
  /// both want at once may go (docs/sql/restore.md).
  int64_t retention_ms = 0;
};

/// A client of the storage engine: one life of a process, to its end or to a crash.
class Actor {
 public:
  /// `number` tells processes apart, `life` the lives of one of them.
  Actor(Shared& shared, int number, int life);

  /// Does random operations and counts `left` down to 0. False when the process crashed before.
  bool Work(int& left);
  /// Once faults have stopped: everything must succeed, and does in a few attempts.
  bool WorkCalmly();

 private:
  void Open();
  void Act();
  void Rest();
  void Append(bool with_app);
  void Overwrite();
  /// Some files go: for good, or for a new one with other rows.
  void Remove(Operation::Kind kind);
  /// The rows of some files move to one or two others.
  void Rearrange();
  void Restore();
  void Vacuum();
  void DeleteRows();
  void Configure();
  void Read(bool latest);
  void ReadKept();
  /// The rows of a view, and that its files are there.
  void ReadAll(const storage::Snapshot& snapshot, Operation& operation);
  void Checkpoint();

  /// Some, or all, of those that are there.
  std::vector<uint64_t> RowsToDelete(const storage::Snapshot& snapshot, size_t index);

  std::unique_ptr<storage::Transaction> Begin(Operation& operation);
  /// Writes a small data file and plans to add it.
  void AddFile(storage::Transaction& transaction, Operation& operation);
  std::string AddFile(storage::Transaction& transaction, Operation& operation, int64_t rows);
  void Commit(storage::Transaction& transaction, Operation& operation);
  Operation& Start(Operation::Kind kind);
  /// Runs what may fail; what it was told is kept in `operation`.
  void Try(Operation& operation, const std::function<void()>& work);
  void Violate(const std::string& what);

  Shared& shared_;
  World& world_;
  Process process_;
  const int life_;
  const io::Location location_;
  const storage::StorageContext context_;
  std::shared_ptr<storage::Table> table_;
  storage::SnapshotPtr kept_;  ///< an old view, to begin a transaction with
  const Operation* last_ = nullptr;
  int session_ = 0;
  int files_ = 0;
  int started_ = 0;
};

/// The rows of a snapshot as the engine gives them.
Model ModelOf(const storage::Snapshot& snapshot);

}  // namespace lakehouse::sim
