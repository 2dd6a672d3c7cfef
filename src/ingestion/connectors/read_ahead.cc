#include "ingestion/connectors/read_ahead.h"

#include <arrow/record_batch.h>

namespace lakehouse::ingestion::connectors {

namespace {

constexpr size_t kBatchesAhead = 4;

}  // namespace

ReadAhead::ReadAhead(Source& source)
    : source_(source), queue_(kBatchesAhead, 1), thread_([this] { Read(); }) {}

ReadAhead::~ReadAhead() {
  queue_.Close();
  if (thread_.joinable()) thread_.join();
}

bool ReadAhead::Next(SourceBatch& batch) {
  auto item = queue_.Pop();
  if (item) {
    batch = *std::move(item);
    return true;
  }
  if (thread_.joinable()) thread_.join();
  batch = last_;
  return false;
}

void ReadAhead::Read() {
  std::exception_ptr error;
  try {
    while (true) {
      SourceBatch batch;
      if (!source_.Next(batch)) {
        last_ = std::move(batch);
        break;
      }
      if (!queue_.Push(std::move(batch))) break;
    }
  } catch (...) {
    error = std::current_exception();
  }
  queue_.WriterDone(error);
}

}  // namespace lakehouse::ingestion::connectors
