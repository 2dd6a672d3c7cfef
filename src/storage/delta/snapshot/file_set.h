#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "storage/delta/snapshot/file_block.h"
#include "storage/delta/snapshot/shared_order.h"

namespace lakehouse::storage::delta {

/// One file of a set; valid as long as the set and its copies.
struct FileRow {
  const FileBlock* block = nullptr;
  uint32_t row = 0;

  PathText path() const { return block->path(row); }
  int64_t size_bytes() const { return block->size_bytes(row); }
  int64_t modified_ms() const { return block->modified_ms(row); }
  int64_t records() const { return block->records(row); }
  const DeletionVectorPtr& deletion_vector() const { return block->deletion_vector(row); }
  const PartitionValues& partition_values() const { return block->partition_values(row); }
  AddFile Add() const { return block->Add(row); }
  AddFilePtr Share() const { return std::make_shared<const AddFile>(Add()); }
};

/// KeyOf(path), in memory of its own.
struct PathKey {
  PathText path;
  std::string_view view() const { return KeyOf(path.view()); }
};

/// The files of a state in byte order of KeyOf(path), each data file once. What they are is in
/// blocks that copies share. Reading is thread-safe; a set is changed before others see it, and not
/// after.
class FileSet {
 public:
  /// Where the set keeps a file.
  struct Place {
    uint32_t block = 0;
    uint32_t row = 0;
    /// What is held later has a greater place.
    friend auto operator<=>(const Place&, const Place&) = default;
  };

  size_t size() const { return order_.size(); }
  bool empty() const { return order_.empty(); }

  /// By position in the order. Not while loose.
  FileRow at(size_t index) const { return Held(order_.at(index)); }
  std::optional<FileRow> Find(std::string_view key) const;

  /// Gives memory of files that are gone back when they are many. Places are others then.
  void Tidy();
  /// Keeps the files of a range, so that they can be put; the place of the first, and the others
  /// follow it.
  Place Hold(const BlockRange& range);
  FileRow Held(const Place& place) const { return {blocks_[place.block].get(), place.row}; }
  /// In the place of one with the same key, which comes back. `key` is that of the file.
  std::optional<Place> Put(std::string_view key, const Place& place) {
    return order_.Put(key, place, keys());
  }
  void Put(const AddFile& add);
  bool Erase(std::string_view key);

  /// In the place of all that is there; false when a key is there twice.
  [[nodiscard]] bool TakeAll(const std::vector<BlockRange>& ranges);

  /// From here to Settle there is no order, and very many files are put and erased in less time.
  void Loosen() { order_.Loosen(keys()); }
  void Settle();
  bool is_loose() const { return order_.is_loose(); }

  /// The files of one block, by their places in the set's order: that of row i of the block, or
  /// kGone when the row is no file of the set.
  struct BlockFiles {
    static constexpr uint32_t kGone = UINT32_MAX;
    const FileBlock* block = nullptr;
    std::vector<uint32_t> numbers;
  };
  /// What a block says of one column is got for all of its files at once. Not while loose.
  std::vector<BlockFiles> ByBlock() const;

  /// Of the blocks, about.
  size_t memory_bytes() const;

 private:
  using Blocks = std::vector<FileBlockPtr>;
  struct KeyOfRef {
    const Blocks* blocks;
    PathKey Key(const Place& place) const { return {(*blocks)[place.block]->path(place.row)}; }
  };
  using Order = SharedOrder<Place, KeyOfRef>;

  KeyOfRef keys() const { return {&blocks_}; }
  bool MayJoin(const BlockRange& range) const;

  Blocks blocks_;
  size_t held_ = 0;  ///< files in blocks, also those that are gone
  Order order_;

 public:
  class const_iterator {
   public:
    using value_type = FileRow;
    using reference = FileRow;
    using pointer = void;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    const_iterator(const FileSet* set, Order::const_iterator at) : set_(set), at_(at) {}
    FileRow operator*() const { return set_->Held(*at_); }
    const_iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator==(const const_iterator& other) const { return at_ == other.at_; }

   private:
    const FileSet* set_;
    Order::const_iterator at_;
  };
  /// Not while loose.
  const_iterator begin() const { return {this, order_.begin()}; }
  const_iterator end() const { return {this, order_.end()}; }
};

}  // namespace lakehouse::storage::delta
