#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/delta/snapshot/packed_numbers.h"
#include "storage/delta/snapshot/stats_shape.h"

namespace lakehouse::storage::delta {

/// The values of one slot of a StatsShape, letter by letter as they stood in the texts.
class PackedValues {
 public:
  PackedValues() = default;
  /// All the same.
  explicit PackedValues(std::string value) : only_(std::move(value)) {}
  explicit PackedValues(PackedNumbers numbers)
      : kind_(Kind::kNumbers), numbers_(std::move(numbers)) {}
  /// Text `i` ends at `ends[i]` in `bytes`, and may be there twice; `text_of` says which one each
  /// value is.
  PackedValues(std::string_view bytes, const std::vector<uint32_t>& ends,
               std::vector<int64_t> text_of);

  bool is_number() const { return kind_ == Kind::kNumbers; }
  int64_t number(size_t index) const { return numbers_.at(index); }
  /// How many values there are to tell apart by code().
  size_t distinct() const { return kind_ == Kind::kSame ? 1 : texts_ ? texts_->distinct : 0; }
  size_t code(size_t index) const {
    return kind_ == Kind::kSame ? 0 : static_cast<size_t>(numbers_.at(index));
  }
  std::string_view text(size_t code) const;
  void AppendTo(std::string& text, size_t index) const;
  size_t memory_bytes() const;

 private:
  enum class Kind : uint8_t { kSame, kNumbers, kTexts };
  struct Texts {
    std::string bytes;
    PackedNumbers ends;
    size_t distinct = 0;
  };
  Kind kind_ = Kind::kSame;
  std::string only_;
  PackedNumbers numbers_;         ///< the numbers, or the texts' codes
  std::unique_ptr<Texts> texts_;  ///< by code
};

/// The statistics of the files of a block, as their texts were. Texts of one shape are kept by
/// slots, so that what they have alike is there once and bounds are found without parsing.
class PackedStats {
 public:
  struct Rows {
    std::shared_ptr<const StatsShape> shape;
    std::vector<PackedValues> values;  ///< by slot
    int records_slot = -1;
  };

  /// The text; empty when the file has no statistics.
  std::string Text(size_t index) const;
  /// numRecords, or -1.
  int64_t Records(size_t index) const;

  const std::vector<Rows>& shapes() const { return shapes_; }
  /// The place in shapes(); shapes().size() and above for a text without a shape.
  size_t ShapeOf(size_t index) const { return static_cast<size_t>(shape_of_.at(index)); }
  /// The file's place among those of its shape.
  size_t RowOf(size_t index) const {
    return in_order_ ? index : static_cast<size_t>(row_of_.at(index));
  }
  size_t memory_bytes() const;

 private:
  friend class StatsPacker;
  std::vector<Rows> shapes_;
  PackedNumbers shape_of_;
  bool in_order_ = true;  ///< every file's row is its index; else row_of_ says it
  PackedNumbers row_of_;
  std::vector<std::string> texts_;  ///< those without a shape
};

/// Makes PackedStats. What it learned of shapes stays for the next ones.
class StatsPacker {
 public:
  void Add(std::string_view text);
  /// `text` as it stands between the quotes of a JSON text. False, with nothing added, when it is
  /// of no shape that is known: then its unescaped form must be added.
  bool AddEscaped(std::string_view text);
  PackedStats Finish();

 private:
  class Column;
  class Rows;
  bool AddKnown(std::string_view text, bool escaped);

  /// A file whose statistics vary more keeps the text.
  static constexpr size_t kMaxShapes = 64;

  std::vector<std::shared_ptr<const StatsShape>> known_;
  std::vector<std::shared_ptr<Rows>> rows_;  ///< of the known shapes; null where there are none
  size_t last_ = 0;
  std::vector<int64_t> shape_of_, row_of_;
  std::vector<std::string> texts_;
};

}  // namespace lakehouse::storage::delta
