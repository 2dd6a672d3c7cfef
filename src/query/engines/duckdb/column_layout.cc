#include "query/engines/duckdb/column_layout.h"

#include <algorithm>

#include "query/engines/duckdb/types.h"
#include "storage/field_keys.h"
#include "storage/variant.h"

namespace lakehouse::query::duckdb {
namespace {

using dk::MultiFileColumnDefinition;
using storage::ColumnMapping;
using storage::DataType;
using storage::Field;
using storage::TypeId;

// No column of a file is called so.
constexpr char kAbsent[] = "\x01 not in the file";

/// In files a variant is a struct, whose fields have names of the format's own.
bool HoldsStruct(const DataType& type) {
  return type.id() == TypeId::kStruct || type.id() == TypeId::kVariant ||
         std::any_of(type.fields().begin(), type.fields().end(),
                     [](const Field& field) { return HoldsStruct(*field.type); });
}

bool IsMatch(const MultiFileColumnDefinition& column, const Field& field, ColumnMapping mapping) {
  // Columns that are not the table's own, those of the change feed, have names only.
  if (mapping != ColumnMapping::kId || field.metadata.count(storage::kFieldIdKey) == 0) {
    return dk::StringUtil::CIEquals(column.name, storage::PhysicalName(field, mapping));
  }
  return !column.identifier.IsNull() &&
         column.identifier.type().id() == dk::LogicalTypeId::INTEGER &&
         column.GetIdentifierFieldId() == storage::FieldId(field);
}

const MultiFileColumnDefinition* Find(const FileColumns& in_file, const Field& field,
                                      ColumnMapping mapping) {
  const auto found = std::find_if(in_file.begin(), in_file.end(), [&](const auto& column) {
    return IsMatch(column, field, mapping);
  });
  return found == in_file.end() ? nullptr : &*found;
}

FileColumns ResolveChildren(const DataType& type, ColumnMapping mapping,
                            const MultiFileColumnDefinition& in_file);

/// What the file has in a list or a map: its element, or key and value.
const FileColumns& PartsOf(const DataType& type, const MultiFileColumnDefinition& in_file) {
  const bool is_map = type.id() == TypeId::kMap && in_file.children.size() == 1;
  return is_map ? in_file.children.front().children : in_file.children;
}

/// Do all structs in the file have the fields of the table, in its order and by its names?
bool HasShape(const DataType& type, ColumnMapping mapping,
              const MultiFileColumnDefinition& in_file) {
  if (!HoldsStruct(type)) return true;
  if (type.id() == TypeId::kVariant) return false;
  const FileColumns& parts = PartsOf(type, in_file);
  if (parts.size() != type.fields().size()) return false;
  for (size_t i = 0; i < parts.size(); ++i) {
    const Field& field = type.fields()[i];
    const bool named = type.id() != TypeId::kStruct ||
                       (parts[i].name == field.name && IsMatch(parts[i], field, mapping));
    if (!named || !HasShape(*field.type, mapping, parts[i])) return false;
  }
  return true;
}

/// `field`, which the file has as `in_file`.
MultiFileColumnDefinition Resolve(const Field& field, ColumnMapping mapping,
                                  const MultiFileColumnDefinition* in_file) {
  MultiFileColumnDefinition column(field.name, ToDuckDb(*field.type));
  column.identifier = dk::Value(in_file ? in_file->name : std::string(kAbsent));
  if (!in_file) return column;
  // A whole value is cast where only types differ.
  const bool plain = column.type != in_file->type && HasShape(*field.type, mapping, *in_file);
  if (!plain) column.children = ResolveChildren(*field.type, mapping, *in_file);
  return column;
}

/// Elements, keys and values have names of the file's own, so they are taken by their place.
FileColumns ResolveChildren(const DataType& type, ColumnMapping mapping,
                            const MultiFileColumnDefinition& in_file) {
  FileColumns children;
  if (type.id() == TypeId::kVariant) {
    for (const Field& part : storage::VariantParts()) {
      children.push_back(
          Resolve(part, ColumnMapping::kNone, Find(in_file.children, part, ColumnMapping::kNone)));
    }
    return children;
  }
  if (type.id() == TypeId::kStruct) {
    for (const Field& field : type.fields()) {
      children.push_back(Resolve(field, mapping, Find(in_file.children, field, mapping)));
    }
    return children;
  }
  if (!HoldsStruct(type)) return children;
  const FileColumns& parts = PartsOf(type, in_file);
  for (size_t i = 0; i < type.fields().size(); ++i) {
    children.push_back(Resolve(type.fields()[i], mapping, i < parts.size() ? &parts[i] : nullptr));
  }
  return children;
}

void DefaultToNull(FileColumns& columns) {
  for (auto& column : columns) {
    column.default_expression = dk::make_uniq<dk::ConstantExpression>(dk::Value(column.type));
  }
}

}  // namespace

FileColumns DescribeFileColumns(const storage::Schema& schema) {
  FileColumns columns;
  for (const Field& field : schema.fields) {
    columns.push_back(
        MultiFileColumnDefinition::CreateFromNameAndType(field.name, ToDuckDb(*field.type)));
  }
  DefaultToNull(columns);
  return columns;
}

bool NeedsResolving(const storage::Schema& schema, ColumnMapping mapping) {
  return mapping != ColumnMapping::kNone ||
         std::any_of(schema.fields.begin(), schema.fields.end(),
                     [](const Field& field) { return HoldsStruct(*field.type); });
}

FileColumns ResolveColumns(const storage::Schema& schema, ColumnMapping mapping,
                           const FileColumns& in_file) {
  FileColumns columns;
  for (const Field& field : schema.fields) {
    columns.push_back(Resolve(field, mapping, Find(in_file, field, mapping)));
  }
  DefaultToNull(columns);
  return columns;
}

}  // namespace lakehouse::query::duckdb
