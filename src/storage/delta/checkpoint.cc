#include "storage/delta/checkpoint.h"

#include <arrow/api.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "storage/delta/schema_json.h"
#include "storage/parquet/parquet_file.h"

namespace lakehouse::storage::delta {
namespace {

void Check(const arrow::Status& status) {
  if (!status.ok()) {
    throw Error(ErrorKind::kCorruption, "LK-3003", "checkpoint: " + status.message());
  }
}

/// One struct column of a checkpoint ("add", "remove", ...), by field name.
class Rows {
 public:
  Rows(const arrow::RecordBatch& batch, const std::string& name) {
    const auto column = batch.GetColumnByName(name);
    if (!column || column->type_id() != arrow::Type::STRUCT) return;
    struct_ = std::static_pointer_cast<arrow::StructArray>(column);
  }
  bool Has(int64_t row) const { return struct_ && struct_->IsValid(row); }
  bool HasField(const std::string& field, int64_t row) const {
    const auto array = struct_->GetFieldByName(field);
    return array && array->IsValid(row);
  }
  std::string Text(const std::string& field, int64_t row) const {
    const auto array = Field<arrow::StringArray>(field, arrow::Type::STRING);
    return array && array->IsValid(row) ? array->GetString(row) : "";
  }
  int64_t Number(const std::string& field, int64_t row, int64_t fallback = 0) const {
    const auto array = struct_->GetFieldByName(field);
    if (!array || array->IsNull(row)) return fallback;
    if (array->type_id() == arrow::Type::INT64) {
      return std::static_pointer_cast<arrow::Int64Array>(array)->Value(row);
    }
    if (array->type_id() == arrow::Type::INT32) {
      return std::static_pointer_cast<arrow::Int32Array>(array)->Value(row);
    }
    throw Error(ErrorKind::kCorruption, "LK-3003",
                "checkpoint: " + field + " is of type " + array->type()->ToString());
  }
  bool Flag(const std::string& field, int64_t row) const {
    const auto array = Field<arrow::BooleanArray>(field, arrow::Type::BOOL);
    return array && array->IsValid(row) && array->Value(row);
  }
  std::vector<std::string> List(const std::string& field, int64_t row) const {
    const auto list = Field<arrow::ListArray>(field, arrow::Type::LIST);
    std::vector<std::string> texts;
    if (!list || list->IsNull(row)) return texts;
    RequireText(*list->values(), field);
    const auto& values = static_cast<const arrow::StringArray&>(*list->values());
    for (int64_t i = list->value_offset(row); i < list->value_offset(row + 1); ++i) {
      texts.push_back(values.GetString(i));
    }
    return texts;
  }
  std::map<std::string, std::optional<std::string>> Map(const std::string& field,
                                                        int64_t row) const {
    const auto map = Field<arrow::MapArray>(field, arrow::Type::MAP);
    std::map<std::string, std::optional<std::string>> entries;
    if (!map || map->IsNull(row)) return entries;
    RequireText(*map->keys(), field);
    RequireText(*map->items(), field);
    const auto& keys = static_cast<const arrow::StringArray&>(*map->keys());
    const auto& items = static_cast<const arrow::StringArray&>(*map->items());
    for (int64_t i = map->value_offset(row); i < map->value_offset(row + 1); ++i) {
      entries[keys.GetString(i)] =
          items.IsValid(i) ? std::optional(items.GetString(i)) : std::nullopt;
    }
    return entries;
  }

 private:
  static void RequireText(const arrow::Array& array, const std::string& field) {
    if (array.type_id() != arrow::Type::STRING) {
      throw Error(ErrorKind::kCorruption, "LK-3003",
                  "checkpoint: " + field + " is not made of texts");
    }
  }
  /// Nothing when there is no such column; another type than the protocol's is damage, not absence.
  template <typename ArrayType>
  std::shared_ptr<ArrayType> Field(const std::string& field, arrow::Type::type id) const {
    const auto array = struct_->GetFieldByName(field);
    if (!array) return nullptr;
    if (array->type_id() != id) {
      throw Error(ErrorKind::kCorruption, "LK-3003",
                  "checkpoint: " + field + " is of type " + array->type()->ToString());
    }
    return std::static_pointer_cast<ArrayType>(array);
  }
  std::shared_ptr<arrow::StructArray> struct_;
};

std::map<std::string, std::string> WithoutNulls(
    const std::map<std::string, std::optional<std::string>>& entries) {
  std::map<std::string, std::string> plain;
  for (const auto& [key, value] : entries) {
    if (value) plain[key] = *value;
  }
  return plain;
}

AddFilePtr ReadAdd(const Rows& rows, int64_t row) {
  auto add = std::make_shared<AddFile>();
  add->path = DecodePath(rows.Text("path", row));
  if (add->path.empty())
    throw Error(ErrorKind::kCorruption, "LK-3003", "checkpoint: an add without a path");
  add->size_bytes = rows.Number("size", row);
  add->modified_ms = rows.Number("modificationTime", row);
  add->partition_values = rows.Map("partitionValues", row);
  add->stats = rows.Text("stats", row);
  add->tags = WithoutNulls(rows.Map("tags", row));
  add->has_deletion_vector = rows.HasField("deletionVector", row);
  return add;
}

TableMetadata ReadMetadata(const Rows& rows, int64_t row) {
  TableMetadata metadata;
  metadata.id = rows.Text("id", row);
  metadata.name = rows.Text("name", row);
  metadata.description = rows.Text("description", row);
  metadata.schema = ParseSchema(rows.Text("schemaString", row));
  metadata.partition_columns = rows.List("partitionColumns", row);
  metadata.properties = WithoutNulls(rows.Map("configuration", row));
  metadata.created_ms = rows.Number("createdTime", row);
  return metadata;
}

void ReadBatch(const arrow::RecordBatch& batch, Actions& actions) {
  const Rows adds(batch, "add"), removes(batch, "remove"), txns(batch, "txn"),
      metadata(batch, "metaData"), protocols(batch, "protocol"), domains(batch, "domainMetadata"),
      sidecars(batch, "sidecar");
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    if (sidecars.Has(row)) {
      throw Error(ErrorKind::kUnsupported, "LK-3002",
                  "the checkpoint refers to sidecar files, which need the feature v2Checkpoint",
                  "This version does not have it; use an engine that does.");
    }
    if (adds.Has(row)) actions.adds.push_back(ReadAdd(adds, row));
    if (removes.Has(row)) {
      actions.removes.push_back({DecodePath(removes.Text("path", row)),
                                 removes.Number("deletionTimestamp", row),
                                 removes.Flag("dataChange", row)});
    }
    if (txns.Has(row)) {
      actions.transactions.push_back(
          {txns.Text("appId", row),
           {txns.Number("version", row), txns.Number("lastUpdated", row)}});
    }
    if (domains.Has(row)) {
      actions.domains.push_back({domains.Text("domain", row), domains.Text("configuration", row),
                                 domains.Flag("removed", row)});
    }
    if (metadata.Has(row)) actions.metadata = ReadMetadata(metadata, row);
    if (protocols.Has(row)) {
      Protocol protocol;
      protocol.min_reader_version = static_cast<int>(protocols.Number("minReaderVersion", row));
      protocol.min_writer_version = static_cast<int>(protocols.Number("minWriterVersion", row));
      protocol.reader_features = protocols.List("readerFeatures", row);
      protocol.writer_features = protocols.List("writerFeatures", row);
      actions.protocol = protocol;
    }
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

DeltaSnapshot::State ReadCheckpoint(const Log& log, int64_t version,
                                    const std::vector<std::string>& names) {
  Actions actions;
  int64_t modified_ms = 0;
  for (const std::string& name : names) {
    const std::shared_ptr<io::ObjectReader> file = log.store().Open(log.PathOf(name));
    modified_ms = std::max(modified_ms, file->info().modified_ms);
    try {
      const auto rows = parquet::OpenParquet(file);
      std::shared_ptr<arrow::RecordBatch> batch;
      for (Check(rows->ReadNext(&batch)); batch; Check(rows->ReadNext(&batch))) {
        ReadBatch(*batch, actions);
      }
    } catch (const Error& error) {
      throw error.Within(name);
    }
  }
  if (!actions.protocol || !actions.metadata) {
    throw Error(ErrorKind::kCorruption, "LK-3003",
                names.front() + " has no " + (actions.protocol ? "metadata" : "protocol"));
  }
  DeltaSnapshot::State state;
  state.Apply(actions, version, modified_ms);
  return state;
}

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
