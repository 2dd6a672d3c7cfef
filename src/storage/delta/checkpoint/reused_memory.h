#pragma once

#include <arrow/type_fwd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace lakehouse::storage::delta {

/// Memory for arrays that are made one after the other: that of an array which is gone is used
/// again, for the machine has to clear what it gives anew. Not thread-safe; arrays may be let go by
/// another thread before the next call.
class ReusedMemory {
 public:
  /// At least `bytes`, which hold anything.
  std::shared_ptr<arrow::ResizableBuffer> Take(int64_t bytes);

 private:
  std::vector<std::shared_ptr<arrow::ResizableBuffer>> buffers_;
};

/// Builds arrays of texts, which are written where they will stand.
class TextColumn {
 public:
  void Begin(size_t rows);
  /// Where the text of the next row is to be written, up to `bytes` of it.
  char* Room(size_t bytes);
  /// The text goes from Room() to `end`.
  void End(const char* end);
  void AppendNull();
  /// Internal LK-0001 when there is more text than an array may hold.
  std::shared_ptr<arrow::Array> Finish();

 private:
  ReusedMemory texts_memory_, ends_memory_;
  std::shared_ptr<arrow::ResizableBuffer> texts_, ends_;
  int64_t size_ = 0;  ///< bytes of text
  size_t rows_ = 0;
  std::vector<size_t> nulls_;  ///< rows
};

}  // namespace lakehouse::storage::delta
