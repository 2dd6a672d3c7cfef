#include "storage/parquet/background_writer.h"

#include <arrow/api.h>

#include <utility>

namespace lakehouse::storage::parquet {

BackgroundWriter::BackgroundWriter(std::unique_ptr<DataFileWriter> files)
    : files_(std::move(files)), thread_([this] { Run(); }) {}

BackgroundWriter::~BackgroundWriter() { End(false); }

void BackgroundWriter::Write(std::shared_ptr<arrow::RecordBatch> batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return failure_ || waiting_.size() < kMostWaiting; });
  if (failure_) std::rethrow_exception(failure_);
  waiting_.push_back(std::move(batch));
  changed_.notify_all();
}

std::vector<NewFile> BackgroundWriter::Finish() {
  End(true);
  if (failure_) std::rethrow_exception(failure_);
  return files_->Finish();
}

void BackgroundWriter::End(bool with_what_waits) {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
    if (!with_what_waits) waiting_.clear();
    changed_.notify_all();
  }
  thread_.join();
}

void BackgroundWriter::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return ended_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const auto batch = std::move(waiting_.front());
    waiting_.pop_front();
    changed_.notify_all();
    lock.unlock();
    std::exception_ptr failure;
    try {
      files_->Write(*batch);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (!failure) continue;
    failure_ = failure;
    changed_.notify_all();
    return;
  }
}

}  // namespace lakehouse::storage::parquet
