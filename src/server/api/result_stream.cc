#include "server/api/result_stream.h"

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <arrow/ipc/writer.h>

#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "query/json_cell.h"
#include "storage/arrow_status.h"

namespace lakehouse::server::api {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kPieceBytes = 64 * 1024;

[[noreturn]] void ThrowArrow(const arrow::Status& status) {
  storage::ThrowErrorIn(status);
  throw Error(ErrorKind::kInternal, "LK-0001", status.ToString());
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// What every form shares: pulls batches and stops at the piece's size.
class RowStream : public http::BodyStream {
 public:
  explicit RowStream(OpenResult open) : open_(std::move(open)) {
    // A definition gives no rows, a write its count in `affected_rows`.
    if (open_.result.kind == query::StatementKind::kWrite) open_.result.reader.reset();
  }

 protected:
  const query::QueryResult& result() const { return open_.result; }
  std::shared_ptr<arrow::Schema> schema() const {
    return open_.result.reader ? open_.result.reader->schema() : arrow::schema({});
  }
  /// The batch that holds the next row to write; null at the end.
  const arrow::RecordBatch* Current() {
    while (!batch_ || row_ == batch_->num_rows()) {
      if (!open_.result.reader) return nullptr;
      batch_ = NextBatch(*open_.result.reader);
      row_ = 0;
      if (!batch_) {
        open_.result.reader.reset();
        return nullptr;
      }
    }
    return batch_.get();
  }
  int64_t row_ = 0;  ///< in the current batch

 private:
  OpenResult open_;
  std::shared_ptr<arrow::RecordBatch> batch_;
};

class JsonStream : public RowStream {
 public:
  using RowStream::RowStream;

  Step Next(std::string& piece) override {
    if (state_ == State::kDone) return Step::kEnd;
    if (state_ == State::kHead) {
      WriteHead(piece);
      state_ = State::kRows;
    }
    const arrow::RecordBatch* batch = nullptr;
    while (piece.size() < kPieceBytes && (batch = Current()) != nullptr) {
      piece += rows_++ == 0 ? "\n[" : ",\n[";
      for (int c = 0; c < batch->num_columns(); ++c) {
        if (c > 0) piece += ',';
        query::AppendJson(*batch->column(c), row_, piece);
      }
      piece += ']';
      ++row_;
    }
    if (piece.size() < kPieceBytes) {
      WriteTail(piece);
      state_ = State::kDone;
    }
    return Step::kPiece;
  }

 private:
  enum class State { kHead, kRows, kDone };

  void WriteHead(std::string& piece) {
    Json columns = Json::array();
    const std::shared_ptr<arrow::Schema> shape = schema();
    for (const auto& field : shape->fields()) {
      columns.push_back({{"name", field->name()}, {"type", query::SqlTypeName(*field->type())}});
    }
    piece += "{\"query_id\":" + Dump(result().query_id) +
             ",\"engine\":" + Dump(result().engine_used) + ",\"columns\":" + Dump(columns) +
             ",\"rows\":[";
  }

  void WriteTail(std::string& piece) {
    Json tail = {{"row_count", rows_}};
    tail["affected_rows"] = result().affected_rows < 0 ? Json() : Json(result().affected_rows);
    if (result().metrics) {
      tail["metrics"] = {{"queued_ms", result().metrics->queued_ms},
                         {"execution_ms", result().metrics->execution_ms},
                         {"files_total", result().metrics->files_total},
                         {"files_read", result().metrics->files_read}};
    }
    piece += "\n]," + Dump(tail).substr(1) + "\n";
  }

  State state_ = State::kHead;
  int64_t rows_ = 0;
};

class JsonLinesStream : public RowStream {
 public:
  using RowStream::RowStream;

  Step Next(std::string& piece) override {
    const arrow::RecordBatch* batch = nullptr;
    while (piece.size() < kPieceBytes && (batch = Current()) != nullptr) {
      piece += '{';
      for (int c = 0; c < batch->num_columns(); ++c) {
        if (c > 0) piece += ',';
        query::AppendJsonText(batch->schema()->field(c)->name(), piece);
        piece += ':';
        query::AppendJson(*batch->column(c), row_, piece);
      }
      piece += "}\n";
      ++row_;
    }
    if (!piece.empty()) return Step::kPiece;
    if (result().affected_rows < 0 || std::exchange(counted_, true)) return Step::kEnd;
    piece = "{\"affected_rows\":" + std::to_string(result().affected_rows) + "}\n";
    return Step::kPiece;
  }

 private:
  bool counted_ = false;  ///< the count of a write is given
};

/// A text as Arrow's output stream.
class TextSink : public arrow::io::OutputStream {
 public:
  std::string text;

  arrow::Status Close() override { return arrow::Status::OK(); }
  bool closed() const override { return false; }
  arrow::Result<int64_t> Tell() const override { return written_; }
  using OutputStream::Write;
  arrow::Status Write(const void* data, int64_t bytes) override {
    text.append(static_cast<const char*>(data), static_cast<size_t>(bytes));
    written_ += bytes;
    return arrow::Status::OK();
  }

 private:
  int64_t written_ = 0;
};

/// The batches of a reader; of a write one row with its count.
class ArrowStream : public http::BodyStream {
 public:
  explicit ArrowStream(OpenResult open) : open_(std::move(open)) {
    if (!open_.result.reader) {
      open_.result.reader = *arrow::RecordBatchReader::Make({}, arrow::schema({}));
    }
    auto writer = arrow::ipc::MakeStreamWriter(sink_.get(), open_.result.reader->schema());
    if (!writer.ok()) ThrowArrow(writer.status());
    writer_ = *writer;
  }

  Step Next(std::string& piece) override {
    while (writer_ && sink_->text.size() < kPieceBytes) {
      const auto batch = NextBatch(*open_.result.reader);
      const arrow::Status status = batch ? writer_->WriteRecordBatch(*batch) : writer_->Close();
      if (!status.ok()) ThrowArrow(status);
      if (!batch) writer_.reset();
    }
    piece = std::exchange(sink_->text, {});
    return piece.empty() ? Step::kEnd : Step::kPiece;
  }

 private:
  OpenResult open_;
  const std::shared_ptr<TextSink> sink_ = std::make_shared<TextSink>();
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer_;
};

}  // namespace

std::shared_ptr<arrow::RecordBatch> NextBatch(arrow::RecordBatchReader& reader) {
  std::shared_ptr<arrow::RecordBatch> batch;
  if (const arrow::Status status = reader.ReadNext(&batch); !status.ok()) ThrowArrow(status);
  return batch;
}

ResultForm FormOf(const std::string& accept) {
  if (accept.find("application/vnd.apache.arrow.stream") != std::string::npos) {
    return ResultForm::kArrow;
  }
  if (accept.find("application/x-ndjson") != std::string::npos) return ResultForm::kJsonLines;
  const bool any = accept.empty() || accept.find("*/*") != std::string::npos ||
                   accept.find("application/*") != std::string::npos;
  if (any || accept.find("application/json") != std::string::npos) return ResultForm::kJson;
  throw Error(ErrorKind::kInvalidArgument, "LK-6014", "there is no result as " + accept,
              "Accept application/json, application/x-ndjson or "
              "application/vnd.apache.arrow.stream.");
}

const char* ContentType(ResultForm form) {
  switch (form) {
    case ResultForm::kArrow:
      return "application/vnd.apache.arrow.stream";
    case ResultForm::kJsonLines:
      return "application/x-ndjson";
    case ResultForm::kJson:
      break;
  }
  return "application/json";
}

std::unique_ptr<http::BodyStream> MakeResultStream(ResultForm form, OpenResult open) {
  switch (form) {
    case ResultForm::kArrow:
      return std::make_unique<ArrowStream>(std::move(open));
    case ResultForm::kJsonLines:
      return std::make_unique<JsonLinesStream>(std::move(open));
    case ResultForm::kJson:
      break;
  }
  return std::make_unique<JsonStream>(std::move(open));
}

}  // namespace lakehouse::server::api
