#pragma once

#include <cstdint>

namespace lakehouse::storage {

// Numbers of Parquet's VariantEncoding.md.

inline constexpr uint8_t kVariantVersion = 1;
inline constexpr int kMaxDecimalDigits = 38;
inline constexpr int kMaxShortStringBytes = 63;

/// The two low bits of a value's first byte.
enum class VariantBasic : uint8_t { kPrimitive, kShortString, kObject, kArray };

/// The six high bits of a primitive's first byte.
enum class VariantPrimitive : uint8_t {
  kNull,
  kTrue,
  kFalse,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kDouble,
  kDecimal4,
  kDecimal8,
  kDecimal16,
  kDate,
  kTimestamp,
  kTimestampNtz,
  kFloat,
  kBinary,
  kString,
  kTime,
  kTimestampNanos,
  kTimestampNtzNanos,
  kUuid,
};

constexpr VariantBasic BasicTypeOf(uint8_t header) { return static_cast<VariantBasic>(header & 3); }

}  // namespace lakehouse::storage
