#include "storage/delta/replay/change_snapshot.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "storage/delta/log/stats_json.h"
#include "storage/field_keys.h"

namespace lakehouse::storage::delta {
namespace {

constexpr int64_t kMicrosPerMilli = 1000;
// The columns of the feed, in this order, behind those of the table.
constexpr const char* kFeedColumns[] = {"_change_type", "_commit_version", "_commit_timestamp"};
constexpr TypeId kFeedTypes[] = {TypeId::kString, TypeId::kLong, TypeId::kTimestamp};

RowSet RowsOf(const DeletionVectorPtr& vector, const io::Location& table,
              const StorageContext& context) {
  return vector ? ReadDeletionVector(*vector, table, context) : RowSet();
}

}  // namespace

ChangeSnapshot::ChangeSnapshot(std::shared_ptr<const DeltaSnapshot> end,
                               std::vector<ChangeEntry> entries, io::Location table,
                               StorageContext context)
    : end_(std::move(end)),
      entries_(std::move(entries)),
      table_(std::move(table)),
      context_(context),
      metadata_(end_->metadata()),
      table_partitions_(metadata_.partition_columns.size()) {
  for (size_t i = 0; i < std::size(kFeedColumns); ++i) {
    const std::string name = kFeedColumns[i];
    if (metadata_.schema.IndexOf(name)) {
      throw Error(ErrorKind::kUnsupported, "LK-3011",
                  "the table has a column " + name + " of its own, so its changes cannot be read");
    }
    metadata_.schema.fields.push_back(
        {name, DataType::Primitive(kFeedTypes[i]), true, {{kPhysicalNameKey, '"' + name + '"'}}});
    metadata_.partition_columns.push_back(name);
  }
}

FileEntry ChangeSnapshot::file(size_t index) const {
  const ChangeEntry& entry = entries_[index];
  const AddFile& file = *entry.file;
  FileEntry found{file.path, file.size_bytes, file.modified_ms,
                  file.stats.empty() ? -1 : ParseRecordCount(file.stats), 0};
  const int64_t deleted = file.deletion_vector ? file.deletion_vector->cardinality : 0;
  found.deleted_records = deleted;
  if (entry.only_deleted_since && found.num_records >= 0) {
    const DeletionVectorPtr& before = *entry.only_deleted_since;
    const int64_t shown = deleted - (before ? before->cardinality : 0);
    found.deleted_records = found.num_records - std::max<int64_t>(shown, 0);
  }
  return found;
}

Value ChangeSnapshot::partition_value(size_t index, size_t column) const {
  const ChangeEntry& entry = entries_[index];
  if (column >= table_partitions_) {
    switch (column - table_partitions_) {
      case 0:
        return entry.type.empty() ? Value{} : Value{entry.type};
      case 1:
        return Value{entry.version};
      default:
        return Value{entry.timestamp_ms * kMicrosPerMilli};
    }
  }
  const Schema& schema = metadata_.schema;
  const Field& field = schema.fields[*schema.IndexOf(metadata_.partition_columns[column])];
  const auto& values = entry.file->partition_values;
  const auto found = values.find(PhysicalName(field, column_mapping()));
  if (found == values.end() || !found->second) return {};
  return FromPartitionText(*found->second, *field.type, context_.partition_time_zone);
}

bool ChangeSnapshot::has_partition_value(size_t index, size_t column) const {
  return column != table_partitions_ || !entries_[index].type.empty();
}

std::shared_ptr<const RowSet> ChangeSnapshot::DeletedRows(size_t index) const {
  const ChangeEntry& entry = entries_[index];
  const AddFile& file = *entry.file;
  if (!entry.only_deleted_since && !file.deletion_vector) return nullptr;
  try {
    RowSet rows = RowsOf(file.deletion_vector, table_, context_);
    if (!entry.only_deleted_since) return std::make_shared<const RowSet>(std::move(rows));
    rows.Subtract(RowsOf(*entry.only_deleted_since, table_, context_));
    const int64_t records = ParseRecordCount(file.stats);
    if (records < 0) {
      throw Error(ErrorKind::kCorruption, "LK-3008",
                  "a file with a deletion vector has no numRecords in its statistics");
    }
    return std::make_shared<const RowSet>(rows.Complement(static_cast<uint64_t>(records)));
  } catch (const Error& error) {
    throw error.Within(file.path);
  }
}

std::shared_ptr<const ColumnBounds> ChangeSnapshot::Bounds(const ColumnPath& column) const {
  auto bounds = std::make_shared<ColumnBounds>(entries_.size());
  const auto& parts = metadata_.partition_columns;
  const auto part =
      column.size() == 1 ? std::find(parts.begin(), parts.end(), column[0]) : parts.end();
  const auto place = static_cast<size_t>(part - parts.begin());
  for (size_t i = 0; part != parts.end() && i < entries_.size(); ++i) {
    if (!has_partition_value(i, place)) continue;
    const Value value = partition_value(i, place);
    bounds->Set(i, value, value, value.is_null() ? file(i).num_records : 0);
  }
  return bounds;
}

int64_t ChangeSnapshot::total_bytes() const {
  int64_t bytes = 0;
  for (const ChangeEntry& entry : entries_) bytes += entry.file->size_bytes;
  return bytes;
}

}  // namespace lakehouse::storage::delta
