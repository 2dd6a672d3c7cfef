#pragma once

#include <string>
#include <vector>

#include "storage/variant.h"

namespace lakehouse::storage {

/// What variants have in common, as Spark's schema_of_variant says it: VOID, BIGINT,
/// DECIMAL(3,2), ARRAY<STRING>, OBJECT<a: BIGINT, b: VARIANT> ... A value type.
class VariantSchema {
 public:
  /// VOID, which every other schema takes in.
  VariantSchema();
  VariantSchema(const VariantSchema&);
  VariantSchema(VariantSchema&&) noexcept;
  VariantSchema& operator=(const VariantSchema&);
  VariantSchema& operator=(VariantSchema&&) noexcept;
  ~VariantSchema();
  /// Corruption LK-3506 for damaged bytes.
  static VariantSchema Of(const VariantView& variant) { return Of(variant, 0); }

  /// The schema that has room for both: VARIANT where they are of other types.
  void Merge(VariantSchema other);
  std::string ToString() const;

 private:
  enum class Kind {
    kVoid,
    kBoolean,
    kLong,
    kFloat,
    kDouble,
    kDecimal,
    kString,
    kBinary,
    kDate,
    kTimestampNtz,
    kTimestamp,
    kTime,
    kUuid,
    kArray,
    kObject,
    kVariant,
  };
  struct Field;

  explicit VariantSchema(Kind kind);
  static VariantSchema Decimal(int precision, int scale);
  static VariantSchema Of(const VariantView& variant, int depth);
  static VariantSchema OfPrimitive(std::string_view value);
  void MergeNumber(const VariantSchema& other);
  void MergeFields(VariantSchema other);
  bool is_number() const { return kind_ >= Kind::kLong && kind_ <= Kind::kDecimal; }
  bool is_time() const { return kind_ >= Kind::kDate && kind_ <= Kind::kTimestamp; }

  Kind kind_ = Kind::kVoid;
  int precision_ = 0;
  int scale_ = 0;
  std::vector<Field> fields_;  ///< of an object, in order of their names; of an array its elements
};

struct VariantSchema::Field {
  std::string name;
  VariantSchema schema;
};

}  // namespace lakehouse::storage
