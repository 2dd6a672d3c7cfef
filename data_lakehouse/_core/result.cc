#include "result.h"

#include <arrow/record_batch.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <unistd.h>

#include <mutex>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "errors.h"
#include "interrupt.h"
#include "storage/arrow_status.h"

namespace nb = nanobind;

namespace lakehouse::python {

/// Reader and session are guarded by `mutex`, which nobody waits for with the interpreter's lock.
struct Result::State {
  explicit State(Statement of)
      : statement(std::move(of)),
        schema(statement.result.reader->schema()),
        current_schema(statement.session->current_schema()),
        time_zone(statement.session->time_zone()),
        process(getpid()) {}

  ~State() {
    if (process == getpid()) {
      End();
      return;
    }
    // The engine's threads stayed in the other process: waiting for them would never end.
    [[maybe_unused]] auto* kept = new Statement(std::move(statement));
  }

  /// Before `mutex` is taken: another thread may have held it during the fork.
  void RequireProcess() const {
    if (process == getpid()) return;
    throw Error(ErrorKind::kUnsupported, "LK-7001",
                "this result belongs to process " + std::to_string(process),
                "After a fork, connect again and run the statement in this process.");
  }

  std::shared_ptr<arrow::RecordBatch> ReadNext() {
    LAKE_CHECK(statement.result.reader);
    std::shared_ptr<arrow::RecordBatch> batch;
    Check(statement.result.reader->ReadNext(&batch));
    return batch;
  }

  void End() {
    statement.result.reader.reset();
    statement.session.reset();
  }

  Statement statement;
  const std::shared_ptr<arrow::Schema> schema;
  const std::string current_schema;
  const std::string time_zone;
  const pid_t process;
  std::mutex mutex;
  bool handed_out = false;
};

/// The rows for another library; every failure is a status with the code in its text.
class Result::ForeignReader : public arrow::RecordBatchReader {
 public:
  explicit ForeignReader(std::shared_ptr<State> state) : state_(std::move(state)) {}
  ~ForeignReader() override {
    if (state_->process != getpid()) return;
    const std::lock_guard lock(state_->mutex);
    state_->End();
  }

  std::shared_ptr<arrow::Schema> schema() const override { return state_->schema; }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    try {
      state_->RequireProcess();
      const std::lock_guard lock(state_->mutex);
      *batch = state_->ReadNext();
      return arrow::Status::OK();
    } catch (...) {
      return storage::StatusOf(CurrentError());
    }
  }

 private:
  const std::shared_ptr<State> state_;
};

Result::Result(Statement statement) : state_(std::make_shared<State>(std::move(statement))) {}

Result::~Result() {
  if (!state_) return;
  const Unlocked unlocked;
  state_.reset();
}

nb::capsule Result::ArrowStream(const nb::object&) {
  state_->RequireProcess();
  {
    const Unlocked unlocked;
    const std::lock_guard lock(state_->mutex);
    RequireOwn();
    state_->handed_out = true;
  }
  return ExportStream(std::make_shared<ForeignReader>(state_));
}

void Result::RequireOwn() const {
  if (state_->statement.result.reader && !state_->handed_out) return;
  throw Error(ErrorKind::kInvalidArgument, "LK-7002", "this result was read or closed",
              "Keep what the first read returned, or run the statement again.");
}

std::optional<Batch> Result::ReadBatch() {
  state_->RequireProcess();
  std::shared_ptr<arrow::RecordBatch> batch;
  RunInterruptibly([this] { Cancel(); },
                   [&] {
                     const std::lock_guard lock(state_->mutex);
                     RequireOwn();
                     batch = state_->ReadNext();
                   });
  if (!batch) return std::nullopt;
  return Batch(std::move(batch));
}

Rows Result::ReadAll(std::optional<int64_t> limit) {
  state_->RequireProcess();
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  RunInterruptibly([this] { Cancel(); },
                   [&] {
                     const std::lock_guard lock(state_->mutex);
                     RequireOwn();
                     int64_t left = limit.value_or(INT64_MAX);
                     while (left > 0) {
                       auto batch = state_->ReadNext();
                       if (!batch) break;
                       batches.push_back(batch->num_rows() > left ? batch->Slice(0, left) : batch);
                       left -= batches.back()->num_rows();
                     }
                     state_->End();
                   });
  return Rows(state_->schema, std::move(batches));
}

void Result::Close() {
  state_->RequireProcess();
  const Unlocked unlocked;
  const std::lock_guard lock(state_->mutex);
  if (!state_->handed_out) state_->End();
}

void Result::Cancel() { state_->statement.cancel.Cancel(); }

int64_t Result::affected_rows() const { return state_->statement.result.affected_rows; }
std::string Result::engine_used() const { return state_->statement.result.engine_used; }
std::string Result::current_schema() const { return state_->current_schema; }
std::string Result::time_zone() const { return state_->time_zone; }

nb::dict Result::Metrics() const {
  nb::dict metrics;
  const auto& known = state_->statement.result.metrics;
  if (!known) return metrics;
  metrics["queued_ms"] = known->queued_ms;
  metrics["execution_ms"] = known->execution_ms;
  metrics["files_total"] = known->files_total;
  metrics["files_read"] = known->files_read;
  metrics["version"] = known->version;
  metrics["commit"] = known->commit;
  return metrics;
}

}  // namespace lakehouse::python
