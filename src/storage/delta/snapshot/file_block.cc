#include "storage/delta/snapshot/file_block.h"

#include <utility>

namespace lakehouse::storage::delta {
namespace {

/// In the place of a number that is not there.
constexpr int64_t kNone = INT64_MIN;

int64_t NumberOrNone(const std::optional<int64_t>& number) { return number.value_or(kNone); }

const PartitionValues kNoPartitions;
const Tags kNoTags;

}  // namespace

const DeletionVectorPtr FileBlock::kNoVector;

std::optional<int64_t> FileBlock::NumberAt(const PackedNumbers& numbers, size_t row) {
  const int64_t number = numbers.at(row);
  return number == kNone ? std::nullopt : std::optional(number);
}

AddFile FileBlock::Add(size_t row) const {
  AddFile add;
  add.path = path(row).view();
  add.size_bytes = size_bytes(row);
  add.modified_ms = modified_ms(row);
  add.data_change = data_changes_.at(row) != 0;
  add.partition_values = partition_values(row);
  add.stats = stats_.Text(row);
  add.tags = tags(row);
  add.clustering_provider = clustering_provider(row);
  add.deletion_vector = deletion_vector(row);
  add.base_row_id = base_row_id(row);
  add.default_row_commit_version = default_row_commit_version(row);
  return add;
}

size_t FileBlock::memory_bytes() const {
  size_t bytes = sizeof(*this) + paths_.memory_bytes() + stats_.memory_bytes();
  for (const PackedNumbers* numbers :
       {&sizes_, &times_, &data_changes_, &row_ids_, &row_versions_, &partition_of_, &labels_of_}) {
    bytes += numbers->memory_bytes();
  }
  return bytes + vectors_.capacity() * sizeof(DeletionVectorPtr);
}

template <typename Item>
int64_t FileBlockBuilder::Dictionary<Item>::PlaceOf(const Item& item) {
  if (last >= 0 && *items[static_cast<size_t>(last)] == item) return last;
  const auto [place, is_new] = known.emplace(item, static_cast<int64_t>(items.size()));
  if (is_new) items.push_back(std::make_shared<const Item>(item));
  return last = place->second;
}

bool FileBlockBuilder::TryAdd(const AddView& add) {
  if (add.stats_escaped) {
    if (!stats_.AddEscaped(add.stats)) return false;
  } else {
    stats_.Add(add.stats);
  }
  AddBare(add);
  return true;
}

void FileBlockBuilder::AddBare(const AddView& add) {
  paths_.Add(add.path);
  numbers_.sizes.push_back(add.size_bytes);
  numbers_.times.push_back(add.modified_ms);
  numbers_.data_changes.push_back(add.data_change ? 1 : 0);
  numbers_.row_ids.push_back(NumberOrNone(add.base_row_id));
  numbers_.row_versions.push_back(NumberOrNone(add.default_row_commit_version));
  partitions_.places.push_back(
      partitions_.PlaceOf(add.partition_values ? *add.partition_values : kNoPartitions));
  const bool bare = (!add.tags || add.tags->empty()) && add.clustering_provider.empty();
  const bool as_before =
      bare && labels_.last >= 0 && *labels_.items[static_cast<size_t>(labels_.last)] == Labels{};
  labels_.places.push_back(as_before ? labels_.last
                                     : labels_.PlaceOf({add.tags ? *add.tags : kNoTags,
                                                        std::string(add.clustering_provider)}));
  if (add.deletion_vector && vectors_.empty()) vectors_.resize(size() - 1);
  if (add.deletion_vector || !vectors_.empty()) vectors_.push_back(add.deletion_vector);
}

void FileBlockBuilder::Add(const AddView& add) { (void)TryAdd(add); }

void FileBlockBuilder::Add(const AddFile& add) {
  AddView view;
  view.path = add.path;
  view.size_bytes = add.size_bytes;
  view.modified_ms = add.modified_ms;
  view.data_change = add.data_change;
  view.partition_values = &add.partition_values;
  view.stats = add.stats;
  view.tags = &add.tags;
  view.clustering_provider = add.clustering_provider;
  view.deletion_vector = add.deletion_vector;
  view.base_row_id = add.base_row_id;
  view.default_row_commit_version = add.default_row_commit_version;
  Add(view);
}

FileBlockPtr FileBlockBuilder::Finish() { return Join(FinishBare(), stats_.Finish()); }

FileBlockPtr FileBlockBuilder::Join(std::unique_ptr<FileBlock> bare, PackedStats stats) {
  bare->stats_ = std::move(stats);
  return bare;
}

std::unique_ptr<FileBlock> FileBlockBuilder::FinishBare() {
  auto block = std::make_unique<FileBlock>();
  block->size_ = size();
  block->paths_ = paths_.Finish();
  block->sizes_ = PackedNumbers(numbers_.sizes);
  block->times_ = PackedNumbers(numbers_.times);
  block->data_changes_ = PackedNumbers(numbers_.data_changes);
  block->row_ids_ = PackedNumbers(numbers_.row_ids);
  block->row_versions_ = PackedNumbers(numbers_.row_versions);
  block->partition_of_ = PackedNumbers(partitions_.places);
  block->labels_of_ = PackedNumbers(labels_.places);
  block->partitions_ = std::move(partitions_.items);
  block->labels_ = std::move(labels_.items);
  block->vectors_ = std::move(vectors_);
  for (std::vector<int64_t>* numbers : {&numbers_.sizes, &numbers_.times, &numbers_.data_changes,
                                        &numbers_.row_ids, &numbers_.row_versions}) {
    numbers->clear();
  }
  partitions_ = {};
  labels_ = {};
  vectors_ = {};
  return block;
}

std::vector<BlockRange> BlocksOf(const std::vector<AddFilePtr>& adds) {
  std::vector<BlockRange> blocks;
  FileBlockBuilder builder;
  for (const AddFilePtr& add : adds) {
    builder.Add(*add);
    const bool last = &add == &adds.back();
    if (builder.size() < FileBlockBuilder::kFullRows && !last) continue;
    const FileBlockPtr block = builder.Finish();
    blocks.push_back({block, 0, static_cast<uint32_t>(block->size())});
  }
  return blocks;
}

}  // namespace lakehouse::storage::delta
