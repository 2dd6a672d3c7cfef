#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <variant>

#include "storage/schema.h"

namespace lakehouse::storage {

__extension__ using Int128 = __int128;

/// One value of a primitive type; the type is known from where it stands. null = monostate;
/// booleans = bool; byte to long, date (days since 1970-01-01) and timestamps (microseconds) =
/// int64_t; float and double = double; decimal = Int128 (unscaled); string and binary =
/// std::string.
struct Value {
  std::variant<std::monostate, bool, int64_t, double, Int128, std::string> data;

  bool is_null() const { return data.index() == 0; }
  friend bool operator==(const Value&, const Value&) = default;
};

/// Order of two non-null values of one type; NaN is greater than every number.
std::weak_ordering Compare(const Value& a, const Value& b);

/// Text of a partition value as Delta writes it ("2013-01-01", "1.50", ISO 8601 UTC for
/// timestamps).
std::string ToPartitionText(const Value& value, const DataType& type);
/// The reverse; "" is null. Both timestamp forms are read; one without a zone is a wall clock in
/// `zone`, for instants. Throws Corruption LK-3503 for text that
/// is no value of the type.
Value FromPartitionText(std::string_view text, const DataType& type,
                        const std::string& zone = "UTC");

}  // namespace lakehouse::storage
