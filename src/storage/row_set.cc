#include "storage/row_set.h"

#include <roaring/roaring64map.hh>
#include <utility>

namespace lakehouse::storage {

struct RowSet::Bitmap {
  Roaring64Map rows;
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
  bitmap_->rows.addMany(rows.size(), rows.data());
  return size() - before;
}

int64_t RowSet::Unite(const RowSet& other) {
  const int64_t before = size();
  bitmap_->rows |= other.bitmap_->rows;
  return size() - before;
}

void RowSet::Subtract(const RowSet& other) { bitmap_->rows -= other.bitmap_->rows; }

bool RowSet::Contains(uint64_t row) const { return bitmap_->rows.contains(row); }

bool RowSet::Intersects(const RowSet& other) const {
  return !(bitmap_->rows & other.bitmap_->rows).isEmpty();
}

int64_t RowSet::size() const { return static_cast<int64_t>(bitmap_->rows.cardinality()); }
bool RowSet::empty() const { return bitmap_->rows.isEmpty(); }

bool RowSet::Exclude(uint64_t first, uint32_t count, std::vector<uint32_t>& kept) const {
  auto next = bitmap_->rows.begin();
  const auto end = bitmap_->rows.end();
  if (empty() || !next.move(first) || next == end || *next >= first + count) return false;
  kept.clear();
  for (uint32_t i = 0; i < count; ++i) {
    if (next != end && *next == first + i) {
      ++next;
    } else {
      kept.push_back(i);
    }
  }
  return true;
}

bool operator==(const RowSet& a, const RowSet& b) { return a.bitmap_->rows == b.bitmap_->rows; }

}  // namespace lakehouse::storage
