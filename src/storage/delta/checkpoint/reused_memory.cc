#include "storage/delta/checkpoint/reused_memory.h"

#include <arrow/api.h>
#include <arrow/util/bit_util.h>

#include <algorithm>
#include <cstring>

#include "storage/delta/checkpoint/row_writer.h"

namespace lakehouse::storage::delta {
namespace {

/// With the space for the rows of a lot at once there is nothing to copy.
constexpr int64_t kFirstBytes = 64 << 10;

}  // namespace

std::shared_ptr<arrow::ResizableBuffer> ReusedMemory::Take(int64_t bytes) {
  const auto free = std::find_if(buffers_.begin(), buffers_.end(),
                                 [](const auto& buffer) { return buffer.use_count() == 1; });
  if (free == buffers_.end()) {
    buffers_.push_back(Built(arrow::AllocateResizableBuffer(bytes)));
    return buffers_.back();
  }
  const int64_t size = std::max(bytes, (*free)->size());
  CheckBuilt((*free)->Resize(size, /*shrink_to_fit=*/false));
  return *free;
}

void TextColumn::Begin(size_t rows) {
  texts_ = texts_memory_.Take(kFirstBytes);
  ends_ = ends_memory_.Take(static_cast<int64_t>((rows + 1) * sizeof(int32_t)));
  std::memset(ends_->mutable_data(), 0, sizeof(int32_t));
  size_ = 0;
  rows_ = 0;
  nulls_.clear();
}

char* TextColumn::Room(size_t bytes) {
  const int64_t needed = size_ + static_cast<int64_t>(bytes);
  if (needed > texts_->size()) {
    CheckBuilt(texts_->Resize(std::max(needed, texts_->size() * 2), /*shrink_to_fit=*/false));
  }
  return reinterpret_cast<char*>(texts_->mutable_data()) + size_;
}

void TextColumn::End(const char* end) {
  size_ = end - reinterpret_cast<const char*>(texts_->data());
  if (size_ > INT32_MAX) CheckBuilt(arrow::Status::CapacityError("too much text in one lot"));
  reinterpret_cast<int32_t*>(ends_->mutable_data())[++rows_] = static_cast<int32_t>(size_);
}

void TextColumn::AppendNull() {
  nulls_.push_back(rows_);
  End(Room(0));
}

std::shared_ptr<arrow::Array> TextColumn::Finish() {
  const auto rows = static_cast<int64_t>(rows_);
  std::shared_ptr<arrow::Buffer> valid;
  if (!nulls_.empty()) {
    valid = Built(arrow::AllocateBitmap(rows));
    arrow::bit_util::SetBitsTo(valid->mutable_data(), 0, rows, true);
    for (const size_t row : nulls_) {
      arrow::bit_util::ClearBit(valid->mutable_data(), static_cast<int64_t>(row));
    }
  }
  return std::make_shared<arrow::StringArray>(rows, std::move(ends_), std::move(texts_),
                                              std::move(valid),
                                              static_cast<int64_t>(nulls_.size()));
}

}  // namespace lakehouse::storage::delta
