#include "ingestion/connectors/postgresql/copy_decoder.h"

#include <arrow/array/array_base.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "ingestion/connectors/postgresql/wire.h"

namespace lakehouse::ingestion::connectors::postgresql {

namespace {

constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
constexpr size_t kHeaderBytes = 19;  // signature, flags, length of the extension

[[noreturn]] void ThrowBadStream(const std::string& why) {
  throw Error(ErrorKind::kCorruption, "LK-5031", "the server's copy stream is wrong: " + why,
              "Run the job again. Nothing of this run was committed.");
}

}  // namespace

CopyDecoder::CopyDecoder(std::shared_ptr<arrow::Schema> schema,
                         std::vector<std::unique_ptr<ValueDecoder>> columns)
    : schema_(std::move(schema)), columns_(std::move(columns)) {
  cells_.resize(columns_.size());
}

void CopyDecoder::Feed(std::string_view chunk) {
  bytes_ += static_cast<int64_t>(chunk.size());
  if (rest_.empty()) {
    rest_.assign(chunk.substr(Consume(chunk)));
    return;
  }
  rest_.append(chunk);
  rest_.erase(0, Consume(rest_));
}

size_t CopyDecoder::Consume(std::string_view bytes) {
  size_t used = 0;
  if (!header_seen_) {
    used = ConsumeHeader(bytes);
    if (!header_seen_) return 0;
  }
  while (used < bytes.size()) {
    if (trailer_seen_) ThrowBadStream("bytes after its end");
    const size_t row = ConsumeRow(bytes.substr(used));
    if (row == 0) break;
    used += row;
  }
  return used;
}

size_t CopyDecoder::ConsumeHeader(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) return 0;
  if (!bytes.starts_with(kSignature)) ThrowBadStream("it has no signature");
  const auto extension = ReadBigEndian<uint32_t>(bytes.data() + kHeaderBytes - 4);
  if (bytes.size() < kHeaderBytes + extension) return 0;
  header_seen_ = true;
  return kHeaderBytes + extension;
}

/// Reads a whole row or nothing: values are appended only once all of them are there.
size_t CopyDecoder::ConsumeRow(std::string_view bytes) {
  WireReader reader(bytes);
  int16_t count = 0;
  if (!reader.Take(&count)) return 0;
  if (count == -1) {
    trailer_seen_ = true;
    return 2;
  }
  if (static_cast<size_t>(count) != columns_.size()) {
    ThrowBadStream("a row has " + std::to_string(count) + " values, not " +
                   std::to_string(columns_.size()));
  }
  for (auto& [offset, length] : cells_) {
    std::string_view value;
    if (!reader.Take(&length)) return 0;
    if (length < -1) ThrowBadStream("a value has length " + std::to_string(length));
    offset = bytes.size() - reader.rest().size();
    if (length > 0 && !reader.TakeBytes(static_cast<size_t>(length), &value)) return 0;
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    const auto& [offset, length] = cells_[i];
    if (length < 0) {
      columns_[i]->AppendNull();
    } else {
      columns_[i]->Append(bytes.substr(offset, static_cast<size_t>(length)));
    }
  }
  ++rows_;
  return bytes.size() - reader.rest().size();
}

void CopyDecoder::Finish() const {
  if (!trailer_seen_ || !rest_.empty()) ThrowBadStream("it was cut");
}

std::shared_ptr<arrow::RecordBatch> CopyDecoder::TakeBatch(Rescue& rescue) {
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (size_t i = 0; i < columns_.size(); ++i) {
    for (const RescuedValue& value : columns_[i]->TakeRescued()) {
      rescue.Add(value.row, schema_->field(static_cast<int>(i))->name(), value.text);
    }
    arrays.push_back(columns_[i]->Finish());
  }
  auto batch = arrow::RecordBatch::Make(schema_, rows_, std::move(arrays));
  rows_ = 0;
  bytes_ = 0;
  return batch;
}

}  // namespace lakehouse::ingestion::connectors::postgresql
