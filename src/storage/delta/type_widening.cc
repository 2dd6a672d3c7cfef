#include "storage/delta/type_widening.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "base/error.h"

namespace lakehouse::storage::delta {
namespace {

constexpr char kChanges[] = "delta.typeChanges";

struct DecimalSize {
  int precision = 0;
  int scale = 0;
};

bool ReadDecimal(const std::string& type, DecimalSize& size) {
  int used = 0;
  return std::sscanf(type.c_str(), "decimal(%d,%d)%n", &size.precision, &size.scale, &used) == 2 &&
         static_cast<size_t>(used) == type.size();
}

/// PROTOCOL.md, "Type Widening": what a reader must be able to convert.
bool IsWidening(const std::string& from, const std::string& to) {
  static const std::set<std::pair<std::string, std::string>> kKnown = {
      {"byte", "short"},   {"byte", "integer"},   {"byte", "long"},         {"short", "integer"},
      {"short", "long"},   {"integer", "long"},   {"float", "double"},      {"byte", "double"},
      {"short", "double"}, {"integer", "double"}, {"date", "timestamp_ntz"}};
  if (kKnown.count({from, to}) > 0) return true;
  DecimalSize next;
  if (!ReadDecimal(to, next)) return false;
  DecimalSize before;
  if (from == "byte" || from == "short" || from == "integer") {
    before.precision = 10;
  } else if (from == "long") {
    before.precision = 20;
  } else if (!ReadDecimal(from, before)) {
    return false;
  }
  const int more = next.precision - before.precision;
  const int more_scale = next.scale - before.scale;
  return more_scale >= 0 && more >= more_scale;
}

std::string TextOf(const nlohmann::json& change, const char* key) {
  if (!change.is_object() || !change.contains(key) || !change[key].is_string()) return {};
  return change[key].get<std::string>();
}

void CheckField(const Field& field) {
  const auto found = field.metadata.find(kChanges);
  if (found == field.metadata.end()) return;
  const auto changes = nlohmann::json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  if (!changes.is_array()) {
    throw Error(ErrorKind::kCorruption, "LK-3003",
                "the type changes of column " + field.name + " are damaged");
  }
  for (const auto& change : changes) {
    const std::string from = TextOf(change, "fromType");
    const std::string to = TextOf(change, "toType");
    if (!IsWidening(from, to)) {
      throw Error(ErrorKind::kUnsupported, "LK-3002",
                  "the column " + field.name + " changed from type '" + from + "' to '" + to +
                      "', which typeWidening does not know",
                  "Read the table with an engine that knows the change.");
    }
  }
}

void CheckType(const DataType& type) {
  for (const Field& field : type.fields()) {
    CheckField(field);
    CheckType(*field.type);
  }
}

}  // namespace

void CheckTypeChanges(const Schema& schema) {
  for (const Field& field : schema.fields) {
    CheckField(field);
    CheckType(*field.type);
  }
}

}  // namespace lakehouse::storage::delta
