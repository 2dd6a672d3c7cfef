#include "storage/delta/snapshot/file_set.h"

#include <utility>

namespace lakehouse::storage::delta {
namespace {

/// A block with fewer files is made anew when some more come.
constexpr size_t kSmallRows = 128;
/// Files that are gone take memory until they are as many as those that are there, and these more.
constexpr size_t kGarbageRows = 64 << 10;

/// Blocks with the files of both.
FileBlockPtr Joined(const FileBlock& first, const BlockRange& second) {
  FileBlockBuilder builder;
  for (size_t row = 0; row < first.size(); ++row) builder.Add(first.Add(row));
  for (size_t row = second.begin; row < second.end; ++row) builder.Add(second.block->Add(row));
  return builder.Finish();
}

}  // namespace

std::optional<FileRow> FileSet::Find(std::string_view key) const {
  const Place* found = order_.Find(key, keys());
  return found == nullptr ? std::nullopt : std::optional(Held(*found));
}

bool FileSet::MayJoin(const BlockRange& range) const {
  return !is_loose() && !blocks_.empty() &&
         blocks_.back()->size() + (range.end - range.begin) <= kSmallRows;
}

FileSet::Place FileSet::Hold(const BlockRange& range) {
  if (!blocks_.empty() && blocks_.back() == range.block) {
    return {static_cast<uint32_t>(blocks_.size()) - 1, range.begin};
  }
  const auto place = static_cast<uint32_t>(blocks_.size());
  if (MayJoin(range)) {
    const auto row = static_cast<uint32_t>(blocks_.back()->size());
    held_ += range.end - range.begin;
    blocks_.back() = Joined(*blocks_.back(), range);
    return {place - 1, row};
  }
  held_ += range.block->size();
  blocks_.push_back(range.block);
  return {place, range.begin};
}

void FileSet::Put(const AddFile& add) {
  FileBlockBuilder builder;
  builder.Add(add);
  Put(KeyOf(add.path), Hold({builder.Finish(), 0, 1}));
}

bool FileSet::Erase(std::string_view key) { return order_.Erase(key, keys()); }

bool FileSet::TakeAll(const std::vector<BlockRange>& ranges) {
  *this = FileSet();
  std::vector<Place> places;
  for (const BlockRange& range : ranges) {
    if (blocks_.empty() || blocks_.back() != range.block) {
      held_ += range.block->size();
      blocks_.push_back(range.block);
    }
    const auto block = static_cast<uint32_t>(blocks_.size()) - 1;
    for (uint32_t row = range.begin; row < range.end; ++row) places.push_back({block, row});
  }
  InOrder<Place> ordered = InKeyOrder(std::move(places), keys());
  order_ = Order(std::move(ordered.items));
  return !ordered.has_twins;
}

void FileSet::Settle() {
  order_.Settle(keys());
  Tidy();
}

void FileSet::Tidy() {
  if (is_loose() || held_ <= size() * 2 + kGarbageRows) return;
  Blocks blocks;
  std::vector<Place> places;
  FileBlockBuilder builder;
  places.reserve(size());
  for (const FileRow& file : *this) {
    places.push_back({static_cast<uint32_t>(blocks.size()), static_cast<uint32_t>(builder.size())});
    builder.Add(file.Add());
    if (builder.size() == FileBlockBuilder::kFullRows) blocks.push_back(builder.Finish());
  }
  if (builder.size() > 0) blocks.push_back(builder.Finish());
  held_ = places.size();
  blocks_ = std::move(blocks);
  order_ = Order(std::move(places));
}

std::vector<FileSet::BlockFiles> FileSet::ByBlock() const {
  std::vector<BlockFiles> all(blocks_.size());
  for (size_t i = 0; i < blocks_.size(); ++i) {
    all[i] = {blocks_[i].get(), std::vector<uint32_t>(blocks_[i]->size(), BlockFiles::kGone)};
  }
  uint32_t number = 0;
  for (auto place = order_.begin(); !(place == order_.end()); ++place) {
    all[place->block].numbers[place->row] = number++;
  }
  return all;
}

size_t FileSet::memory_bytes() const {
  size_t bytes = size() * sizeof(Place);
  for (const FileBlockPtr& block : blocks_) bytes += block->memory_bytes();
  return bytes;
}

}  // namespace lakehouse::storage::delta
