#pragma once

#include <arrow/type_fwd.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>

namespace lakehouse::ingestion::connectors::postgresql {

/// Hands batches from several writers to one reader; holds at most `capacity` of them. Thread-safe.
class BatchQueue {
 public:
  BatchQueue(size_t capacity, int writers) : capacity_(capacity), writers_(writers) {}

  /// Waits for room; false when the reader has gone.
  bool Push(std::shared_ptr<arrow::RecordBatch> batch);
  /// One writer has ended, with its error or without.
  void WriterDone(std::exception_ptr error);
  /// The next batch, null once every writer has ended. Throws the first error of a writer.
  std::shared_ptr<arrow::RecordBatch> Pop();
  /// The reader goes.
  void Close();

 private:
  const size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // All guarded by mutex_.
  std::deque<std::shared_ptr<arrow::RecordBatch>> batches_;
  int writers_;
  bool closed_ = false;
  std::exception_ptr error_;
};

}  // namespace lakehouse::ingestion::connectors::postgresql
