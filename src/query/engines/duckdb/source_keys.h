#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "query/engines/duckdb/pch.h"
#include "storage/snapshot.h"

namespace lakehouse::query::duckdb {

/// A set of values, or, when there are many, of ranges that have them: its memory is bounded.
template <typename T>
class RangeSet {
 public:
  explicit RangeSet(size_t most) : most_(most) {}
  void Add(T value);
  /// May a value of min to max be in the set?
  bool Reaches(const T& min, const T& max) const;
  /// After the last Add, before Reaches.
  void Sort();

 private:
  const size_t most_;
  size_t sorted_ = 0;  ///< as many ranges were left by the last Sort
  std::vector<std::pair<T, T>> ranges_;
};

/// The keys of the rows that a MERGE joins with its table, for one column: a file without any of
/// them has no row that matches. Add and Prune are not called at the same time; Add may be called
/// by several threads.
class SourceKeys {
 public:
  /// Are there keys of this type?
  static bool Has(const dk::LogicalType& type);
  explicit SourceKeys(dk::LogicalType type);

  void Add(dk::Vector& keys, dk::idx_t count);
  /// Drops those of `files` in which column `column` has no key.
  void Prune(const storage::Snapshot& snapshot, size_t column, std::vector<size_t>& files) const;

 private:
  bool Reaches(const dk::Value& min, const dk::Value& max) const;
  template <typename T>
  void AddNumbers(const dk::UnifiedVectorFormat& keys, dk::idx_t count);

  const dk::LogicalType type_;
  mutable std::mutex mutex_;
  mutable bool sorted_ = true;
  mutable RangeSet<int64_t> numbers_;
  mutable RangeSet<std::string> texts_;
};

}  // namespace lakehouse::query::duckdb
