// Any bytes as PostgreSQL's binary COPY stream of two columns: an Error, or rows that are whole and
// do not depend on where the chunks end.
#include <arrow/api.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz_input.h"
#include "ingestion/connectors/postgresql/copy_decoder.h"

namespace {

using lakehouse::Require;
using lakehouse::ingestion::connectors::Rescue;
namespace postgresql = lakehouse::ingestion::connectors::postgresql;
using postgresql::WireForm;

struct Kind {
  WireForm form;
  WireForm element;
  std::shared_ptr<arrow::DataType> type;
};

const std::vector<Kind>& Kinds() {
  using enum WireForm;
  const auto time = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  static const std::vector<Kind> kinds = {
      {kBoolean, kBoolean, arrow::boolean()},
      {kInt16, kInt16, arrow::int16()},
      {kInt32, kInt32, arrow::int32()},
      {kInt64, kInt64, arrow::int64()},
      {kOid, kOid, arrow::int64()},
      {kFloat, kFloat, arrow::float32()},
      {kDouble, kDouble, arrow::float64()},
      {kNumeric, kNumeric, arrow::decimal128(12, 3)},
      {kNumeric, kNumeric, arrow::decimal128(38, 38)},
      {kNumericText, kNumericText, arrow::utf8()},
      {kText, kText, arrow::utf8()},
      {kJsonb, kJsonb, arrow::utf8()},
      {kBytes, kBytes, arrow::binary()},
      {kDate, kDate, arrow::date32()},
      {kTimestamp, kTimestamp, time},
      {kArray, kInt32, arrow::list(arrow::int32())},
      {kArray, kText, arrow::list(arrow::utf8())},
      {kArray, kNumeric, arrow::list(arrow::decimal128(12, 3))}};
  return kinds;
}

/// The rows of `stream`, fed in chunks of `step` bytes; null after an Error.
std::shared_ptr<arrow::RecordBatch> Decode(std::string_view stream, size_t step, uint8_t columns,
                                           postgresql::SpecialValues special) {
  std::vector<std::unique_ptr<postgresql::ValueDecoder>> decoders;
  std::vector<std::shared_ptr<arrow::Field>> fields;
  for (const size_t choice : {columns % Kinds().size(), columns * 7 % Kinds().size()}) {
    const Kind& kind = Kinds()[choice];
    const std::string name = "c" + std::to_string(fields.size());
    decoders.push_back(postgresql::MakeValueDecoder(
        kind.form, kind.element, kind.type,
        {.column = name, .special_values = special, .check_utf8 = true}));
    fields.push_back(arrow::field(name, kind.type));
  }
  std::shared_ptr<arrow::RecordBatch> batch;
  lakehouse::Takes("LK-503", [&] {
    postgresql::CopyDecoder decoder(arrow::schema(fields), std::move(decoders));
    for (size_t at = 0; at < stream.size(); at += step) decoder.Feed(stream.substr(at, step));
    decoder.Finish();
    Rescue rescue("t", true);
    const int64_t rows = decoder.pending_rows();
    batch = decoder.TakeBatch(rescue);
    Require(batch->num_rows() == rows && batch->ValidateFull().ok());
    Require(rescue.Finish(rows)->length() == rows);
  });
  return batch;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  static const std::string header("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
  const auto special = static_cast<postgresql::SpecialValues>(data[1] % 3);
  // The header is given for most inputs: nothing lies behind a wrong one.
  const std::string_view rest = lakehouse::Text(data + 2, size - 2);
  const std::string stream = data[1] < 250 ? header + std::string(rest) : std::string(rest);
  const auto whole = Decode(stream, stream.size() + 1, data[0], special);
  const auto pieces = Decode(stream, 3, data[0], special);
  Require((whole == nullptr) == (pieces == nullptr));
  if (whole) Require(whole->Equals(*pieces, arrow::EqualOptions::Defaults().nans_equal(true)));
  return 0;
}
