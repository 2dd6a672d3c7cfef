#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "storage/value.h"

namespace lakehouse::storage {

/// Values of one type, or null, by place; in the memory that the type needs.
class ValueColumn {
 public:
  explicit ValueColumn(size_t size = 0) : kinds_(size, 0) {}

  size_t size() const { return kinds_.size(); }
  void Resize(size_t size);
  /// Null where nothing was set.
  Value operator[](size_t index) const;
  void Set(size_t index, const Value& value);
  bool IsNull(size_t index) const { return kinds_[index] == 0; }

  /// Sets whole numbers in less time, also from several threads at places of their own. Valid until
  /// the column is resized.
  class NumberWriter {
   public:
    void Set(size_t index, int64_t number) const {
      numbers_[index] = number;
      kinds_[index] = kNumber;
    }

   private:
    friend class ValueColumn;
    NumberWriter(int64_t* numbers, uint8_t* kinds) : numbers_(numbers), kinds_(kinds) {}
    int64_t* numbers_;
    uint8_t* kinds_;
  };
  /// For a column that has whole numbers, or nothing so far.
  NumberWriter Numbers();
  /// By place, for a column of whole numbers: what stands at a place that is null says nothing.
  /// Null when nothing was set.
  const int64_t* numbers() const;

 private:
  static constexpr uint8_t kNumber = 2;  ///< the alternative of Value::data

  /// A text for several places that follow each other is there once.
  struct Texts {
    std::vector<uint32_t> place_of;
    std::vector<std::string> texts;
  };
  template <typename Item>
  std::vector<Item>& ItemsOf();

  std::vector<uint8_t> kinds_;  ///< by place: the alternative of Value::data
  std::variant<std::monostate, std::vector<int64_t>, std::vector<double>, std::vector<Int128>,
               Texts>
      items_;
};

/// LeafStats of one column for all files of a snapshot, by file index: bounds that are null and
/// counts of -1 are unknown.
struct ColumnBounds {
  explicit ColumnBounds(size_t files = 0) : min(files), max(files), null_count(files, -1) {}

  void Resize(size_t files);
  void Set(size_t file, const Value& least, const Value& greatest, int64_t nulls);

  ValueColumn min;
  ValueColumn max;
  std::vector<int64_t> null_count;
};

}  // namespace lakehouse::storage
