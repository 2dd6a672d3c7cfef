#include "storage/delta/checkpoint/checkpoint_columns.h"

#include <arrow/api.h>

#include <utility>

#include "base/error.h"
#include "storage/arrow_schema.h"
#include "storage/delta/log/log_properties.h"
#include "storage/delta/log/protocol.h"
#include "storage/delta/log/schema_json.h"

namespace lakehouse::storage::delta {
namespace {

using arrow::field;
using Fields = std::vector<std::shared_ptr<arrow::Field>>;

template <typename T>
T Built(arrow::Result<T> result) {
  CheckBuilt(result.status());
  return std::move(result).ValueUnsafe();
}

std::shared_ptr<arrow::DataType> Text() { return arrow::utf8(); }
std::shared_ptr<arrow::DataType> Number() { return arrow::int64(); }
std::shared_ptr<arrow::DataType> Texts() { return arrow::list(field("element", arrow::utf8())); }
std::shared_ptr<arrow::DataType> TextToText() { return arrow::map(arrow::utf8(), arrow::utf8()); }

std::shared_ptr<arrow::DataType> VectorType() {
  return arrow::struct_({field("storageType", Text()), field("pathOrInlineDv", Text()),
                         field("offset", arrow::int32()), field("sizeInBytes", arrow::int32()),
                         field("cardinality", Number())});
}

/// The fields of add that every checkpoint has, in the order in which they are appended.
Fields AddFields() {
  return {field("path", Text()),
          field("partitionValues", TextToText()),
          field("size", Number()),
          field("modificationTime", Number()),
          field("dataChange", arrow::boolean()),
          field("tags", TextToText()),
          field("deletionVector", VectorType()),
          field("baseRowId", Number()),
          field("defaultRowCommitVersion", Number()),
          field("clusteringProvider", Text())};
}

Fields OtherColumns() {
  return {
      field("metaData",
            arrow::struct_(
                {field("id", Text()), field("name", Text()), field("description", Text()),
                 field("format",
                       arrow::struct_({field("provider", Text()), field("options", TextToText())})),
                 field("schemaString", Text()), field("partitionColumns", Texts()),
                 field("configuration", TextToText()), field("createdTime", Number())})),
      field("protocol",
            arrow::struct_({field("minReaderVersion", arrow::int32()),
                            field("minWriterVersion", arrow::int32()),
                            field("readerFeatures", Texts()), field("writerFeatures", Texts())})),
      field("txn", arrow::struct_({field("appId", Text()), field("version", Number()),
                                   field("lastUpdated", Number())})),
      field("domainMetadata",
            arrow::struct_({field("domain", Text()), field("configuration", Text()),
                            field("removed", arrow::boolean())}))};
}

Fields TopColumns() {
  return {field("checkpointMetadata",
                arrow::struct_({field("version", Number()), field("tags", TextToText())})),
          field("sidecar", arrow::struct_({field("path", Text()), field("sizeInBytes", Number()),
                                           field("modificationTime", Number()),
                                           field("tags", TextToText())}))};
}

const Field& PartitionColumn(const TableMetadata& metadata, const std::string& name) {
  if (const auto position = metadata.schema.IndexOf(name)) return metadata.schema.fields[*position];
  throw Error(ErrorKind::kCorruption, "LK-3003",
              "the table is partitioned by " + name + ", which is no column of its schema");
}

/// Checkpoints have 32 bits for what a vector's place and length need.
int32_t Narrow(int64_t number) {
  if (number >= 0 && number <= INT32_MAX) return static_cast<int32_t>(number);
  throw Error(ErrorKind::kUnsupported, "LK-3020",
              "a deletion vector at " + std::to_string(number) + " has no place in a checkpoint");
}

/// Appends values to the fields of a struct, one after the other.
class RowWriter {
 public:
  explicit RowWriter(arrow::StructBuilder& row) : row_(row) { CheckBuilt(row.Append()); }

  arrow::ArrayBuilder& Next() { return *row_.field_builder(position_++); }

  RowWriter& Put(const std::string& text) {
    CheckBuilt(static_cast<arrow::StringBuilder&>(Next()).Append(text));
    return *this;
  }
  RowWriter& PutOrNull(const std::string& text) { return text.empty() ? Null() : Put(text); }
  RowWriter& Put(int64_t number) {
    CheckBuilt(static_cast<arrow::Int64Builder&>(Next()).Append(number));
    return *this;
  }
  RowWriter& Put(const std::optional<int64_t>& number) { return number ? Put(*number) : Null(); }
  RowWriter& PutShort(int64_t number) {
    CheckBuilt(static_cast<arrow::Int32Builder&>(Next()).Append(static_cast<int32_t>(number)));
    return *this;
  }
  RowWriter& Put(bool flag) {
    CheckBuilt(static_cast<arrow::BooleanBuilder&>(Next()).Append(flag));
    return *this;
  }
  RowWriter& Put(const std::vector<std::string>& texts) {
    auto& list = static_cast<arrow::ListBuilder&>(Next());
    CheckBuilt(list.Append());
    auto& values = static_cast<arrow::StringBuilder&>(*list.value_builder());
    for (const std::string& text : texts) CheckBuilt(values.Append(text));
    return *this;
  }
  template <typename Item>
  RowWriter& Put(const std::map<std::string, Item>& entries) {
    auto& map = static_cast<arrow::MapBuilder&>(Next());
    auto& keys = static_cast<arrow::StringBuilder&>(*map.key_builder());
    auto& items = static_cast<arrow::StringBuilder&>(*map.item_builder());
    CheckBuilt(map.Append());
    for (const auto& [key, value] : entries) {
      CheckBuilt(keys.Append(key));
      if constexpr (std::is_same_v<Item, std::string>) {
        CheckBuilt(items.Append(value));
      } else {
        CheckBuilt(value ? items.Append(*value) : items.AppendNull());
      }
    }
    return *this;
  }
  RowWriter& Null() {
    CheckBuilt(Next().AppendNull());
    return *this;
  }
  RowWriter& Put(const DeletionVectorPtr& vector) {
    if (!vector) return Null();
    RowWriter parts(static_cast<arrow::StructBuilder&>(Next()));
    parts.Put(std::string(1, vector->storage_type)).Put(vector->path_or_inline);
    vector->offset ? parts.PutShort(Narrow(*vector->offset)) : parts.Null();
    parts.PutShort(Narrow(vector->size_bytes)).Put(vector->cardinality);
    return *this;
  }

 private:
  arrow::StructBuilder& row_;
  int position_ = 0;
};

}  // namespace

/// Builds the rows of one column; the others are null.
class CheckpointColumns::Builder {
 public:
  Builder(const std::shared_ptr<arrow::Schema>& schema, const char* column)
      : schema_(schema),
        column_(schema->GetFieldIndex(column)),
        rows_(Built(arrow::MakeBuilder(schema->field(column_)->type()))) {}

  arrow::StructBuilder& rows() { return static_cast<arrow::StructBuilder&>(*rows_); }

  Batch Finish() {
    const int64_t count = rows_->length();
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (int i = 0; i < schema_->num_fields(); ++i) {
      arrays.push_back(i == column_
                           ? Built(rows_->Finish())
                           : Built(arrow::MakeArrayOfNull(schema_->field(i)->type(), count)));
    }
    return arrow::RecordBatch::Make(schema_, count, std::move(arrays));
  }

 private:
  const std::shared_ptr<arrow::Schema> schema_;
  const int column_;
  std::unique_ptr<arrow::ArrayBuilder> rows_;
};

CheckpointColumns::CheckpointColumns(CheckpointPart part, const Protocol& protocol,
                                     const TableMetadata& metadata, std::string partition_time_zone)
    : partition_time_zone_(std::move(partition_time_zone)),
      stats_text_(FlagProperty(metadata, "delta.checkpoint.writeStatsAsJson", true)) {
  Fields add = AddFields();
  if (stats_text_) add.push_back(field("stats", Text()));
  if (FlagProperty(metadata, "delta.checkpoint.writeStatsAsStruct", false)) {
    const ColumnMapping mapping = ColumnMappingOf(protocol, metadata);
    add.push_back(field("stats_parsed", stats_columns_.emplace(metadata, mapping).type()));
    Fields values;
    for (const std::string& name : metadata.partition_columns) {
      const Field& column = PartitionColumn(metadata, name);
      partition_names_.push_back(PhysicalName(column, mapping));
      partition_types_.push_back(column.type);
      values.push_back(field(partition_names_.back(), ToArrow(*column.type)));
    }
    if (!values.empty()) add.push_back(field("partitionValues_parsed", arrow::struct_(values)));
  }
  Fields columns = {
      field("add", arrow::struct_(add)),
      field("remove", arrow::struct_({field("path", Text()), field("deletionTimestamp", Number()),
                                      field("dataChange", arrow::boolean()),
                                      field("deletionVector", VectorType())}))};
  const auto append = [&](Fields more) { columns.insert(columns.end(), more.begin(), more.end()); };
  if (part != CheckpointPart::kSidecar) append(OtherColumns());
  if (part == CheckpointPart::kTop) append(TopColumns());
  schema_ = arrow::schema(std::move(columns));
}

CheckpointColumns::Batch CheckpointColumns::Rows(const Protocol& protocol) const {
  Builder builder(schema_, "protocol");
  RowWriter row(builder.rows());
  row.PutShort(protocol.min_reader_version).PutShort(protocol.min_writer_version);
  protocol.min_reader_version >= 3 ? row.Put(protocol.reader_features) : row.Null();
  protocol.min_writer_version >= 7 ? row.Put(protocol.writer_features) : row.Null();
  return builder.Finish();
}

CheckpointColumns::Batch CheckpointColumns::Rows(const TableMetadata& metadata,
                                                 const std::string& schema_text) const {
  Builder builder(schema_, "metaData");
  RowWriter row(builder.rows());
  row.Put(metadata.id).PutOrNull(metadata.name).PutOrNull(metadata.description);
  RowWriter(static_cast<arrow::StructBuilder&>(row.Next()))
      .Put(std::string("parquet"))
      .Put(std::map<std::string, std::string>{});
  row.Put(schema_text.empty() ? WriteSchema(metadata.schema) : schema_text)
      .Put(metadata.partition_columns)
      .Put(metadata.properties)
      .Put(metadata.created_ms);
  return builder.Finish();
}

CheckpointColumns::Batch CheckpointColumns::Rows(
    const std::map<std::string, AppTransaction>& transactions) const {
  Builder builder(schema_, "txn");
  for (const auto& [app, transaction] : transactions) {
    RowWriter row(builder.rows());
    row.Put(app).Put(transaction.version);
    transaction.last_updated_ms > 0 ? row.Put(transaction.last_updated_ms) : row.Null();
  }
  return builder.Finish();
}

CheckpointColumns::Batch CheckpointColumns::DomainRows(
    const std::map<std::string, std::string>& domains) const {
  Builder builder(schema_, "domainMetadata");
  for (const auto& [domain, configuration] : domains) {
    RowWriter(builder.rows()).Put(domain).Put(configuration).Put(false);
  }
  return builder.Finish();
}

void CheckpointColumns::AppendAdd(const FileRow& file, arrow::StructBuilder& rows) const {
  const FileBlock& block = *file.block;
  RowWriter row(rows);
  row.Put(EncodePath(file.path().view())).Put(file.partition_values()).Put(file.size_bytes());
  row.Put(file.modified_ms()).Put(false);
  const Tags& tags = block.tags(file.row);
  tags.empty() ? row.Null() : row.Put(tags);
  row.Put(file.deletion_vector()).Put(block.base_row_id(file.row));
  row.Put(block.default_row_commit_version(file.row));
  row.PutOrNull(block.clustering_provider(file.row));
  const std::string stats = block.stats().Text(file.row);
  if (stats_text_) row.PutOrNull(stats);
  if (!stats_columns_) return;
  stats_columns_->Append(stats, static_cast<arrow::StructBuilder&>(row.Next()));
  if (partition_names_.empty()) return;
  RowWriter values(static_cast<arrow::StructBuilder&>(row.Next()));
  for (size_t i = 0; i < partition_names_.size(); ++i) {
    const PartitionValues& texts = file.partition_values();
    const auto found = texts.find(partition_names_[i]);
    const bool known = found != texts.end() && found->second;
    AppendValue(known
                    ? FromPartitionText(*found->second, *partition_types_[i], partition_time_zone_)
                    : Value{},
                *partition_types_[i], values.Next());
  }
}

CheckpointColumns::Batch CheckpointColumns::Rows(const std::vector<FileRow>& adds) const {
  Builder builder(schema_, "add");
  for (const FileRow& add : adds) AppendAdd(add, builder.rows());
  return builder.Finish();
}

CheckpointColumns::Batch CheckpointColumns::Rows(
    const std::vector<const RemoveFile*>& removes) const {
  Builder builder(schema_, "remove");
  for (const RemoveFile* remove : removes) {
    RowWriter(builder.rows())
        .Put(EncodePath(remove->path))
        .Put(remove->deleted_ms)
        .Put(false)
        .Put(remove->deletion_vector);
  }
  return builder.Finish();
}

CheckpointColumns::Batch CheckpointColumns::Rows(
    const std::vector<WrittenSidecar>& sidecars) const {
  Builder builder(schema_, "sidecar");
  for (const WrittenSidecar& sidecar : sidecars) {
    RowWriter(builder.rows())
        .Put(EncodePath(sidecar.name))
        .Put(sidecar.size_bytes)
        .Put(sidecar.modified_ms)
        .Put(std::map<std::string, std::string>{});
  }
  return builder.Finish();
}

CheckpointColumns::Batch CheckpointColumns::OwnRow(
    int64_t version, const std::map<std::string, std::string>& tags) const {
  Builder builder(schema_, "checkpointMetadata");
  RowWriter(builder.rows()).Put(version).Put(tags);
  return builder.Finish();
}

}  // namespace lakehouse::storage::delta
