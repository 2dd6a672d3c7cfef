#include "storage/delta/log/type_widening.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "base/error.h"
#include "storage/field_keys.h"
#include "storage/schema_change.h"

namespace lakehouse::storage::delta {
namespace {

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
  const auto found = field.metadata.find(kTypeChangesKey);
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

/// The name of a type in the schema of the log.
std::string NameOf(const DataType& type) {
  switch (type.id()) {
    case TypeId::kByte:
      return "byte";
    case TypeId::kShort:
      return "short";
    case TypeId::kInteger:
      return "integer";
    case TypeId::kLong:
      return "long";
    default:
      return type.ToString();
  }
}

[[noreturn]] void RefuseChange(const ColumnPath& path, const DataType& from, const DataType& to,
                               const std::string& why, const std::string& hint) {
  throw Error(ErrorKind::kInvalidArgument, "LK-4058",
              "the type of " + PathText(path) + " cannot change from " + from.ToString() + " to " +
                  to.ToString() + ": " + why,
              hint);
}

/// How much of `path` leads to the nearest field with a name of its own.
size_t NamedPart(const Schema& schema, const ColumnPath& path) {
  size_t named = 0;
  bool in_struct = true;
  ColumnPath part;
  for (const std::string& name : path) {
    part.push_back(name);
    if (in_struct) named = part.size();
    in_struct = FindField(schema, part)->type->id() == TypeId::kStruct;
  }
  return named;
}

std::string Joined(const ColumnPath& path, size_t first) {
  std::string text;
  for (size_t i = first; i < path.size(); ++i) text += (i == first ? "" : ".") + path[i];
  return text;
}

void WriteDown(Field& field, const std::string& from, const std::string& to,
               const std::string& inner, std::optional<int64_t> version) {
  auto changes = nlohmann::ordered_json::array();
  if (const auto known = field.metadata.find(kTypeChangesKey); known != field.metadata.end()) {
    changes = nlohmann::ordered_json::parse(known->second);
  }
  nlohmann::ordered_json change = {{"toType", to}, {"fromType", from}};
  if (!inner.empty()) change["fieldPath"] = inner;
  if (version) change["tableVersion"] = *version;
  changes.push_back(std::move(change));
  field.metadata[kTypeChangesKey] = changes.dump();
}

}  // namespace

TableMetadata WidenType(TableMetadata metadata, const ColumnPath& path, const DataTypePtr& type,
                        std::optional<int64_t> preview_version) {
  const ColumnPath spelled = Spelled(metadata.schema, path);
  const DataTypePtr before = FindField(metadata.schema, spelled)->type;
  if (*before == *type) return metadata;
  TableMetadata next = SetType(std::move(metadata), spelled, type);
  if (before->id() == TypeId::kVoid) return next;
  if (!IsWidening(NameOf(*before), NameOf(*type))) {
    RefuseChange(spelled, *before, *type, "that is no wider type",
                 "Wider are larger integers, double, decimals with more digits, and timestamp_ntz "
                 "for a date.");
  }
  const auto on = next.properties.find("delta.enableTypeWidening");
  if (on == next.properties.end() || on->second != "true") {
    RefuseChange(spelled, *before, *type, "type widening is off",
                 "ALTER TABLE ... SET TBLPROPERTIES ('delta.enableTypeWidening' = 'true') turns it "
                 "on.");
  }
  const size_t named = NamedPart(next.schema, spelled);
  const ColumnPath owner(spelled.begin(), spelled.begin() + static_cast<std::ptrdiff_t>(named));
  return EditField(std::move(next), owner, [&](Field& field) {
    WriteDown(field, NameOf(*before), NameOf(*type), Joined(spelled, named), preview_version);
  });
}

void CheckTypeChanges(const Schema& schema) {
  for (const Field& field : schema.fields) {
    CheckField(field);
    CheckType(*field.type);
  }
}

}  // namespace lakehouse::storage::delta
