#pragma once

#include <algorithm>
#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "storage/delta/snapshot/common_bytes.h"
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
    if (entries.size() >= kMany) {
      items = SortByTwo(all);
      return {std::move(items), has_twins_};
    }
    const size_t common = CommonPrefix(all);
    Look(all, common);
    SortByHead(all, common);
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
  static constexpr size_t kSamples = 1000;
  /// Keys that have more in common are compared whole.
  static constexpr size_t kDeepest = 1024;
  static constexpr auto kByHead = [](const Entry& a, const Entry& b) { return a.head < b.head; };

  static uint64_t HeadOf(std::string_view key, size_t from) {
    uint64_t head = 0;
    if (from + sizeof(head) <= key.size()) return __builtin_bswap64(EightBytes(key.data() + from));
    for (size_t i = 0; i < sizeof(head); ++i) {
      const size_t at = from + i;
      head = head << 8 | (at < key.size() ? static_cast<unsigned char>(key[at]) : 0);
    }
    return head;
  }

  /// How many bytes the keys of every `step`th entry begin with alike.
  size_t CommonPrefix(std::span<const Entry> entries, size_t step = 1) const {
    if (entries.empty()) return 0;
    const auto first_key = key_of_.Key(entries.front().item);
    const std::string_view first = ViewOfKey(first_key);
    size_t common = first.size();
    for (size_t i = 0; i < entries.size(); i += step) {
      const auto other_key = key_of_.Key(entries[i].item);
      common = std::min(common, CommonBytes(ViewOfKey(other_key), first.substr(0, common)));
    }
    return common;
  }

  /// Two threads do the work: each sorts a half, then each merges what belongs to one side.
  std::vector<Item> SortByTwo(std::span<Entry> all) {
    const size_t middle = all.size() / 2;
    const std::span<Entry> halves[] = {all.first(middle), all.subspan(middle)};
    // What some keys have in common nearly always all have.
    size_t common = CommonPrefix(all, all.size() / kSamples);
    const auto first_key = key_of_.Key(all.front().item);
    std::atomic<bool> alike = true;
    ForEachInParallel(2, 2, [&](size_t half) {
      if (!Look(halves[half], common, ViewOfKey(first_key).substr(0, common))) alike = false;
    });
    if (!alike) {
      common = CommonPrefix(all);
      ForEachInParallel(2, 2, [&](size_t half) { Look(halves[half], common); });
    }
    ForEachInParallel(2, 2, [&](size_t half) { SortByHead(halves[half], common); });
    return Merged(halves[0], halves[1]);
  }

  std::vector<Item> Merged(std::span<Entry> a, std::span<Entry> b) {
    const size_t in_a = a.size() / 2;
    const auto split =
        std::lower_bound(b.begin(), b.end(), a[in_a],
                         [&](const Entry& x, const Entry& y) { return Compare(x, y) < 0; });
    const auto in_b = static_cast<size_t>(split - b.begin());
    std::vector<Item> items(a.size() + b.size());
    const std::span<Item> to(items);
    ForEachInParallel(2, 2, [&](size_t side) {
      if (side == 0) {
        Merge(a.first(in_a), b.first(in_b), to.first(in_a + in_b));
      } else {
        Merge(a.subspan(in_a), b.subspan(in_b), to.subspan(in_a + in_b));
      }
    });
    return items;
  }

  void Merge(std::span<Entry> a, std::span<Entry> b, std::span<Item> to) {
    size_t at_a = 0, at_b = 0;
    for (Item& item : to) {
      bool from_a = at_b == b.size();
      if (!from_a && at_a < a.size()) {
        const auto order = Compare(a[at_a], b[at_b]);
        if (order == 0) has_twins_ = true;
        from_a = order <= 0;
      }
      item = std::move(from_a ? a[at_a++].item : b[at_b++].item);
    }
  }

  /// Of entries whose heads are of the same depth, and that have in common what is before.
  std::strong_ordering Compare(const Entry& a, const Entry& b) const {
    if (a.head != b.head) return a.head <=> b.head;
    const auto key_of_a = key_of_.Key(a.item);
    const auto key_of_b = key_of_.Key(b.item);
    return ViewOfKey(key_of_a) <=> ViewOfKey(key_of_b);
  }

  /// False when a key does not begin with `prefix`.
  bool Look(std::span<Entry> entries, size_t depth, std::string_view prefix = {}) const {
    for (Entry& entry : entries) {
      const auto key = key_of_.Key(entry.item);
      if (!ViewOfKey(key).starts_with(prefix)) return false;
      entry.head = HeadOf(ViewOfKey(key), depth);
    }
    return true;
  }

  /// Sorts by the heads, and where they are equal by what comes behind them. Heads stay.
  void SortByHead(std::span<Entry> entries, size_t depth) {
    std::sort(entries.begin(), entries.end(), kByHead);
    for (size_t from = 0, to = 0; from < entries.size(); from = to) {
      const uint64_t head = entries[from].head;
      while (to < entries.size() && entries[to].head == head) ++to;
      if (to - from == 1) continue;
      SortDeeper(entries.subspan(from, to - from), depth + sizeof(uint64_t));
      for (size_t i = from; i < to; ++i) entries[i].head = head;
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
