#include "ingestion/connectors/postgresql/batch_queue.h"

#include <arrow/record_batch.h>

namespace lakehouse::ingestion::connectors::postgresql {

bool BatchQueue::Push(std::shared_ptr<arrow::RecordBatch> batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ || batches_.size() < capacity_; });
  if (closed_) return false;
  batches_.push_back(std::move(batch));
  changed_.notify_all();
  return true;
}

void BatchQueue::WriterDone(std::exception_ptr error) {
  const std::lock_guard lock(mutex_);
  --writers_;
  if (error && !error_) error_ = error;
  changed_.notify_all();
}

std::shared_ptr<arrow::RecordBatch> BatchQueue::Pop() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return error_ || !batches_.empty() || writers_ == 0; });
  if (error_) std::rethrow_exception(error_);
  if (batches_.empty()) return nullptr;
  auto batch = std::move(batches_.front());
  batches_.pop_front();
  changed_.notify_all();
  return batch;
}

void BatchQueue::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

}  // namespace lakehouse::ingestion::connectors::postgresql
