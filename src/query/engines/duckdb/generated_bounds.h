#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "query/engines/duckdb/pch.h"
#include "query/engines/duckdb/value_domain.h"
#include "storage/snapshot.h"

namespace lakehouse::query::duckdb {

/// What the partition columns of a table say of the columns from which they are generated
/// (delta.generationExpression): CAST(c AS DATE), year, month, day, hour, date_format, date_trunc,
/// trunc, substring from the first character, and c itself. Other expressions say nothing. Days of
/// instants are those of the writer's time zone, which nobody knows, so they are taken a day wider
/// on both sides.
class GeneratedBounds {
 public:
  explicit GeneratedBounds(const storage::Snapshot& snapshot);

  /// Makes `domain`, what is known of `column` in a file, narrower.
  void Narrow(const std::string& column, size_t file, ValueDomain& domain) const;

  /// How one partition column is made; `form` is a lower-case word and its arguments.
  struct Rule {
    enum Form {
      kSame,
      kDate,
      kYear,
      kMonth,
      kDay,
      kHour,
      kFormat,
      kTruncate,
      kPrefix
    } form = kSame;
    std::string column;    ///< the one that it is made of
    std::string argument;  ///< date_format's pattern, date_trunc's unit
    int64_t length = 0;    ///< substring's
    size_t partition = 0;  ///< position among the partition columns
  };

  /// Nothing for an expression that is none of the above.
  static std::optional<Rule> ParseRule(const std::string& expression);

 private:
  void NarrowTime(const std::vector<const Rule*>& rules, const storage::DataType& type, size_t file,
                  ValueDomain& domain) const;

  const storage::Snapshot& snapshot_;
  std::map<std::string, std::vector<Rule>> rules_;  ///< by the column they are made of
};

}  // namespace lakehouse::query::duckdb
