#include "ingestion/quarantine.h"

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/clock.h"
#include "ingestion/connectors/arrow_status.h"
#include "ingestion/target.h"
#include "storage/arrow_schema.h"
#include "storage/parquet/data_file_writer.h"

namespace lakehouse::ingestion {

namespace {

using connectors::ThrowUnlessOk;
using connectors::ValueOrThrow;

std::shared_ptr<arrow::Schema> QuarantineSchema() {
  return arrow::schema({arrow::field("run_id", arrow::utf8()),
                        arrow::field("file_path", arrow::utf8()),
                        arrow::field("line", arrow::int64()), arrow::field("reason", arrow::utf8()),
                        arrow::field("raw", arrow::utf8()),
                        arrow::field("ts", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"))});
}

std::shared_ptr<arrow::RecordBatch> ToBatch(const std::vector<connectors::RejectedRow>& rows,
                                            const std::string& run_id, int64_t now_ms) {
  arrow::StringBuilder run;
  arrow::StringBuilder path;
  arrow::Int64Builder line;
  arrow::StringBuilder reason;
  arrow::StringBuilder raw;
  arrow::TimestampBuilder ts(QuarantineSchema()->field(5)->type(), arrow::default_memory_pool());
  for (const auto& row : rows) {
    ThrowUnlessOk(run.Append(run_id));
    ThrowUnlessOk(path.Append(row.file_path));
    ThrowUnlessOk(row.line > 0 ? line.Append(row.line) : line.AppendNull());
    ThrowUnlessOk(reason.Append(row.reason));
    ThrowUnlessOk(raw.Append(row.raw));
    ThrowUnlessOk(ts.Append(now_ms * 1000));
  }
  arrow::ArrayVector columns = {ValueOrThrow(run.Finish()),  ValueOrThrow(path.Finish()),
                                ValueOrThrow(line.Finish()), ValueOrThrow(reason.Finish()),
                                ValueOrThrow(raw.Finish()),  ValueOrThrow(ts.Finish())};
  return arrow::RecordBatch::Make(QuarantineSchema(), static_cast<int64_t>(rows.size()),
                                  std::move(columns));
}

}  // namespace

class Quarantine::Impl {
 public:
  Impl(catalog::Lake& lake, const security::Principal& principal, const catalog::ObjectName& target,
       std::string run_id)
      : lake(lake), principal(principal), run_id(std::move(run_id)), name(target) {
    name.name += "_quarantine";
  }

  void Open() {
    if (writer) return;
    target.emplace(lake, principal, name);
    if (!target->exists()) target->Plan(*QuarantineSchema());
    writer = std::make_unique<TargetWriter>(*target);
  }

  catalog::Lake& lake;
  const security::Principal principal;
  const std::string run_id;
  catalog::ObjectName name;
  std::optional<Target> target;
  std::unique_ptr<TargetWriter> writer;
  int64_t rows = 0;
};

Quarantine::Quarantine(catalog::Lake& lake, const security::Principal& principal,
                       const catalog::ObjectName& target, std::string run_id)
    : impl_(std::make_unique<Impl>(lake, principal, target, std::move(run_id))) {}
Quarantine::~Quarantine() = default;

void Quarantine::Add(const std::vector<connectors::RejectedRow>& rows) {
  if (rows.empty()) return;
  impl_->Open();
  impl_->writer->Write(*ToBatch(rows, impl_->run_id, impl_->lake.storage_context().clock->NowMs()));
  impl_->rows += static_cast<int64_t>(rows.size());
}

int64_t Quarantine::rows() const { return impl_->rows; }

void Quarantine::Commit() {
  if (!impl_->writer) return;
  TargetCommit commit;
  commit.operation_metrics["numQuarantinedRows"] = impl_->rows;
  impl_->writer->Commit(commit);
  impl_->writer.reset();
}

const catalog::ObjectName& Quarantine::table() const { return impl_->name; }

}  // namespace lakehouse::ingestion
