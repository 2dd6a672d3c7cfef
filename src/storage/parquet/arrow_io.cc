#include "storage/parquet/arrow_io.h"

#include <algorithm>

#include "storage/arrow_status.h"

namespace lakehouse::storage::parquet {
namespace {

template <typename Work>
arrow::Status Guard(Work work) {
  try {
    work();
    return arrow::Status::OK();
  } catch (const Error& error) {
    return StatusOf(error);
  }
}

}  // namespace

arrow::Status ArrowInput::Close() {
  reader_.reset();
  return arrow::Status::OK();
}

arrow::Status ArrowInput::Seek(int64_t position) {
  position_ = position;
  return arrow::Status::OK();
}

arrow::Result<int64_t> ArrowInput::ReadAt(int64_t position, int64_t count, void* out) {
  const int64_t size = reader_->info().size_bytes;
  if (position < 0 || position > size) return arrow::Status::IOError("read past the end");
  const int64_t wanted = std::min(count, size - position);
  const auto bytes = std::span(static_cast<std::byte*>(out), static_cast<size_t>(wanted));
  ARROW_RETURN_NOT_OK(Guard([&] { reader_->ReadAt(position, bytes); }));
  return wanted;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ArrowInput::ReadAt(int64_t position, int64_t count) {
  // A hostile footer may ask for more than there is: never allocate beyond the file.
  const int64_t left = std::max<int64_t>(0, reader_->info().size_bytes - position);
  ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(std::min(count, left)));
  ARROW_ASSIGN_OR_RAISE(const int64_t got,
                        ReadAt(position, buffer->size(), buffer->mutable_data()));
  ARROW_RETURN_NOT_OK(buffer->Resize(got));
  return std::shared_ptr<arrow::Buffer>(std::move(buffer));
}

arrow::Result<int64_t> ArrowInput::Read(int64_t count, void* out) {
  ARROW_ASSIGN_OR_RAISE(const int64_t got, ReadAt(position_, count, out));
  position_ += got;
  return got;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ArrowInput::Read(int64_t count) {
  ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, count));
  position_ += buffer->size();
  return buffer;
}

arrow::Status ArrowOutput::Close() {
  closed_ = true;
  return arrow::Status::OK();
}

arrow::Status ArrowOutput::Write(const void* data, int64_t count) {
  try {
    writer_.Append(std::span(static_cast<const std::byte*>(data), static_cast<size_t>(count)));
    return arrow::Status::OK();
  } catch (const Error& error) {
    if (!failure_) failure_ = error;
    return StatusOf(error);
  }
}

void ArrowOutput::ThrowFailure(const std::string& doing) const {
  if (failure_) throw failure_->Within(doing);
}

arrow::MemoryPool* WriterMemory() { return arrow::system_memory_pool(); }

void Check(const arrow::Status& status, const std::string& doing) {
  if (status.ok()) return;
  if (const auto error = ErrorIn(status)) throw error->Within(doing);
  if (status.IsOutOfMemory()) {
    throw Error(ErrorKind::kResourceExhausted, "LK-0004", doing + ": " + status.message());
  }
  throw Error(ErrorKind::kCorruption, "LK-3510", doing + ": " + status.message(),
              "The file is cut, damaged, or no Parquet file.");
}

}  // namespace lakehouse::storage::parquet
