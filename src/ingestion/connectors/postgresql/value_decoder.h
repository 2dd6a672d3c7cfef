#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::ingestion::connectors::postgresql {

/// What to do with values that a table type has not: infinite dates and timestamps, NaN in a
/// decimal. To rescue is to keep their text beside the row, where there would be a null; then
/// numbers and times beyond the type's range are rescued too.
enum class SpecialValues { kError, kNull, kRescue };

/// A value that is null in its column and kept as text.
struct RescuedValue {
  int64_t row = 0;  ///< since the last Finish
  std::string text;
};

/// The binary forms of the wire, by what they become.
enum class WireForm {
  kBoolean,
  kInt16,
  kInt32,
  kInt64,
  kOid,
  kFloat,
  kDouble,
  kNumeric,  ///< to decimal128
  kNumericText,
  kText,
  kJsonb,
  kBytes,
  kDate,
  kTimestamp,
  kArray,
};

/// Builds one column from binary values (PostgreSQL's *_send functions). Not thread-safe.
class ValueDecoder {
 public:
  virtual ~ValueDecoder() = default;
  /// InvalidArgument LK-5035 for a value that the column cannot hold; Corruption LK-5031 for bytes
  /// that are no value.
  virtual void Append(std::string_view bytes) = 0;
  virtual void AppendNull() = 0;
  virtual int64_t length() const = 0;
  virtual std::shared_ptr<arrow::Array> Finish() = 0;
  /// The values rescued since the last call; before Finish.
  virtual std::vector<RescuedValue> TakeRescued() { return {}; }
};

struct DecoderOptions {
  std::string column;  ///< for messages
  SpecialValues special_values = SpecialValues::kError;
  bool check_utf8 = false;  ///< the server does not know what its text is
};

/// `form` and `type` belong together; for kArray, `element` is the form of the elements.
std::unique_ptr<ValueDecoder> MakeValueDecoder(WireForm form, WireForm element,
                                               const std::shared_ptr<arrow::DataType>& type,
                                               const DecoderOptions& options);

}  // namespace lakehouse::ingestion::connectors::postgresql
