#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace lakehouse::storage::delta {

/// The first eight bytes of `key` behind `from`, as a number in the order of the bytes.
inline uint64_t HeadOf(std::string_view key, size_t from) {
  uint64_t head = 0;
  for (size_t i = 0; i < sizeof(head); ++i) {
    const size_t at = from + i;
    head = head << 8 | (at < key.size() ? static_cast<unsigned char>(key[at]) : 0);
  }
  return head;
}

/// How many bytes all keys begin with alike.
template <typename Item, typename KeyOfItem>
size_t CommonPrefix(const std::vector<Item>& items) {
  if (items.empty()) return 0;
  const std::string_view first = KeyOfItem::Key(items.front());
  size_t common = first.size();
  for (const Item& item : items) {
    const std::string_view key = KeyOfItem::Key(item);
    common = std::min(common, key.size());
    while (common > 0 && key.substr(0, common) != first.substr(0, common)) --common;
  }
  return common;
}

/// The items in byte order of their keys. Sorted by the eight bytes behind what all keys have in
/// common, and only where these are equal by the keys: most comparisons then touch no item.
template <typename Item, typename KeyOfItem>
std::vector<Item> InKeyOrder(std::vector<Item> items) {
  struct Entry {
    uint64_t head;
    Item* item;
  };
  const size_t common = CommonPrefix<Item, KeyOfItem>(items);
  std::vector<Entry> entries;
  entries.reserve(items.size());
  for (Item& item : items) entries.push_back({HeadOf(KeyOfItem::Key(item), common), &item});
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.head != b.head ? a.head < b.head : KeyOfItem::Key(*a.item) < KeyOfItem::Key(*b.item);
  });
  std::vector<Item> sorted;
  sorted.reserve(items.size());
  for (const Entry& entry : entries) sorted.push_back(std::move(*entry.item));
  return sorted;
}

}  // namespace lakehouse::storage::delta
