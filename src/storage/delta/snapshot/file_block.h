#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/delta/log/actions.h"
#include "storage/delta/snapshot/packed_numbers.h"
#include "storage/delta/snapshot/packed_paths.h"
#include "storage/delta/snapshot/packed_stats.h"

namespace lakehouse::storage::delta {

/// What an add action says, in the memory that it was read from.
struct AddView {
  std::string_view path;  ///< decoded
  int64_t size_bytes = 0;
  int64_t modified_ms = 0;
  bool data_change = true;
  const PartitionValues* partition_values = nullptr;  ///< null: none
  std::string_view stats;
  bool stats_escaped = false;  ///< `stats` stands so between the quotes of a JSON text
  const Tags* tags = nullptr;  ///< null: none
  std::string_view clustering_provider;
  DeletionVectorPtr deletion_vector;
  std::optional<int64_t> base_row_id, default_row_commit_version;
};

/// Up to some thousand files in little memory: about 50 bytes each where their names have a UUID
/// and their statistics are alike. Never changes; thread-safe.
class FileBlock {
 public:
  size_t size() const { return size_; }

  PathText path(size_t row) const { return paths_.at(row); }
  int64_t size_bytes(size_t row) const { return sizes_.at(row); }
  int64_t modified_ms(size_t row) const { return times_.at(row); }
  /// numRecords of the statistics, or -1.
  int64_t records(size_t row) const { return stats_.Records(row); }
  const DeletionVectorPtr& deletion_vector(size_t row) const {
    return vectors_.empty() ? kNoVector : vectors_[row];
  }
  const PartitionValues& partition_values(size_t row) const {
    return *partitions_[static_cast<size_t>(partition_of_.at(row))];
  }
  const PackedStats& stats() const { return stats_; }
  const Tags& tags(size_t row) const { return LabelsOf(row).tags; }
  const std::string& clustering_provider(size_t row) const {
    return LabelsOf(row).clustering_provider;
  }
  std::optional<int64_t> base_row_id(size_t row) const { return NumberAt(row_ids_, row); }
  std::optional<int64_t> default_row_commit_version(size_t row) const {
    return NumberAt(row_versions_, row);
  }
  /// Everything.
  AddFile Add(size_t row) const;

  size_t memory_bytes() const;

 private:
  friend class FileBlockBuilder;
  struct Labels {
    Tags tags;
    std::string clustering_provider;
    friend bool operator==(const Labels&, const Labels&) = default;
    friend auto operator<=>(const Labels&, const Labels&) = default;
  };
  static const DeletionVectorPtr kNoVector;

  const Labels& LabelsOf(size_t row) const {
    return *labels_[static_cast<size_t>(labels_of_.at(row))];
  }
  static std::optional<int64_t> NumberAt(const PackedNumbers& numbers, size_t row);

  size_t size_ = 0;
  PackedPaths paths_;
  PackedNumbers sizes_, times_, data_changes_;
  PackedNumbers row_ids_, row_versions_;  ///< a number of its own where there is none
  PackedNumbers partition_of_, labels_of_;
  std::vector<std::shared_ptr<const PartitionValues>> partitions_;  ///< those that are there
  std::vector<std::shared_ptr<const Labels>> labels_;
  std::vector<DeletionVectorPtr> vectors_;  ///< empty when no file has one
  PackedStats stats_;
};
using FileBlockPtr = std::shared_ptr<const FileBlock>;

/// Makes blocks, one after the other. Not thread-safe.
class FileBlockBuilder {
 public:
  /// A block with more is begun by who adds.
  static constexpr size_t kFullRows = 1024;

  size_t size() const { return numbers_.sizes.size(); }
  void Add(const AddView& add);
  void Add(const AddFile& add);
  /// False, with nothing added, when the statistics are escaped and of no known shape: they must
  /// be added in their plain form.
  bool TryAdd(const AddView& add);
  /// Leaves the builder empty.
  FileBlockPtr Finish();

  /// For a block whose statistics are packed elsewhere: everything else, and the block of it.
  void AddBare(const AddView& add);
  std::unique_ptr<FileBlock> FinishBare();
  /// With the statistics of as many files, in the same order.
  static FileBlockPtr Join(std::unique_ptr<FileBlock> bare, PackedStats stats);

 private:
  using Labels = FileBlock::Labels;
  /// Gives equal values one place.
  template <typename Item>
  struct Dictionary {
    int64_t PlaceOf(const Item& item);
    std::map<Item, int64_t> known;
    std::vector<std::shared_ptr<const Item>> items;
    std::vector<int64_t> places;
    int64_t last = -1;
  };

  struct Numbers {
    std::vector<int64_t> sizes, times, data_changes, row_ids, row_versions;
  };
  PathPacker paths_;
  StatsPacker stats_;
  Numbers numbers_;
  Dictionary<PartitionValues> partitions_;
  Dictionary<Labels> labels_;
  std::vector<DeletionVectorPtr> vectors_;
};

/// The files of a list in blocks.
std::vector<BlockRange> BlocksOf(const std::vector<AddFilePtr>& adds);

}  // namespace lakehouse::storage::delta
