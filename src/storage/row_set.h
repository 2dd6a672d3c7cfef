#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::storage {

/// Positions of rows in one data file, counted from 0 in the order of the file. Compressed
/// (roaring): a run of any length costs a few bytes, so a set is never expanded to a list. Not
/// thread-safe while it changes.
class RowSet {
 public:
  RowSet();
  RowSet(const RowSet& other);
  RowSet(RowSet&&) noexcept;
  RowSet& operator=(const RowSet& other);
  RowSet& operator=(RowSet&&) noexcept;
  ~RowSet();

  /// Adds `rows` and returns how many of them were new.
  int64_t Add(std::span<const uint64_t> rows);
  /// Adds all rows of `other` and returns how many of them were new.
  int64_t Unite(const RowSet& other);
  void Subtract(const RowSet& other);
  /// Those of the rows 0 to count - 1 that are not in this set.
  RowSet Complement(uint64_t count) const;

  /// For each row of this set, which shares none with `gone`, how many rows before it are not in
  /// `gone`: its position once those are taken out. Ascending.
  std::vector<uint64_t> PlacesWithout(const RowSet& gone) const;

  bool Contains(uint64_t row) const;
  bool Intersects(const RowSet& other) const;
  int64_t size() const;
  bool empty() const;
  /// Fills `kept` with those i of 0 to count - 1 for which first + i is not in the set; false, and
  /// `kept` is left alone, when all are kept. For filters of scans.
  bool Exclude(uint64_t first, uint32_t count, std::vector<uint32_t>& kept) const;

  /// The portable 64-bit form of the RoaringFormatSpec: number of buckets (8 bytes), then for each
  /// bucket its key (4 bytes) and a 32-bit bitmap; little-endian.
  std::string ToPortable() const;
  /// The reverse. Nothing for bytes that are not exactly such a form; they are checked to the last
  /// one, so those of anybody may be given.
  static std::optional<RowSet> FromPortable(std::string_view bytes);

  friend bool operator==(const RowSet& a, const RowSet& b);

 private:
  struct Bitmap;
  std::unique_ptr<Bitmap> bitmap_;
};

}  // namespace lakehouse::storage
