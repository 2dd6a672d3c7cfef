// Any bytes as a checkpoint: an Error, or a state that is written and read equal. Input that begins
// with 'P' is the file itself; other input chooses columns and values of a whole Parquet file, so
// that the decoding of rows is reached, too.
#include <arrow/api.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "fuzz_input.h"
#include "storage/delta/checkpoint/checkpoint.h"
#include "storage/parquet/parquet_file.h"

namespace {

using lakehouse::Require;
using lakehouse::Takes;
using lakehouse::storage::delta::Log;
namespace delta = lakehouse::storage::delta;

/// Hands out the input piece by piece; zeros when there is no more.
class Choices {
 public:
  explicit Choices(std::string_view bytes) : bytes_(bytes) {}
  size_t Next(size_t count) {
    if (at_ == bytes_.size()) return 0;
    return static_cast<unsigned char>(bytes_[at_++]) % count;
  }
  std::string Text() {
    const size_t length = std::min(Next(40), bytes_.size() - at_);
    at_ += length;
    return std::string(bytes_.substr(at_ - length, length));
  }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

constexpr int64_t kRows = 3;

std::vector<std::shared_ptr<arrow::DataType>> FieldTypes() {
  const auto text = arrow::utf8();
  return {text,
          arrow::int64(),
          arrow::boolean(),
          arrow::map(text, text),
          arrow::int32(),
          arrow::list(text),
          arrow::binary(),
          arrow::map(text, arrow::int64()),
          arrow::list(arrow::int32()),
          arrow::float64(),
          arrow::struct_({arrow::field("provider", text), arrow::field("pathOrInlineDv", text)}),
          arrow::large_utf8(),
          arrow::dictionary(arrow::int32(), text)};
}

void Fill(arrow::ArrayBuilder& builder, Choices& choices);

void FillText(arrow::ArrayBuilder& builder, Choices& choices) {
  // A path, a schema or a format that the decoder knows, or anything.
  const std::vector<std::string> known = {
      "a.parquet", "parquet",
      R"({"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{}}]})",
      R"({"numRecords":1,"minValues":{"a":1},"maxValues":{"a":2},"nullCount":{"a":0}})"};
  const size_t choice = choices.Next(known.size() + 2);
  const std::string text = choice < known.size() ? known[choice] : choices.Text();
  (void)static_cast<arrow::BinaryBuilder&>(builder).Append(text);
}

/// One value, or null.
void Fill(arrow::ArrayBuilder& builder, Choices& choices) {
  if (choices.Next(8) == 7) return (void)builder.AppendNull();
  switch (builder.type()->id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return FillText(builder, choices);
    case arrow::Type::INT64:
      return (void)static_cast<arrow::Int64Builder&>(builder).Append(
          static_cast<int64_t>(choices.Next(256)) - 3);
    case arrow::Type::INT32:
      return (void)static_cast<arrow::Int32Builder&>(builder).Append(
          static_cast<int32_t>(choices.Next(256)) - 3);
    case arrow::Type::BOOL:
      return (void)static_cast<arrow::BooleanBuilder&>(builder).Append(choices.Next(2) == 1);
    case arrow::Type::LIST: {
      auto& list = static_cast<arrow::ListBuilder&>(builder);
      (void)list.Append();
      for (size_t n = choices.Next(3); n > 0; --n) Fill(*list.value_builder(), choices);
      return;
    }
    case arrow::Type::MAP: {
      auto& map = static_cast<arrow::MapBuilder&>(builder);
      (void)map.Append();
      for (size_t n = choices.Next(3); n > 0; --n) {
        FillText(*map.key_builder(), choices);
        Fill(*map.item_builder(), choices);
      }
      return;
    }
    case arrow::Type::STRUCT: {
      auto& row = static_cast<arrow::StructBuilder&>(builder);
      (void)row.Append();
      for (int i = 0; i < row.num_fields(); ++i) Fill(*row.field_builder(i), choices);
      return;
    }
    default:
      return (void)builder.AppendEmptyValue();
  }
}

/// The protocol's type of a field most times, else any; some fields are missing.
std::shared_ptr<arrow::DataType> Action(Choices& choices,
                                        const std::vector<std::pair<const char*, size_t>>& fields) {
  const auto types = FieldTypes();
  std::vector<std::shared_ptr<arrow::Field>> chosen;
  for (const auto& [name, usual] : fields) {
    const size_t choice = choices.Next(64);
    if (choice == 63) continue;
    chosen.push_back(
        arrow::field(name, types[choice < types.size() && choice > 0 ? choice : usual]));
  }
  return arrow::struct_(chosen);
}

std::shared_ptr<arrow::RecordBatch> MakeRows(Choices& choices) {
  const auto format = arrow::struct_({arrow::field("provider", arrow::utf8())});
  const std::vector<std::pair<const char*, std::shared_ptr<arrow::DataType>>> columns = {
      {"protocol", Action(choices, {{"minReaderVersion", 4},
                                    {"minWriterVersion", 4},
                                    {"readerFeatures", 5},
                                    {"writerFeatures", 5}})},
      {"metaData", Action(choices, {{"id", 0},
                                    {"schemaString", 0},
                                    {"partitionColumns", 5},
                                    {"configuration", 3},
                                    {"createdTime", 1}})},
      {"add", Action(choices, {{"path", 0},
                               {"partitionValues", 3},
                               {"size", 1},
                               {"modificationTime", 1},
                               {"stats", 0},
                               {"tags", 3},
                               {"deletionVector", 10}})},
      {"remove", Action(choices, {{"path", 0}, {"deletionTimestamp", 1}})},
      {"txn", Action(choices, {{"appId", 0}, {"version", 1}, {"lastUpdated", 1}})},
      {"domainMetadata", Action(choices, {{"domain", 0}, {"configuration", 0}, {"removed", 2}})}};
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (const auto& [name, type] : columns) {
    const auto builder = *arrow::MakeBuilder(type);
    for (int64_t row = 0; row < kRows; ++row) Fill(*builder, choices);
    fields.push_back(arrow::field(name, type));
    arrays.push_back(*builder->Finish());
  }
  return arrow::RecordBatch::Make(arrow::schema(fields), kRows, arrays);
}

std::string ToParquet(const std::shared_ptr<arrow::RecordBatch>& batch) {
  const auto store = lakehouse::io::MakeMemoryStore("rows");
  const auto rows = *arrow::RecordBatchReader::Make({batch});
  const auto writer = store->Create("f");
  lakehouse::storage::parquet::WriteParquet(*rows, *writer);
  writer->Finish();
  return store->Read("f");
}

/// What is read is written and read equal, as far as a checkpoint keeps it.
void CheckRoundTrip(const delta::DeltaSnapshot::State& state) {
  const Log log({lakehouse::io::MakeMemoryStore("again"), "t"});
  lakehouse::ManualClock clock(0);  // so that no tombstone is too old
  delta::WriteCheckpoint(log, state, {&clock, &lakehouse::SystemRandom()});
  const auto again =
      delta::ReadCheckpoint(log, {state.version, {Log::CheckpointName(state.version)}, 0});
  Require(again.protocol == state.protocol && again.metadata == state.metadata);
  Require(again.files.size() == state.files.size());
  Require(again.domains == state.domains);
  Require(again.transactions.size() == state.transactions.size());
}

void CheckSnapshot(const delta::DeltaSnapshot::State& state) {
  const delta::DeltaSnapshot snapshot(std::make_shared<delta::DeltaSnapshot::State>(state),
                                      {lakehouse::io::MakeMemoryStore("files"), "t"}, {});
  for (size_t i = 0; i < snapshot.file_count(); ++i) {
    Takes("LK-3", [&] {
      snapshot.file(i);
      for (size_t c = 0; c < snapshot.metadata().partition_columns.size(); ++c) {
        snapshot.partition_value(i, c);
      }
    });
  }
  for (const auto& field : snapshot.schema().fields) snapshot.Bounds({field.name});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input = lakehouse::Text(data, size);
  const Log log({lakehouse::io::MakeMemoryStore("fuzz"), "t"});
  std::string file(input);
  if (!input.starts_with("P")) {
    Choices choices(input);
    // What Parquet cannot hold is no input.
    if (!Takes("LK-3", [&] { file = ToParquet(MakeRows(choices)); })) return -1;
  }
  log.store().Write(log.PathOf(Log::CheckpointName(7)), file);
  Takes("LK-3", [&] {
    const auto state = delta::ReadCheckpoint(log, {7, {Log::CheckpointName(7)}, 0});
    CheckSnapshot(state);
    CheckRoundTrip(state);
  });
  return 0;
}
