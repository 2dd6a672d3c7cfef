#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/delta/checkpoint/reused_memory.h"
#include "storage/delta/checkpoint/stats_columns.h"
#include "storage/delta/checkpoint/stats_texts.h"
#include "storage/delta/snapshot/file_set.h"

namespace lakehouse::storage::delta {

/// What the column `add` of a checkpoint has beside the fields that every one has.
struct AddFormat {
  bool stats_text = true;                     ///< `stats`
  std::optional<StatsColumns> stats_columns;  ///< `stats_parsed`
  std::vector<std::string> partition_names;   ///< of `partitionValues_parsed`; physical ones
  std::vector<DataTypePtr> partition_types;
  std::string partition_time_zone;  ///< that of StorageContext
};

/// Makes the rows of the column `add`, field by field: there may be millions. Not thread-safe.
class AddRows {
 public:
  explicit AddRows(AddFormat format);
  ~AddRows();
  const std::shared_ptr<arrow::DataType>& type() const { return type_; }
  /// A row for each of `files`, whose set lives as long as this. An array must be gone before the
  /// next but one is made, or costs memory of its own.
  std::shared_ptr<arrow::Array> Make(const std::vector<FileRow>& files);

 private:
  using ArrayPtr = std::shared_ptr<arrow::Array>;
  using Files = std::vector<FileRow>;

  ArrayPtr Paths(const Files& files);
  ArrayPtr StatsText(const Files& files);
  ArrayPtr StatsStruct(const Files& files);
  ArrayPtr PartitionStruct(const Files& files);
  template <typename Get>
  ArrayPtr Numbers(const Files& files, ReusedMemory& memory, Get get);
  /// A field that most files have no value of: `find` gives a pointer to it, or something like one.
  template <typename Find>
  ArrayPtr Rare(const Files& files, const char* field, Find find);
  template <typename Append>
  ArrayPtr Each(const Files& files, const char* field, Append append);
  /// Rows of a field that all have nothing.
  ArrayPtr Empty(const Files& files, const char* field, bool null);
  const StatsTexts& TextsOf(const FileBlock& block);

  const AddFormat format_;
  const std::shared_ptr<arrow::DataType> type_;
  TextColumn paths_, stats_;
  ReusedMemory sizes_, times_;
  std::unordered_map<std::string, ArrayPtr> empty_;  ///< by field: long enough so far
  std::unordered_map<const FileBlock*, StatsTexts> texts_;
};

}  // namespace lakehouse::storage::delta
