#include "read_rows.h"

#include <arrow/api.h>

#include "base/error.h"
#include "query/render.h"
#include "storage/arrow_status.h"

namespace lakehouse::sqltest {

void ReadRows(arrow::RecordBatchReader& reader, std::vector<std::string>& rows) {
  std::shared_ptr<arrow::RecordBatch> batch;
  while (true) {
    if (const arrow::Status status = reader.ReadNext(&batch); !status.ok()) {
      storage::ThrowErrorIn(status);
      throw Error(ErrorKind::kInternal, "LK-0001", status.ToString());
    }
    if (!batch) return;
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      std::string text;
      for (int c = 0; c < batch->num_columns(); ++c) {
        text += (c > 0 ? "\t" : "") + query::FormatCell(*batch->column(c), row);
      }
      rows.push_back(std::move(text));
    }
  }
}

}  // namespace lakehouse::sqltest
