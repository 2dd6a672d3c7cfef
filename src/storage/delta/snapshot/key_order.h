#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "storage/parallel.h"

namespace lakehouse::storage::delta {

/// The text of what Key() gives.
template <typename Key>
std::string_view ViewOfKey(const Key& key) {
  if constexpr (std::is_convertible_v<Key, std::string_view>) {
    return key;
  } else {
    return key.view();
  }
}

template <typename Item>
struct InOrder {
  std::vector<Item> items;
  bool has_twins = false;  ///< a key is there twice
};

/// Puts items in byte order of their keys, eight bytes of these at a time: a key may be costly to
/// get, and most comparisons touch none. `key_of.Key(item)` is something with view(), or a view.
template <typename Item, typename KeyOf>
class KeySorter {
 public:
  explicit KeySorter(const KeyOf& key_of) : key_of_(key_of) {}

  InOrder<Item> Sort(std::vector<Item> items) {
    std::vector<Entry> entries;
    entries.reserve(items.size());
    for (Item& item : items) entries.push_back({0, std::move(item)});
    items = {};
    std::span<Entry> all(entries);
    if (entries.size() < kMany) {
      const size_t common = CommonPrefix(all);
      Look(all, common);
      SortByHead(all, common);
    } else {
      SortByTwo(all);
    }
    items.reserve(entries.size());
    for (Entry& entry : entries) items.push_back(std::move(entry.item));
    return {std::move(items), has_twins_};
  }

 private:
  struct Entry {
    uint64_t head;  ///< the eight bytes of the key that are looked at, as a number in their order
    Item item;
  };
  /// Fewer are sorted by one thread.
  static constexpr size_t kMany = 100'000;
  /// Keys that have more in common are compared whole.
  static constexpr size_t kDeepest = 1024;
  static constexpr auto kByHead = [](const Entry& a, const Entry& b) { return a.head < b.head; };

  static uint64_t HeadOf(std::string_view key, size_t from) {
    uint64_t head = 0;
    for (size_t i = 0; i < sizeof(head); ++i) {
      const size_t at = from + i;
      head = head << 8 | (at < key.size() ? static_cast<unsigned char>(key[at]) : 0);
    }
    return head;
  }

  /// How many bytes the keys begin with alike, and like that of `like`.
  size_t CommonPrefix(std::span<const Entry> entries, const Item* like = nullptr) const {
    if (entries.empty()) return 0;
    const auto first_key = key_of_.Key(like != nullptr ? *like : entries.front().item);
    const std::string_view first = ViewOfKey(first_key);
    size_t common = first.size();
    for (const Entry& entry : entries) {
      const auto other_key = key_of_.Key(entry.item);
      const std::string_view key = ViewOfKey(other_key);
      common = std::min(common, key.size());
      while (common > 0 && key.substr(0, common) != first.substr(0, common)) --common;
    }
    return common;
  }

  /// Two threads do the work.
  void SortByTwo(std::span<Entry> all) {
    const size_t middle = all.size() / 2;
    const std::span<Entry> halves[] = {all.first(middle), all.subspan(middle)};
    size_t alike[2];
    ForEachInParallel(
        2, 2, [&](size_t half) { alike[half] = CommonPrefix(halves[half], &all.front().item); });
    const size_t common = std::min(alike[0], alike[1]);
    ForEachInParallel(2, 2, [&](size_t half) { Look(halves[half], common); });
    std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(middle), all.end(),
                     kByHead);
    // What is equal must not be parted.
    const uint64_t head = all[middle].head;
    const auto upper = std::partition(all.begin(), all.end(),
                                      [&](const Entry& entry) { return entry.head < head; });
    const auto below = static_cast<size_t>(upper - all.begin());
    const std::span<Entry> sides[] = {all.first(below), all.subspan(below)};
    ForEachInParallel(2, 2, [&](size_t side) { SortByHead(sides[side], common); });
  }

  void Look(std::span<Entry> entries, size_t depth) const {
    for (Entry& entry : entries) {
      const auto key = key_of_.Key(entry.item);
      entry.head = HeadOf(ViewOfKey(key), depth);
    }
  }

  /// Sorts by the heads, and where they are equal by what comes behind them.
  void SortByHead(std::span<Entry> entries, size_t depth) {
    std::sort(entries.begin(), entries.end(), kByHead);
    for (size_t from = 0, to = 0; from < entries.size(); from = to) {
      while (to < entries.size() && entries[to].head == entries[from].head) ++to;
      if (to - from > 1) SortDeeper(entries.subspan(from, to - from), depth + sizeof(uint64_t));
    }
  }

  void SortDeeper(std::span<Entry> entries, size_t depth) {
    constexpr size_t kFew = 8;
    if (entries.size() > kFew && depth < kDeepest) {
      Look(entries, depth);
      SortByHead(entries, depth);
      return;
    }
    std::sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
      const auto key_of_a = key_of_.Key(a.item);
      const auto key_of_b = key_of_.Key(b.item);
      return ViewOfKey(key_of_a) < ViewOfKey(key_of_b);
    });
    for (size_t i = 1; i < entries.size(); ++i) {
      const auto key_of_a = key_of_.Key(entries[i - 1].item);
      const auto key_of_b = key_of_.Key(entries[i].item);
      if (ViewOfKey(key_of_a) == ViewOfKey(key_of_b)) has_twins_ = true;
    }
  }

  const KeyOf& key_of_;
  std::atomic<bool> has_twins_ = false;
};

/// The items in byte order of their keys.
template <typename Item, typename KeyOf>
InOrder<Item> InKeyOrder(std::vector<Item> items, const KeyOf& key_of) {
  return KeySorter<Item, KeyOf>(key_of).Sort(std::move(items));
}

}  // namespace lakehouse::storage::delta
