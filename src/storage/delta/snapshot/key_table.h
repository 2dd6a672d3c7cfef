#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/delta/snapshot/key_order.h"

namespace lakehouse::storage::delta {

/// Items without an order, found by their keys: an open table of places in a list. Keys are got
/// from the items, so that they need no memory here. Fewer than 2^32 items.
template <typename Item, typename KeyOf>
class KeyTable {
 public:
  size_t size() const { return items_.size() - holes_.size(); }

  const Item* Find(std::string_view key, const KeyOf& key_of) const {
    const size_t slot = SlotOf(key, key_of);
    return slot == kNowhere ? nullptr : &items_[slots_[slot].place - kFirst];
  }

  /// In the place of one with the same key, which comes back.
  std::optional<Item> Put(std::string_view key, Item item, const KeyOf& key_of) {
    const size_t there = SlotOf(key, key_of);
    if (there != kNowhere) {
      return std::exchange(items_[slots_[there].place - kFirst], std::move(item));
    }
    if ((used_ + 1) * 10 > slots_.size() * 7) Grow();
    uint32_t place = static_cast<uint32_t>(items_.size());
    if (holes_.empty()) {
      items_.push_back(std::move(item));
    } else {
      place = holes_.back();
      holes_.pop_back();
      items_[place] = std::move(item);
    }
    PutSlot({TagOf(key), place + kFirst});
    return std::nullopt;
  }

  bool Erase(std::string_view key, const KeyOf& key_of) {
    const size_t slot = SlotOf(key, key_of);
    if (slot == kNowhere) return false;
    const uint32_t place = slots_[slot].place - kFirst;
    items_[place] = Item();
    holes_.push_back(place);
    slots_[slot].place = kGone;
    return true;
  }

  /// All items, in no order; the table is empty then.
  std::vector<Item> Take() {
    slots_ = {};
    std::sort(holes_.begin(), holes_.end(), std::greater<>());
    for (const uint32_t hole : holes_) {
      if (hole + 1 != items_.size()) items_[hole] = std::move(items_.back());
      items_.pop_back();
    }
    holes_ = {};
    used_ = 0;
    return std::exchange(items_, {});
  }

 private:
  struct Slot {
    uint32_t tag = 0;    ///< half of the key's hash, which says where to look
    uint32_t place = 0;  ///< kFree, kGone, or kFirst + place in items_
  };
  static constexpr uint32_t kFree = 0;
  static constexpr uint32_t kGone = 1;
  static constexpr uint32_t kFirst = 2;
  static constexpr size_t kNowhere = SIZE_MAX;

  static uint32_t TagOf(std::string_view key) {
    return static_cast<uint32_t>(std::hash<std::string_view>()(key));
  }

  size_t SlotOf(std::string_view key, const KeyOf& key_of) const {
    if (slots_.empty()) return kNowhere;
    const uint32_t tag = TagOf(key);
    const size_t mask = slots_.size() - 1;
    for (size_t at = tag & mask;; at = (at + 1) & mask) {
      const Slot& slot = slots_[at];
      if (slot.place == kFree) return kNowhere;
      if (slot.place == kGone || slot.tag != tag) continue;
      const auto there = key_of.Key(items_[slot.place - kFirst]);
      if (ViewOfKey(there) == key) return at;
    }
  }

  void PutSlot(Slot slot) {
    const size_t mask = slots_.size() - 1;
    size_t at = slot.tag & mask;
    while (slots_[at].place >= kFirst) at = (at + 1) & mask;
    if (slots_[at].place == kFree) ++used_;
    slots_[at] = slot;
  }

  void Grow() {
    const size_t wanted = std::max<size_t>(size() * 2, 1024);
    std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(std::bit_ceil(wanted)));
    used_ = 0;
    for (const Slot& slot : old) {
      if (slot.place >= kFirst) PutSlot(slot);
    }
  }

  std::vector<Slot> slots_;
  std::vector<Item> items_;
  std::vector<uint32_t> holes_;  ///< places in items_ that are free
  size_t used_ = 0;              ///< slots that are not free
};

}  // namespace lakehouse::storage::delta
