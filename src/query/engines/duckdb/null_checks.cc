#include "query/engines/duckdb/null_checks.h"

#include <arrow/api.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"

namespace lakehouse::query::duckdb {
namespace {

using storage::DataType;
using storage::Field;
using storage::TypeId;

/// Which elements of an array are there: those whose parents are all there. Empty: all.
using Present = std::vector<bool>;

[[noreturn]] void ThrowNull(const std::string& path) {
  throw Error(ErrorKind::kInvalidArgument, "LK-4005",
              "column " + path + " must not be null, and a row has null there",
              "give the column a value, or leave such rows out");
}

bool HasRequired(const DataType& type) {
  return std::any_of(type.fields().begin(), type.fields().end(), [](const Field& field) {
    return !field.nullable || HasRequired(*field.type);
  });
}

bool IsThere(const Present& present, int64_t i) {
  return present.empty() || present[static_cast<size_t>(i)];
}

void CheckField(const Field& field, const arrow::Array& array, const Present& present,
                const std::string& path);

void CheckStruct(const DataType& type, const arrow::Array& array, const Present& present,
                 const std::string& path) {
  const auto& parent = static_cast<const arrow::StructArray&>(array);
  Present there(static_cast<size_t>(array.length()));
  for (int64_t i = 0; i < array.length(); ++i) {
    there[static_cast<size_t>(i)] = IsThere(present, i) && array.IsValid(i);
  }
  for (size_t i = 0; i < type.fields().size(); ++i) {
    const Field& field = type.fields()[i];
    CheckField(field, *parent.field(static_cast<int>(i)), there, path + "." + field.name);
  }
}

/// The elements of lists, or the entries of maps.
template <typename ArrayType>
Present ElementsOf(const ArrayType& lists, const Present& present, int64_t elements) {
  Present there(static_cast<size_t>(elements));
  for (int64_t i = 0; i < lists.length(); ++i) {
    if (!IsThere(present, i) || lists.IsNull(i)) continue;
    const int64_t first = lists.value_offset(i);
    for (int64_t at = 0; at < lists.value_length(i); ++at) {
      there[static_cast<size_t>(first + at)] = true;
    }
  }
  return there;
}

void CheckField(const Field& field, const arrow::Array& array, const Present& present,
                const std::string& path) {
  if (!field.nullable && array.null_count() > 0) {
    for (int64_t i = 0; i < array.length(); ++i) {
      if (array.IsNull(i) && IsThere(present, i)) ThrowNull(path);
    }
  }
  const DataType& type = *field.type;
  if (!HasRequired(type)) return;
  if (type.id() == TypeId::kStruct) return CheckStruct(type, array, present, path);
  if (type.id() == TypeId::kMap) {
    const auto& maps = static_cast<const arrow::MapArray&>(array);
    const Present there = ElementsOf(maps, present, maps.keys()->length());
    CheckField(type.fields()[0], *maps.keys(), there, path + ".key");
    return CheckField(type.fields()[1], *maps.items(), there, path + ".value");
  }
  const auto& lists = static_cast<const arrow::ListArray&>(array);
  CheckField(type.fields()[0], *lists.values(),
             ElementsOf(lists, present, lists.values()->length()), path + ".element");
}

}  // namespace

void CheckNulls(const arrow::RecordBatch& batch, const storage::Schema& schema) {
  for (int i = 0; i < batch.num_columns(); ++i) {
    const Field& field = schema.fields[static_cast<size_t>(i)];
    CheckField(field, *batch.column(i), {}, field.name);
  }
}

}  // namespace lakehouse::query::duckdb
