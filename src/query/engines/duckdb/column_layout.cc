#include "query/engines/duckdb/column_layout.h"

#include <algorithm>

#include "query/engines/duckdb/types.h"

namespace lakehouse::query::duckdb {
namespace {

using dk::MultiFileColumnDefinition;
using storage::ColumnMapping;
using storage::DataType;
using storage::Field;
using storage::TypeId;

// No column of a file is called so.
constexpr char kAbsent[] = "\x01 not in the file";

bool HoldsStruct(const DataType& type) {
  return type.id() == TypeId::kStruct ||
         std::any_of(type.fields().begin(), type.fields().end(),
                     [](const Field& field) { return HoldsStruct(*field.type); });
}

/// A struct in a list or a map, at any depth.
bool HidesStruct(const DataType& type) {
  if (type.id() != TypeId::kStruct) return HoldsStruct(type);
  return std::any_of(type.fields().begin(), type.fields().end(),
                     [](const Field& field) { return HidesStruct(*field.type); });
}

bool IsMatch(const MultiFileColumnDefinition& column, const Field& field, ColumnMapping mapping) {
  // Columns that are not the table's own, those of the change feed, have names only.
  if (mapping != ColumnMapping::kId || field.metadata.count("delta.columnMapping.id") == 0) {
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

/// `field`, which the file has as `in_file`.
MultiFileColumnDefinition Resolve(const Field& field, ColumnMapping mapping,
                                  const MultiFileColumnDefinition* in_file) {
  MultiFileColumnDefinition column(field.name, ToDuckDb(*field.type));
  column.identifier = dk::Value(in_file ? in_file->name : std::string(kAbsent));
  if (in_file) column.children = ResolveChildren(*field.type, mapping, *in_file);
  return column;
}

/// Elements, keys and values have names of the file's own, so they are taken by their place.
FileColumns ResolveChildren(const DataType& type, ColumnMapping mapping,
                            const MultiFileColumnDefinition& in_file) {
  FileColumns children;
  if (type.id() == TypeId::kStruct) {
    for (const Field& field : type.fields()) {
      children.push_back(Resolve(field, mapping, Find(in_file.children, field, mapping)));
    }
    return children;
  }
  if (!HoldsStruct(type)) return children;
  const bool is_map = type.id() == TypeId::kMap && in_file.children.size() == 1;
  const FileColumns& parts = is_map ? in_file.children.front().children : in_file.children;
  for (size_t i = 0; i < type.fields().size(); ++i) {
    children.push_back(Resolve(type.fields()[i], mapping, i < parts.size() ? &parts[i] : nullptr));
  }
  return children;
}

bool IsInstant(const dk::LogicalType& type) { return type.id() == dk::LogicalTypeId::TIMESTAMP_TZ; }

/// Structs are gone through by their fields; elements, keys and values by the types alone.
dk::LogicalType WithInstants(const dk::LogicalType& wanted, const dk::LogicalType& local) {
  if (IsInstant(wanted) && local.id() == dk::LogicalTypeId::TIMESTAMP) return wanted;
  if (wanted.id() != local.id()) return local;
  if (local.id() == dk::LogicalTypeId::LIST) {
    return dk::LogicalType::LIST(
        WithInstants(dk::ListType::GetChildType(wanted), dk::ListType::GetChildType(local)));
  }
  if (local.id() == dk::LogicalTypeId::MAP) {
    return dk::LogicalType::MAP(
        WithInstants(dk::MapType::KeyType(wanted), dk::MapType::KeyType(local)),
        WithInstants(dk::MapType::ValueType(wanted), dk::MapType::ValueType(local)));
  }
  return local;
}

void MarkInstant(const MultiFileColumnDefinition& column, MultiFileColumnDefinition& local) {
  if (local.type.id() != dk::LogicalTypeId::STRUCT) {
    local.type = WithInstants(column.type, local.type);
    return;
  }
  MarkInstants(column.children, local.children);
  dk::child_list_t<dk::LogicalType> fields;
  for (const auto& child : local.children) fields.emplace_back(child.name, child.type);
  local.type = dk::LogicalType::STRUCT(std::move(fields));
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

void MarkInstants(const FileColumns& columns, FileColumns& in_file) {
  for (const auto& column : columns) {
    const std::string name = column.GetIdentifierName();
    for (auto& local : in_file) {
      if (dk::StringUtil::CIEquals(local.name, name)) MarkInstant(column, local);
    }
  }
}

bool NeedsResolving(const storage::Schema& schema, ColumnMapping mapping) {
  return mapping != ColumnMapping::kNone ||
         std::any_of(schema.fields.begin(), schema.fields.end(),
                     [](const Field& field) { return HidesStruct(*field.type); });
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
