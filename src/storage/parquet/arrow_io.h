#pragma once

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/memory_pool.h>
#include <arrow/result.h>

#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "io/object_store.h"

namespace lakehouse::storage::parquet {

/// An object as Arrow's file. Errors of the store become statuses and are thrown again by Check.
class ArrowInput : public arrow::io::RandomAccessFile {
 public:
  explicit ArrowInput(std::shared_ptr<io::ObjectReader> reader) : reader_(std::move(reader)) {}

  arrow::Status Close() override;
  bool closed() const override { return reader_ == nullptr; }
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Status Seek(int64_t position) override;
  arrow::Result<int64_t> GetSize() override { return reader_->info().size_bytes; }
  arrow::Result<int64_t> Read(int64_t count, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t count) override;
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t count, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t count) override;

 private:
  std::shared_ptr<io::ObjectReader> reader_;
  int64_t position_ = 0;
};

/// A writer as Arrow's stream; Close does not finish the object.
class ArrowOutput : public arrow::io::OutputStream {
 public:
  explicit ArrowOutput(io::ObjectWriter& writer) : writer_(writer) {}

  arrow::Status Close() override;
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return writer_.bytes_written(); }
  arrow::Status Write(const void* data, int64_t count) override;
  /// Throws the store's error if a write failed: Parquet's layers keep only its text.
  void ThrowFailure(const std::string& doing) const;

 private:
  io::ObjectWriter& writer_;
  std::optional<Error> failure_;
  bool closed_ = false;
};

/// The memory of writers of files: the C library's. Arrow's own allocator asks for huge pages, and
/// clearing those costs more than a small file does, of which a few kilobytes for each column are
/// used.
arrow::MemoryPool* WriterMemory();

/// Throws the lakehouse's Error inside `status` if there is one, else Corruption LK-3510.
void Check(const arrow::Status& status, const std::string& doing);

template <typename T>
T Check(arrow::Result<T> result, const std::string& doing) {
  Check(result.status(), doing);
  return std::move(result).ValueUnsafe();
}

}  // namespace lakehouse::storage::parquet
