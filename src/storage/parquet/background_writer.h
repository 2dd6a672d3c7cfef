#pragma once

#include <arrow/type_fwd.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "storage/parquet/data_file_writer.h"

namespace lakehouse::storage::parquet {

/// A DataFileWriter in a thread of its own, so that rows are encoded while the next ones are read.
/// Used by one thread. Destroyed without Finish, it deletes what was written.
class BackgroundWriter {
 public:
  /// So many batches wait to be written at most: memory that they need is bounded.
  static constexpr size_t kMostWaiting = 4;

  explicit BackgroundWriter(std::unique_ptr<DataFileWriter> files);
  /// Waits for the batch at hand; those that wait are not written.
  ~BackgroundWriter();
  BackgroundWriter(const BackgroundWriter&) = delete;
  BackgroundWriter& operator=(const BackgroundWriter&) = delete;

  /// Returns when there is room for the batch, which must not be changed after. Throws what writing
  /// an earlier batch threw.
  void Write(std::shared_ptr<arrow::RecordBatch> batch);
  /// Writes what waits, and closes the files as DataFileWriter does.
  std::vector<NewFile> Finish();
  /// The writer, for Discard; after Finish.
  std::unique_ptr<DataFileWriter> TakeFiles() { return std::move(files_); }

 private:
  void Run();
  /// Lets the thread end, and waits for it.
  void End(bool with_what_waits);

  std::unique_ptr<DataFileWriter> files_;  ///< the thread's until it has ended
  std::mutex mutex_;                       ///< guards the next four
  std::condition_variable changed_;
  std::deque<std::shared_ptr<arrow::RecordBatch>> waiting_;
  std::exception_ptr failure_;
  bool ended_ = false;
  std::thread thread_;  ///< last: starts when all else is there
};

}  // namespace lakehouse::storage::parquet
