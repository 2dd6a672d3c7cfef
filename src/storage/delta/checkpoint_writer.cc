#include <arrow/api.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "storage/delta/checkpoint.h"
#include "storage/delta/schema_json.h"
#include "storage/parquet/parquet_file.h"

namespace lakehouse::storage::delta {
namespace {

void Check(const arrow::Status& status) {
  if (!status.ok()) {
    throw Error(ErrorKind::kInternal, "LK-0001", "writing a checkpoint: " + status.message());
  }
}

std::shared_ptr<arrow::DataType> TextToText() { return arrow::map(arrow::utf8(), arrow::utf8()); }

std::shared_ptr<arrow::Schema> CheckpointSchema() {
  using arrow::field;
  const auto text = arrow::utf8();
  const auto number = arrow::int64();
  const auto texts = arrow::list(field("element", text));
  return arrow::schema(
      {field("txn", arrow::struct_({field("appId", text), field("version", number),
                                    field("lastUpdated", number)})),
       field("add", arrow::struct_({field("path", text), field("partitionValues", TextToText()),
                                    field("size", number), field("modificationTime", number),
                                    field("dataChange", arrow::boolean()),
                                    field("tags", TextToText()), field("stats", text)})),
       field("remove", arrow::struct_({field("path", text), field("deletionTimestamp", number),
                                       field("dataChange", arrow::boolean())})),
       field("metaData",
             arrow::struct_({field("id", text), field("name", text), field("description", text),
                             field("format", arrow::struct_({field("provider", text),
                                                             field("options", TextToText())})),
                             field("schemaString", text), field("partitionColumns", texts),
                             field("configuration", TextToText()), field("createdTime", number)})),
       field("protocol",
             arrow::struct_({field("minReaderVersion", arrow::int32()),
                             field("minWriterVersion", arrow::int32()),
                             field("readerFeatures", texts), field("writerFeatures", texts)})),
       field("domainMetadata", arrow::struct_({field("domain", text), field("configuration", text),
                                               field("removed", arrow::boolean())}))});
}

/// Appends one value to a builder, by the kind of value.
void Put(arrow::ArrayBuilder* builder, const std::string& text) {
  Check(static_cast<arrow::StringBuilder*>(builder)->Append(text));
}
void PutOrNull(arrow::ArrayBuilder* builder, const std::string& text) {
  text.empty() ? Check(builder->AppendNull()) : Put(builder, text);
}
void Put(arrow::ArrayBuilder* builder, int64_t number) {
  Check(static_cast<arrow::Int64Builder*>(builder)->Append(number));
}
void PutShort(arrow::ArrayBuilder* builder, int number) {
  Check(static_cast<arrow::Int32Builder*>(builder)->Append(number));
}
void PutFlag(arrow::ArrayBuilder* builder, bool flag) {
  Check(static_cast<arrow::BooleanBuilder*>(builder)->Append(flag));
}
void Put(arrow::ArrayBuilder* builder, const std::vector<std::string>& texts) {
  auto* list = static_cast<arrow::ListBuilder*>(builder);
  Check(list->Append());
  for (const std::string& text : texts) Put(list->value_builder(), text);
}
template <typename Text>
void PutMap(arrow::ArrayBuilder* builder, const std::map<std::string, Text>& entries) {
  auto* map = static_cast<arrow::MapBuilder*>(builder);
  Check(map->Append());
  for (const auto& [key, value] : entries) {
    Put(map->key_builder(), key);
    if constexpr (std::is_same_v<Text, std::string>) {
      Put(map->item_builder(), value);
    } else {
      value ? Put(map->item_builder(), *value) : Check(map->item_builder()->AppendNull());
    }
  }
}

/// Builds the rows of a checkpoint: one action a row, the other columns null.
class CheckpointBuilder {
 public:
  CheckpointBuilder() {
    auto builder =
        arrow::RecordBatchBuilder::Make(CheckpointSchema(), arrow::default_memory_pool());
    Check(builder.status());
    batch_ = *std::move(builder);
  }

  /// Starts a row of `column` and returns its struct.
  arrow::StructBuilder& Row(const char* column) {
    arrow::StructBuilder* chosen = nullptr;
    for (int c = 0; c < batch_->num_fields(); ++c) {
      auto* builder = batch_->GetFieldAs<arrow::StructBuilder>(c);
      if (batch_->schema()->field(c)->name() == column) {
        chosen = builder;
        Check(builder->Append());
      } else {
        Check(builder->AppendNull());
      }
    }
    return *chosen;
  }

  void Add(const AddFile& add) {
    arrow::StructBuilder& row = Row("add");
    Put(row.field_builder(0), EncodePath(add.path));
    PutMap(row.field_builder(1), add.partition_values);
    Put(row.field_builder(2), add.size_bytes);
    Put(row.field_builder(3), add.modified_ms);
    PutFlag(row.field_builder(4), false);
    add.tags.empty() ? Check(row.field_builder(5)->AppendNull())
                     : PutMap(row.field_builder(5), add.tags);
    PutOrNull(row.field_builder(6), add.stats);
  }

  void Add(const TableMetadata& metadata) {
    arrow::StructBuilder& row = Row("metaData");
    Put(row.field_builder(0), metadata.id);
    PutOrNull(row.field_builder(1), metadata.name);
    PutOrNull(row.field_builder(2), metadata.description);
    auto* format = static_cast<arrow::StructBuilder*>(row.field_builder(3));
    Check(format->Append());
    Put(format->field_builder(0), std::string("parquet"));
    PutMap(format->field_builder(1), std::map<std::string, std::string>{});
    Put(row.field_builder(4), WriteSchema(metadata.schema));
    Put(row.field_builder(5), metadata.partition_columns);
    PutMap(row.field_builder(6), metadata.properties);
    Put(row.field_builder(7), metadata.created_ms);
  }

  void Add(const Protocol& protocol) {
    arrow::StructBuilder& row = Row("protocol");
    PutShort(row.field_builder(0), protocol.min_reader_version);
    PutShort(row.field_builder(1), protocol.min_writer_version);
    protocol.min_reader_version >= 3 ? Put(row.field_builder(2), protocol.reader_features)
                                     : Check(row.field_builder(2)->AppendNull());
    protocol.min_writer_version >= 7 ? Put(row.field_builder(3), protocol.writer_features)
                                     : Check(row.field_builder(3)->AppendNull());
  }

  std::shared_ptr<arrow::RecordBatch> Finish() {
    auto batch = batch_->Flush();
    Check(batch.status());
    return *std::move(batch);
  }

 private:
  std::unique_ptr<arrow::RecordBatchBuilder> batch_;
};

std::shared_ptr<arrow::RecordBatch> ToRows(const DeltaSnapshot::State& state,
                                           int64_t oldest_remove) {
  CheckpointBuilder builder;
  builder.Add(*state.protocol);
  builder.Add(*state.metadata);
  for (const auto& [app, txn] : state.transactions) {
    arrow::StructBuilder& row = builder.Row("txn");
    Put(row.field_builder(0), app);
    Put(row.field_builder(1), txn.version);
    Put(row.field_builder(2), txn.last_updated_ms);
  }
  for (const auto& [domain, configuration] : state.domains) {
    arrow::StructBuilder& row = builder.Row("domainMetadata");
    Put(row.field_builder(0), domain);
    Put(row.field_builder(1), configuration);
    PutFlag(row.field_builder(2), false);
  }
  for (const auto& [path, remove] : state.tombstones) {
    if (remove.deleted_ms < oldest_remove) continue;
    arrow::StructBuilder& row = builder.Row("remove");
    Put(row.field_builder(0), EncodePath(remove.path));
    Put(row.field_builder(1), remove.deleted_ms);
    PutFlag(row.field_builder(2), false);
  }
  for (const auto& [path, add] : state.files) builder.Add(*add);
  return builder.Finish();
}

}  // namespace

void WriteCheckpoint(const Log& log, const DeltaSnapshot::State& state, int64_t now_ms,
                     int64_t keep_removes_ms) {
  const auto batch = ToRows(state, now_ms - keep_removes_ms);
  auto rows = arrow::RecordBatchReader::Make({batch});
  Check(rows.status());
  const auto writer = log.store().Create(log.PathOf(Log::CheckpointName(state.version)));
  parquet::WriteParquet(**rows, *writer);
  try {
    writer->Finish();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kAlreadyExists) return;
    throw;
  }
  const nlohmann::ordered_json hint = {{"version", state.version},
                                       {"size", batch->num_rows()},
                                       {"sizeInBytes", writer->bytes_written()},
                                       {"numOfAddFiles", state.files.size()}};
  log.store().Write(log.PathOf("_last_checkpoint"), hint.dump());
}

}  // namespace lakehouse::storage::delta
