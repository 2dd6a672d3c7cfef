#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/delta/snapshot/key_order.h"
#include "storage/delta/snapshot/key_table.h"

namespace lakehouse::storage::delta {

/// Items in byte order of a key, in parts that copies share: a copy that differs by few items costs
/// little. `key_of.Key(item)` is the key, unique: a view, or something with view(); it never
/// changes. Reading is thread-safe; a set is changed before others see it, and not after.
template <typename Item, typename KeyOf>
class SharedOrder {
 public:
  SharedOrder() = default;
  /// `items` in order.
  explicit SharedOrder(std::vector<Item> items) : size_(items.size()) {
    for (size_t from = 0; from < items.size(); from += kFilledItems) {
      const size_t to = std::min(from + kFilledItems, items.size());
      auto part = std::make_shared<Part>();
      part->items.assign(std::make_move_iterator(items.begin() + static_cast<std::ptrdiff_t>(from)),
                         std::make_move_iterator(items.begin() + static_cast<std::ptrdiff_t>(to)));
      parts_.push_back(std::move(part));
    }
    Count(0);
  }
  /// From here on both copy a part before they change it.
  SharedOrder(const SharedOrder& other)
      : parts_(other.parts_), starts_(other.starts_), size_(other.size_), loose_(other.loose_) {
    for (const auto& part : parts_) part->shared.store(true, std::memory_order_relaxed);
  }
  SharedOrder(SharedOrder&&) noexcept = default;
  SharedOrder& operator=(const SharedOrder& other) { return *this = SharedOrder(other); }
  SharedOrder& operator=(SharedOrder&&) noexcept = default;
  ~SharedOrder() = default;

  size_t size() const { return loose_ ? loose_->size() : size_; }
  bool empty() const { return size() == 0; }
  bool is_loose() const { return loose_.has_value(); }

  /// By position in the order. Not while loose.
  const Item& at(size_t index) const {
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), index);
    const size_t part = static_cast<size_t>(after - starts_.begin()) - 1;
    return parts_[part]->items[index - starts_[part]];
  }

  /// Null when there is none.
  const Item* Find(std::string_view key, const KeyOf& key_of = KeyOf()) const {
    if (loose_) return loose_->Find(key, key_of);
    if (parts_.empty()) return nullptr;
    const std::vector<Item>& items = parts_[PartOf(key, key_of)]->items;
    const auto found = LowerBound(items, key, key_of);
    return found != items.end() && IsKey(key, *found, key_of) ? &*found : nullptr;
  }

  /// In the place of one with the same key, which comes back. `key` is that of the item.
  std::optional<Item> Put(std::string_view key, Item item, const KeyOf& key_of = KeyOf()) {
    if (loose_) return loose_->Put(key, std::move(item), key_of);
    if (parts_.empty()) parts_.push_back(std::make_shared<Part>());
    const size_t at = PartOf(key, key_of);
    std::vector<Item>& items = Own(at);
    const auto place = LowerBound(items, key, key_of);
    if (place != items.end() && IsKey(key, *place, key_of)) {
      return std::exchange(items[static_cast<size_t>(place - items.begin())], std::move(item));
    }
    items.insert(place, std::move(item));
    ++size_;
    if (items.size() > kPartItems) Split(at);
    Count(at);
    return std::nullopt;
  }

  bool Erase(std::string_view key, const KeyOf& key_of = KeyOf()) {
    if (loose_) return loose_->Erase(key, key_of);
    if (Find(key, key_of) == nullptr) return false;
    const size_t at = PartOf(key, key_of);
    std::vector<Item>& items = Own(at);
    items.erase(LowerBound(items, key, key_of));
    --size_;
    if (items.empty()) parts_.erase(parts_.begin() + static_cast<std::ptrdiff_t>(at));
    Count(at);
    return true;
  }

  /// From here to Settle items have no order, and very many are put and erased in less time.
  void Loosen(const KeyOf& key_of = KeyOf()) {
    if (loose_) return;
    KeyTable<Item, KeyOf> table;
    for (const Item& item : *this) {
      const auto key = key_of.Key(item);
      table.Put(ViewOfKey(key), item, key_of);
    }
    *this = SharedOrder();
    loose_ = std::move(table);
  }
  void Settle(const KeyOf& key_of = KeyOf()) {
    if (!loose_) return;
    std::vector<Item> items = loose_->Take();
    *this = SharedOrder(InKeyOrder(std::move(items), key_of).items);
  }

  class const_iterator {
   public:
    using value_type = Item;
    using reference = const Item&;
    using difference_type = std::ptrdiff_t;
    const_iterator(const SharedOrder* set, size_t part) : set_(set), part_(part) {}
    const Item& operator*() const { return set_->parts_[part_]->items[item_]; }
    const Item* operator->() const { return &**this; }
    const_iterator& operator++() {
      if (++item_ == set_->parts_[part_]->items.size()) {
        ++part_;
        item_ = 0;
      }
      return *this;
    }
    bool operator==(const const_iterator& other) const {
      return part_ == other.part_ && item_ == other.item_;
    }

   private:
    const SharedOrder* set_;
    size_t part_;
    size_t item_ = 0;
  };
  /// Not while loose.
  const_iterator begin() const { return {this, 0}; }
  const_iterator end() const { return {this, parts_.size()}; }

 private:
  static constexpr size_t kPartItems = 512;

  struct Part {
    std::vector<Item> items;  ///< never empty in a set that is not
    std::atomic<bool> shared = false;
  };
  /// Parts are made with room for more.
  static constexpr size_t kFilledItems = kPartItems * 3 / 4;

  static bool IsKey(std::string_view key, const Item& item, const KeyOf& key_of) {
    const auto there = key_of.Key(item);
    return ViewOfKey(there) == key;
  }
  static auto LowerBound(const std::vector<Item>& items, std::string_view key,
                         const KeyOf& key_of) {
    return std::lower_bound(items.begin(), items.end(), key,
                            [&](const Item& item, std::string_view wanted) {
                              const auto there = key_of.Key(item);
                              return ViewOfKey(there) < wanted;
                            });
  }

  /// The part in which `key` is, or belongs. There must be one.
  size_t PartOf(std::string_view key, const KeyOf& key_of) const {
    const auto after =
        std::upper_bound(parts_.begin() + 1, parts_.end(), key,
                         [&](std::string_view wanted, const std::shared_ptr<Part>& part) {
                           const auto first = key_of.Key(part->items.front());
                           return wanted < ViewOfKey(first);
                         });
    return static_cast<size_t>(after - parts_.begin()) - 1;
  }

  /// The part's items, which no other set has.
  std::vector<Item>& Own(size_t at) {
    std::shared_ptr<Part>& part = parts_[at];
    if (part->shared.load(std::memory_order_relaxed)) {
      auto own = std::make_shared<Part>();
      own->items = part->items;
      part = std::move(own);
    }
    return part->items;
  }

  void Split(size_t at) {
    auto upper = std::make_shared<Part>();
    std::vector<Item>& items = parts_[at]->items;
    const auto middle = items.begin() + static_cast<std::ptrdiff_t>(items.size() / 2);
    upper->items.assign(std::make_move_iterator(middle), std::make_move_iterator(items.end()));
    items.erase(middle, items.end());
    parts_.insert(parts_.begin() + static_cast<std::ptrdiff_t>(at) + 1, std::move(upper));
  }

  /// Positions of the parts from `at` on.
  void Count(size_t at) {
    starts_.resize(parts_.size());
    for (size_t i = at; i < parts_.size(); ++i) {
      starts_[i] = i == 0 ? 0 : starts_[i - 1] + parts_[i - 1]->items.size();
    }
  }

  std::vector<std::shared_ptr<Part>> parts_;
  std::vector<size_t> starts_;  ///< position of each part's first item
  size_t size_ = 0;
  std::optional<KeyTable<Item, KeyOf>> loose_;  ///< between Loosen and Settle
};

}  // namespace lakehouse::storage::delta
