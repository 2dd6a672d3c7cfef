#include "storage/delta/checkpoint/checkpoint_columns.h"

#include <arrow/api.h>

#include <utility>

#include "base/error.h"
#include "storage/delta/checkpoint/row_writer.h"
#include "storage/delta/log/log_properties.h"
#include "storage/delta/log/protocol.h"
#include "storage/delta/log/schema_json.h"

namespace lakehouse::storage::delta {
namespace {

using arrow::field;
using Fields = std::vector<std::shared_ptr<arrow::Field>>;

std::shared_ptr<arrow::DataType> Text() { return arrow::utf8(); }
std::shared_ptr<arrow::DataType> Number() { return arrow::int64(); }
std::shared_ptr<arrow::DataType> Texts() { return arrow::list(field("element", arrow::utf8())); }
std::shared_ptr<arrow::DataType> TextToText() { return arrow::map(arrow::utf8(), arrow::utf8()); }

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

AddFormat FormatOf(const Protocol& protocol, const TableMetadata& metadata,
                   const std::string& partition_time_zone) {
  AddFormat format;
  format.stats_text = FlagProperty(metadata, "delta.checkpoint.writeStatsAsJson", true);
  format.partition_time_zone = partition_time_zone;
  if (!FlagProperty(metadata, "delta.checkpoint.writeStatsAsStruct", false)) return format;
  const ColumnMapping mapping = ColumnMappingOf(protocol, metadata);
  format.stats_columns.emplace(metadata, mapping);
  for (const std::string& name : metadata.partition_columns) {
    const Field& column = PartitionColumn(metadata, name);
    format.partition_names.push_back(PhysicalName(column, mapping));
    format.partition_types.push_back(column.type);
  }
  return format;
}

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
                                     const TableMetadata& metadata,
                                     const std::string& partition_time_zone)
    : adds_(FormatOf(protocol, metadata, partition_time_zone)) {
  Fields columns = {
      field("add", adds_.type()),
      field("remove", arrow::struct_({field("path", Text()), field("deletionTimestamp", Number()),
                                      field("dataChange", arrow::boolean()),
                                      field("deletionVector", DeletionVectorType())}))};
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

CheckpointColumns::Batch CheckpointColumns::Rows(const std::vector<FileRow>& adds) {
  const auto count = static_cast<int64_t>(adds.size());
  arrow::ArrayVector columns = {adds_.Make(adds)};
  nulls_.resize(static_cast<size_t>(schema_->num_fields()) - 1);
  for (int i = 1; i < schema_->num_fields(); ++i) {
    auto& none = nulls_[static_cast<size_t>(i) - 1];
    if (!none || none->length() < count) {
      none = Built(arrow::MakeArrayOfNull(schema_->field(i)->type(), count));
    }
    columns.push_back(none->Slice(0, count));
  }
  return arrow::RecordBatch::Make(schema_, count, std::move(columns));
}

CheckpointColumns::Batch CheckpointColumns::Rows(
    const std::vector<const RemoveFile*>& removes) const {
  Builder builder(schema_, "remove");
  for (const RemoveFile* remove : removes) {
    RowWriter row(builder.rows());
    row.Put(EncodePath(remove->path)).Put(remove->deleted_ms).Put(false);
    remove->deletion_vector ? row.Put(*remove->deletion_vector) : row.Null();
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
