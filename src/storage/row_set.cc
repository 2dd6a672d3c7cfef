#include "storage/row_set.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <roaring/roaring.hh>
#include <utility>

#include "storage/roaring_form.h"

namespace lakehouse::storage {
namespace {

constexpr uint64_t kBucketRows = uint64_t{1} << 32;

uint32_t KeyOf(uint64_t row) { return static_cast<uint32_t>(row >> 32); }
uint32_t PlaceOf(uint64_t row) { return static_cast<uint32_t>(row); }

template <typename Number>
void AppendNumber(std::string& bytes, Number number) {
  for (size_t i = 0; i < sizeof(Number); ++i) {
    bytes += static_cast<char>(static_cast<uint64_t>(number) >> (8 * i));
  }
}

}  // namespace

/// Bitmaps of 2^32 rows each, by the upper half of the row's number; none is empty.
struct RowSet::Bitmap {
  std::map<uint32_t, Roaring> buckets;

  void DropIfEmpty(uint32_t key) {
    const auto found = buckets.find(key);
    if (found != buckets.end() && found->second.isEmpty()) buckets.erase(found);
  }
};

RowSet::RowSet() : bitmap_(std::make_unique<Bitmap>()) {}
RowSet::RowSet(const RowSet& other) : bitmap_(std::make_unique<Bitmap>(*other.bitmap_)) {}
RowSet::RowSet(RowSet&&) noexcept = default;
RowSet& RowSet::operator=(const RowSet& other) {
  if (this != &other) *this = RowSet(other);
  return *this;
}
RowSet& RowSet::operator=(RowSet&&) noexcept = default;
RowSet::~RowSet() = default;

int64_t RowSet::Add(std::span<const uint64_t> rows) {
  const int64_t before = size();
  std::vector<uint32_t> places;
  for (size_t begin = 0; begin < rows.size();) {
    const uint32_t key = KeyOf(rows[begin]);
    places.clear();
    size_t end = begin;
    for (; end < rows.size() && KeyOf(rows[end]) == key; ++end) {
      places.push_back(PlaceOf(rows[end]));
    }
    bitmap_->buckets[key].addMany(places.size(), places.data());
    begin = end;
  }
  return size() - before;
}

int64_t RowSet::Unite(const RowSet& other) {
  const int64_t before = size();
  for (const auto& [key, rows] : other.bitmap_->buckets) bitmap_->buckets[key] |= rows;
  return size() - before;
}

void RowSet::Subtract(const RowSet& other) {
  for (const auto& [key, rows] : other.bitmap_->buckets) {
    const auto found = bitmap_->buckets.find(key);
    if (found == bitmap_->buckets.end()) continue;
    found->second -= rows;
    bitmap_->DropIfEmpty(key);
  }
}

RowSet RowSet::Complement(uint64_t count) const {
  RowSet rest;
  for (uint64_t first = 0; first < count; first += kBucketRows) {
    Roaring rows;
    const auto found = bitmap_->buckets.find(KeyOf(first));
    if (found != bitmap_->buckets.end()) rows = found->second;
    const uint64_t here = std::min(kBucketRows, count - first);
    rows.flip(0, here);
    if (here < kBucketRows) {
      Roaring range;
      range.addRange(0, here);
      rows &= range;
    }
    if (!rows.isEmpty()) rest.bitmap_->buckets[KeyOf(first)] = std::move(rows);
  }
  return rest;
}

std::vector<uint64_t> RowSet::PlacesWithout(const RowSet& gone) const {
  std::vector<uint64_t> places;
  uint64_t before = 0;  // rows of `gone` in the buckets before
  auto holes = gone.bitmap_->buckets.begin();
  const auto end = gone.bitmap_->buckets.end();
  for (const auto& [key, rows] : bitmap_->buckets) {
    for (; holes != end && holes->first < key; ++holes) before += holes->second.cardinality();
    const bool here = holes != end && holes->first == key;
    for (const uint32_t place : rows) {
      const uint64_t row = uint64_t{key} * kBucketRows + place;
      places.push_back(row - before - (here ? holes->second.rank(place) : 0));
    }
  }
  return places;
}

bool RowSet::Contains(uint64_t row) const {
  const auto found = bitmap_->buckets.find(KeyOf(row));
  return found != bitmap_->buckets.end() && found->second.contains(PlaceOf(row));
}

bool RowSet::Intersects(const RowSet& other) const {
  return std::any_of(bitmap_->buckets.begin(), bitmap_->buckets.end(), [&](const auto& bucket) {
    const auto found = other.bitmap_->buckets.find(bucket.first);
    return found != other.bitmap_->buckets.end() && bucket.second.intersect(found->second);
  });
}

int64_t RowSet::size() const {
  uint64_t rows = 0;
  for (const auto& [key, bucket] : bitmap_->buckets) rows += bucket.cardinality();
  return static_cast<int64_t>(rows);
}

bool RowSet::empty() const { return bitmap_->buckets.empty(); }

bool RowSet::Exclude(uint64_t first, uint32_t count, std::vector<uint32_t>& kept) const {
  bool any = false;
  uint32_t next = 0;  // those before it are decided
  for (uint64_t row = first; row < first + count;) {
    const uint32_t key = KeyOf(row);
    const uint64_t bucket_end = std::min(first + count, (uint64_t{key} + 1) * kBucketRows);
    const auto bucket = bitmap_->buckets.find(key);
    if (bucket != bitmap_->buckets.end()) {
      auto at = bucket->second.begin();
      const auto end = bucket->second.end();
      for (at.equalorlarger(PlaceOf(row)); at != end; ++at) {
        const uint64_t hidden = uint64_t{key} * kBucketRows + *at;
        if (hidden >= bucket_end) break;
        if (!any) kept.clear();
        any = true;
        for (const auto place = static_cast<uint32_t>(hidden - first); next < place; ++next) {
          kept.push_back(next);
        }
        ++next;
      }
    }
    row = bucket_end;
  }
  for (; any && next < count; ++next) kept.push_back(next);
  return any;
}

std::string RowSet::ToPortable() const {
  std::string bytes;
  AppendNumber(bytes, static_cast<uint64_t>(bitmap_->buckets.size()));
  for (const auto& [key, rows] : bitmap_->buckets) {
    Roaring compact = rows;
    compact.runOptimize();
    AppendNumber(bytes, key);
    const size_t begin = bytes.size();
    bytes.resize(begin + compact.getSizeInBytes());
    compact.write(bytes.data() + begin);
  }
  return bytes;
}

std::optional<RowSet> RowSet::FromPortable(std::string_view bytes) {
  RoaringCursor cursor(bytes);
  const auto count = cursor.Take<uint64_t>();
  if (!count) return std::nullopt;
  RowSet set;
  std::optional<uint32_t> before;
  for (uint64_t i = 0; i < *count; ++i) {
    const auto key = cursor.Take<uint32_t>();
    if (!key || (before && *key <= *before)) return std::nullopt;
    before = key;
    const auto bitmap = cursor.TakeBitmap();
    if (!bitmap) return std::nullopt;
    // The bytes are proven whole, so the library reads no further than they go.
    // The runs stay as they are: the library's removeRunCompression writes past the end of memory
    // for one that ends at the last place of a container.
    Roaring rows = Roaring::readSafe(bitmap->data(), bitmap->size());
    if (!rows.isEmpty()) set.bitmap_->buckets[*key] = std::move(rows);
  }
  return cursor.AtEnd() ? std::optional(std::move(set)) : std::nullopt;
}

bool operator==(const RowSet& a, const RowSet& b) {
  // Not by their containers: one of runs that touch has the same rows as one of a longer run.
  const auto& left = a.bitmap_->buckets;
  const auto& right = b.bitmap_->buckets;
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const auto& one, const auto& other) {
                      const uint64_t rows = one.second.cardinality();
                      return one.first == other.first && rows == other.second.cardinality() &&
                             rows == one.second.and_cardinality(other.second);
                    });
}

}  // namespace lakehouse::storage
