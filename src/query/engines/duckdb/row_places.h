#pragma once

#include <cstdint>
#include <string>

namespace lakehouse::query::duckdb {

/// A row's file and its number in the file as one number, by which the engine joins rows. The bits
/// that the files of a snapshot do not need are the row's: 40 of them for 8 million files.
class RowPlaces {
 public:
  /// Of a snapshot with `files` files.
  explicit RowPlaces(uint64_t files);

  /// Internal LK-0001 where the file is none of the snapshot's, or its rows are too many.
  int64_t Of(uint64_t file, int64_t row) const;
  /// The same as an SQL expression over the columns `file` and `row`.
  std::string Sql(const std::string& file, const std::string& row) const;

 private:
  uint64_t files_;
  int64_t most_rows_;  ///< a file has fewer rows than this, a power of two
};

}  // namespace lakehouse::query::duckdb
