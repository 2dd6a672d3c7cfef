#include "storage/parquet/plain_columns.h"

#include <arrow/api.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <string_view>

namespace lakehouse::storage::parquet {
namespace {

/// So many rows are looked at, and fewer than the least tell nothing of those that follow.
constexpr int64_t kMostRows = 8192;
constexpr int64_t kLeastRows = 1024;
/// A dictionary does not pay where more than this part of the values differ. Texts are longer than
/// their place in a dictionary by more, so it pays longer.
constexpr double kManyNumbers = 0.8;
constexpr double kManyTexts = 0.95;

/// About how many different values there were: a value sets one bit, and how many bits stay clear
/// tells how many set one (Whang et al., "A linear-time probabilistic counting algorithm", 1990).
class DistinctCount {
 public:
  void Add(uint64_t value) {
    const uint64_t mixed = (value ^ (value >> 32)) * 0x9E3779B97F4A7C15ULL;
    const uint64_t bit = mixed >> (64 - kLogBits);
    bits_[bit / 64] |= uint64_t{1} << (bit % 64);
    ++count_;
  }
  int64_t count() const { return count_; }
  double Share() const {
    int set = 0;
    for (const uint64_t word : bits_) set += std::popcount(word);
    const double bits = uint64_t{1} << kLogBits;
    return -bits * std::log(1 - set / bits) / static_cast<double>(count_);
  }

 private:
  static constexpr int kLogBits = 16;
  std::vector<uint64_t> bits_ = std::vector<uint64_t>((size_t{1} << kLogBits) / 64);
  int64_t count_ = 0;
};

template <typename Get>
DistinctCount CountOf(const arrow::Array& array, Get get) {
  DistinctCount distinct;
  const int64_t rows = std::min(array.length(), kMostRows);
  const bool nulls = array.null_count() > 0;
  for (int64_t i = 0; i < rows; ++i) {
    if (!nulls || array.IsValid(i)) distinct.Add(get(i));
  }
  return distinct;
}

template <typename Word>
DistinctCount CountWords(const arrow::Array& array, int words) {
  const auto& fixed = static_cast<const arrow::PrimitiveArray&>(array);
  const uint8_t* from = fixed.values()->data() + array.offset() * sizeof(Word) * words;
  return CountOf(array, [=](int64_t row) {
    Word value[2] = {0, 0};
    std::memcpy(value, from + row * sizeof(Word) * words, sizeof(Word) * words);
    return static_cast<uint64_t>(value[0]) + static_cast<uint64_t>(value[1]) * 31;
  });
}

bool Differ(const DistinctCount& distinct, double many) {
  return distinct.count() >= kLeastRows && distinct.Share() > many;
}

bool IsPlain(const arrow::Array& array) {
  switch (array.type_id()) {
    case arrow::Type::INT32:
    case arrow::Type::DATE32:
    case arrow::Type::FLOAT:
      return Differ(CountWords<uint32_t>(array, 1), kManyNumbers);
    case arrow::Type::INT64:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DOUBLE:
      return Differ(CountWords<uint64_t>(array, 1), kManyNumbers);
    case arrow::Type::DECIMAL128:
      return Differ(CountWords<uint64_t>(array, 2), kManyNumbers);
    case arrow::Type::STRING: {
      const auto& texts = static_cast<const arrow::StringArray&>(array);
      const auto hash = [&](int64_t row) {
        return static_cast<uint64_t>(std::hash<std::string_view>()(texts.GetView(row)));
      };
      return Differ(CountOf(array, hash), kManyTexts);
    }
    default:
      return false;
  }
}

}  // namespace

std::vector<std::string> PlainColumns(const arrow::RecordBatch& rows, const arrow::Schema& schema) {
  std::vector<std::string> plain;
  if (rows.num_rows() < kLeastRows) return plain;
  for (int i = 0; i < rows.num_columns(); ++i) {
    if (IsPlain(*rows.column(i))) plain.push_back(schema.field(i)->name());
  }
  return plain;
}

}  // namespace lakehouse::storage::parquet
