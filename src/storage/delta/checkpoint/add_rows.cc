#include "storage/delta/checkpoint/add_rows.h"

#include <arrow/api.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "storage/arrow_schema.h"
#include "storage/delta/checkpoint/row_writer.h"

namespace lakehouse::storage::delta {
namespace {

using arrow::field;

/// A block with fewer files is left as it is: what is known of it would take more than it saves.
constexpr size_t kManyFiles = 128;

std::shared_ptr<arrow::DataType> TypeOf(const AddFormat& format) {
  const auto text_to_text = arrow::map(arrow::utf8(), arrow::utf8());
  std::vector<std::shared_ptr<arrow::Field>> fields = {
      field("path", arrow::utf8()),
      field("partitionValues", text_to_text),
      field("size", arrow::int64()),
      field("modificationTime", arrow::int64()),
      field("dataChange", arrow::boolean()),
      field("tags", text_to_text),
      field("deletionVector", DeletionVectorType()),
      field("baseRowId", arrow::int64()),
      field("defaultRowCommitVersion", arrow::int64()),
      field("clusteringProvider", arrow::utf8())};
  if (format.stats_text) fields.push_back(field("stats", arrow::utf8()));
  if (format.stats_columns) fields.push_back(field("stats_parsed", format.stats_columns->type()));
  if (!format.partition_names.empty()) {
    std::vector<std::shared_ptr<arrow::Field>> values;
    for (size_t i = 0; i < format.partition_names.size(); ++i) {
      values.push_back(field(format.partition_names[i], ToArrow(*format.partition_types[i])));
    }
    fields.push_back(field("partitionValues_parsed", arrow::struct_(values)));
  }
  return arrow::struct_(std::move(fields));
}

template <typename Item>
const Item* UnlessEmpty(const Item& item) {
  return item.empty() ? nullptr : &item;
}

}  // namespace

AddRows::AddRows(AddFormat format) : format_(std::move(format)), type_(TypeOf(format_)) {}
AddRows::~AddRows() = default;

AddRows::ArrayPtr AddRows::Make(const Files& files) {
  const auto no_partitions = [](const FileRow& file) { return file.partition_values().empty(); };
  arrow::ArrayVector fields = {
      Paths(files),
      std::all_of(files.begin(), files.end(), no_partitions)
          ? Empty(files, "partitionValues", false)
          : Each(files, "partitionValues",
                 [](const FileRow& file, auto& to) { AppendTo(to, file.partition_values()); }),
      Numbers(files, sizes_, [](const FileRow& file) { return file.size_bytes(); }),
      Numbers(files, times_, [](const FileRow& file) { return file.modified_ms(); }),
      Empty(files, "dataChange", false),
      Rare(files, "tags",
           [](const FileRow& file) { return UnlessEmpty(file.block->tags(file.row)); }),
      Rare(files, "deletionVector", [](const FileRow& file) { return file.deletion_vector(); }),
      Rare(files, "baseRowId",
           [](const FileRow& file) { return file.block->base_row_id(file.row); }),
      Rare(files, "defaultRowCommitVersion",
           [](const FileRow& file) { return file.block->default_row_commit_version(file.row); }),
      Rare(files, "clusteringProvider", [](const FileRow& file) {
        return UnlessEmpty(file.block->clustering_provider(file.row));
      })};
  if (format_.stats_text) fields.push_back(StatsText(files));
  if (format_.stats_columns) fields.push_back(StatsStruct(files));
  if (!format_.partition_names.empty()) fields.push_back(PartitionStruct(files));
  return std::make_shared<arrow::StructArray>(type_, static_cast<int64_t>(files.size()), fields);
}

AddRows::ArrayPtr AddRows::Paths(const Files& files) {
  paths_.Begin(files.size());
  for (const FileRow& file : files) {
    const std::string text = EncodePath(file.path().view());
    char* room = paths_.Room(text.size());
    std::memcpy(room, text.data(), text.size());
    paths_.End(room + text.size());
  }
  return paths_.Finish();
}

AddRows::ArrayPtr AddRows::StatsText(const Files& files) {
  stats_.Begin(files.size());
  for (const FileRow& file : files) {
    if (file.block->size() < kManyFiles) {
      StatsTexts::AppendPlain(file.block->stats(), file.row, stats_);
    } else {
      TextsOf(*file.block).Append(file.row, stats_);
    }
  }
  return stats_.Finish();
}

const StatsTexts& AddRows::TextsOf(const FileBlock& block) {
  return texts_.try_emplace(&block, block.stats()).first->second;
}

AddRows::ArrayPtr AddRows::StatsStruct(const Files& files) {
  return Each(files, "stats_parsed", [this](const FileRow& file, auto& to) {
    format_.stats_columns->Append(file.block->stats().Text(file.row),
                                  static_cast<arrow::StructBuilder&>(to));
  });
}

AddRows::ArrayPtr AddRows::PartitionStruct(const Files& files) {
  return Each(files, "partitionValues_parsed", [this](const FileRow& file, auto& to) {
    RowWriter row(static_cast<arrow::StructBuilder&>(to));
    const PartitionValues& texts = file.partition_values();
    for (size_t i = 0; i < format_.partition_names.size(); ++i) {
      const DataType& type = *format_.partition_types[i];
      const auto found = texts.find(format_.partition_names[i]);
      const bool known = found != texts.end() && found->second;
      AppendValue(
          known ? FromPartitionText(*found->second, type, format_.partition_time_zone) : Value{},
          type, row.Next());
    }
  });
}

template <typename Get>
AddRows::ArrayPtr AddRows::Numbers(const Files& files, ReusedMemory& memory, Get get) {
  auto buffer = memory.Take(static_cast<int64_t>(files.size() * sizeof(int64_t)));
  auto* numbers = reinterpret_cast<int64_t*>(buffer->mutable_data());
  for (size_t i = 0; i < files.size(); ++i) numbers[i] = get(files[i]);
  return std::make_shared<arrow::Int64Array>(static_cast<int64_t>(files.size()), std::move(buffer));
}

template <typename Find>
AddRows::ArrayPtr AddRows::Rare(const Files& files, const char* field, Find find) {
  if (std::none_of(files.begin(), files.end(),
                   [&](const FileRow& file) { return static_cast<bool>(find(file)); })) {
    return Empty(files, field, true);
  }
  return Each(files, field, [&](const FileRow& file, auto& to) {
    const auto found = find(file);
    found ? AppendTo(to, *found) : CheckBuilt(to.AppendNull());
  });
}

template <typename Append>
AddRows::ArrayPtr AddRows::Each(const Files& files, const char* field, Append append) {
  const auto& row = static_cast<const arrow::StructType&>(*type_);
  const auto builder = Built(arrow::MakeBuilder(row.GetFieldByName(field)->type()));
  for (const FileRow& file : files) append(file, *builder);
  return Built(builder->Finish());
}

AddRows::ArrayPtr AddRows::Empty(const Files& files, const char* field, bool null) {
  const auto count = static_cast<int64_t>(files.size());
  ArrayPtr& known = empty_[field];
  if (!known || known->length() < count) {
    const auto& row = static_cast<const arrow::StructType&>(*type_);
    const auto builder = Built(arrow::MakeBuilder(row.GetFieldByName(field)->type()));
    CheckBuilt(null ? builder->AppendNulls(count) : builder->AppendEmptyValues(count));
    known = Built(builder->Finish());
  }
  return known->Slice(0, count);
}

}  // namespace lakehouse::storage::delta
