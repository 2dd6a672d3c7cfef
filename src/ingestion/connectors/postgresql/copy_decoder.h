#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ingestion/connectors/postgresql/value_decoder.h"
#include "ingestion/connectors/rescue.h"

namespace lakehouse::ingestion::connectors::postgresql {

/// Decodes the stream of COPY ... (FORMAT binary), in pieces of any size. Corruption LK-5031 for
/// bytes that are no such stream. Not thread-safe.
class CopyDecoder {
 public:
  CopyDecoder(std::shared_ptr<arrow::Schema> schema,
              std::vector<std::unique_ptr<ValueDecoder>> columns);

  void Feed(std::string_view chunk);
  /// The stream has ended; Corruption LK-5031 when it was cut.
  void Finish() const;
  int64_t pending_rows() const { return rows_; }
  int64_t pending_bytes() const { return bytes_; }
  /// The rows since the last call; what was rescued from them is added to `rescue`.
  std::shared_ptr<arrow::RecordBatch> TakeBatch(Rescue& rescue);

 private:
  size_t Consume(std::string_view bytes);
  size_t ConsumeHeader(std::string_view bytes);
  size_t ConsumeRow(std::string_view bytes);

  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::unique_ptr<ValueDecoder>> columns_;
  std::string rest_;                               ///< the front of a row whose end has not come
  std::vector<std::pair<size_t, int32_t>> cells_;  ///< offset and length of the row at hand
  bool header_seen_ = false;
  bool trailer_seen_ = false;
  int64_t rows_ = 0;
  int64_t bytes_ = 0;
};

}  // namespace lakehouse::ingestion::connectors::postgresql
