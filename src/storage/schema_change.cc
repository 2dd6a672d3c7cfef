#include "storage/schema_change.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/suggest.h"
#include "storage/field_keys.h"

namespace lakehouse::storage {
namespace {

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool Same(const std::string& a, const std::string& b) { return Lower(a) == Lower(b); }

std::optional<size_t> IndexOf(const std::vector<Field>& fields, const std::string& name) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (Same(fields[i].name, name)) return i;
  }
  return std::nullopt;
}

size_t Require(const std::vector<Field>& fields, const ColumnPath& path, size_t depth) {
  if (const auto at = IndexOf(fields, path[depth])) return *at;
  std::vector<std::string> names;
  for (const Field& field : fields) names.push_back(field.name);
  throw Error(ErrorKind::kNotFound, "LK-4056", "there is no column " + PathText(path),
              DidYouMean(path[depth], names));
}

DataTypePtr WithFields(const DataType& type, std::vector<Field> fields) {
  if (type.id() == TypeId::kArray) return DataType::Array(fields[0].type, fields[0].nullable);
  if (type.id() == TypeId::kMap) {
    return DataType::Map(fields[0].type, fields[1].type, fields[1].nullable);
  }
  return DataType::Struct(std::move(fields));
}

/// Runs on the fields among which the last part of a path stands.
using Edit = std::function<void(std::vector<Field>& siblings)>;

[[noreturn]] void ThrowNoStruct(const ColumnPath& path, const DataType& type) {
  throw Error(ErrorKind::kInvalidArgument, "LK-4056",
              "there is no column " + PathText(path) + ": what is before it is a " +
                  type.ToString() + ", which has no columns of its own");
}

std::vector<Field> Edited(std::vector<Field> fields, const ColumnPath& path, size_t depth,
                          const Edit& edit) {
  if (depth + 1 == path.size()) {
    edit(fields);
    return fields;
  }
  Field& field = fields[Require(fields, path, depth)];
  if (!field.type->is_nested()) ThrowNoStruct(path, *field.type);
  field.type = WithFields(*field.type, Edited(field.type->fields(), path, depth + 1, edit));
  return fields;
}

TableMetadata WithEdit(TableMetadata metadata, const ColumnPath& path, const Edit& edit) {
  if (path.empty()) throw Error(ErrorKind::kInvalidArgument, "LK-4056", "a column has no name");
  metadata.schema.fields = Edited(std::move(metadata.schema.fields), path, 0, edit);
  return metadata;
}

[[noreturn]] void ThrowTaken(const ColumnPath& path) {
  throw Error(ErrorKind::kAlreadyExists, "LK-4055",
              "there is a column " + PathText(path) + " already",
              "Names are compared without regard to case.");
}

void Insert(std::vector<Field>& fields, Field field, const ColumnPlace& place,
            const ColumnPath& path) {
  size_t at = fields.size();
  if (place.where == ColumnPlace::kFirst) at = 0;
  if (place.where == ColumnPlace::kAfter) {
    ColumnPath sibling = path;
    sibling.back() = place.after;
    at = Require(fields, sibling, sibling.size() - 1) + 1;
  }
  fields.insert(fields.begin() + static_cast<std::ptrdiff_t>(at), std::move(field));
}

/// Is what the path's parent is a struct (or the table itself)?
void RequireStruct(const Schema& schema, const ColumnPath& path) {
  if (path.size() < 2) return;
  const ColumnPath parent(path.begin(), path.end() - 1);
  const Field* field = FindField(schema, parent);
  if (field != nullptr && field->type->id() != TypeId::kStruct) ThrowNoStruct(path, *field->type);
}

bool IsPartition(const TableMetadata& metadata, const std::string& name) {
  return std::any_of(metadata.partition_columns.begin(), metadata.partition_columns.end(),
                     [&](const std::string& column) { return Same(column, name); });
}

void Visit(const std::vector<Field>& fields, const ColumnPath& parent, bool named,
           const std::function<void(const ColumnPath&, const Field&)>& visit) {
  for (const Field& field : fields) {
    ColumnPath path = parent;
    path.push_back(field.name);
    if (named) visit(path, field);
    if (field.type->is_nested()) {
      Visit(field.type->fields(), path, field.type->id() == TypeId::kStruct, visit);
    }
  }
}

}  // namespace

std::string ColumnPlace::ToString() const {
  if (where == kLast) return {};
  return where == kFirst ? "first" : "after " + after;
}

std::string PathText(const ColumnPath& path) {
  std::string text;
  for (const std::string& part : path) {
    const bool plain = !part.empty() && std::all_of(part.begin(), part.end(), [](unsigned char c) {
      return std::isalnum(c) || c == '_';
    });
    if (!text.empty()) text += '.';
    text += plain ? part : "`" + part + "`";
  }
  return text;
}

const Field* FindField(const Schema& schema, const ColumnPath& path) {
  const std::vector<Field>* fields = &schema.fields;
  const Field* field = nullptr;
  for (const std::string& part : path) {
    const auto at = IndexOf(*fields, part);
    if (!at) return nullptr;
    field = &(*fields)[*at];
    fields = &field->type->fields();
  }
  return field;
}

ColumnPath Spelled(const Schema& schema, const ColumnPath& path) {
  const std::vector<Field>* fields = &schema.fields;
  ColumnPath spelled;
  for (size_t depth = 0; depth < path.size(); ++depth) {
    const Field& field = (*fields)[Require(*fields, path, depth)];
    spelled.push_back(field.name);
    fields = &field.type->fields();
  }
  return spelled;
}

ColumnPath PhysicalPath(const Schema& schema, const ColumnPath& path, ColumnMapping mapping) {
  const std::vector<Field>* fields = &schema.fields;
  ColumnPath physical;
  bool named = true;
  for (size_t depth = 0; depth < path.size(); ++depth) {
    const Field& field = (*fields)[Require(*fields, path, depth)];
    physical.push_back(named ? PhysicalName(field, mapping) : field.name);
    fields = &field.type->fields();
    named = field.type->id() == TypeId::kStruct;
  }
  return physical;
}

std::optional<ColumnPath> LogicalPath(const Schema& schema, const ColumnPath& physical,
                                      ColumnMapping mapping) {
  const std::vector<Field>* fields = &schema.fields;
  ColumnPath logical;
  bool named = true;
  for (const std::string& part : physical) {
    const auto found = std::find_if(fields->begin(), fields->end(), [&](const Field& field) {
      return (named ? PhysicalName(field, mapping) : field.name) == part;
    });
    if (found == fields->end()) return std::nullopt;
    logical.push_back(found->name);
    named = found->type->id() == TypeId::kStruct;
    fields = &found->type->fields();
  }
  return logical;
}

TableMetadata AddColumn(TableMetadata metadata, const ColumnPath& parent, Field field,
                        const ColumnPlace& place) {
  ColumnPath path = parent;
  path.push_back(field.name);
  RequireStruct(metadata.schema, path);
  return WithEdit(std::move(metadata), path, [&](std::vector<Field>& siblings) {
    if (IndexOf(siblings, field.name)) ThrowTaken(path);
    Insert(siblings, field, place, path);
  });
}

TableMetadata DropColumn(TableMetadata metadata, const ColumnPath& path) {
  RequireStruct(metadata.schema, path);
  const ColumnPath spelled = Spelled(metadata.schema, path);
  if (spelled.size() == 1 && IsPartition(metadata, spelled[0])) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4059",
                "the column " + spelled[0] + " cannot be dropped: the table is partitioned by it");
  }
  TableMetadata next = WithEdit(std::move(metadata), path, [&](std::vector<Field>& siblings) {
    if (siblings.size() == 1) {
      throw Error(ErrorKind::kInvalidArgument, "LK-4059",
                  "the column " + PathText(spelled) + " cannot be dropped: it is the only one",
                  "Drop what it is part of.");
    }
    siblings.erase(siblings.begin() +
                   static_cast<std::ptrdiff_t>(Require(siblings, path, path.size() - 1)));
  });
  if (next.schema.fields.size() == next.partition_columns.size()) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4059",
                "the column " + PathText(spelled) +
                    " cannot be dropped: only partition columns would be left");
  }
  return next;
}

TableMetadata RenameColumn(TableMetadata metadata, const ColumnPath& path,
                           const std::string& name) {
  RequireStruct(metadata.schema, path);
  const ColumnPath spelled = Spelled(metadata.schema, path);
  TableMetadata next = WithEdit(std::move(metadata), path, [&](std::vector<Field>& siblings) {
    const size_t at = Require(siblings, path, path.size() - 1);
    const auto taken = IndexOf(siblings, name);
    ColumnPath other = spelled;
    other.back() = name;
    if (taken && *taken != at) ThrowTaken(other);
    siblings[at].name = name;
  });
  if (path.size() > 1) return next;
  for (std::string& column : next.partition_columns) {
    if (Same(column, spelled[0])) column = name;
  }
  return next;
}

TableMetadata MoveColumn(TableMetadata metadata, const ColumnPath& path, const ColumnPlace& place) {
  if (place.where == ColumnPlace::kLast) return metadata;
  RequireStruct(metadata.schema, path);
  return WithEdit(std::move(metadata), path, [&](std::vector<Field>& siblings) {
    const size_t at = Require(siblings, path, path.size() - 1);
    if (place.where == ColumnPlace::kAfter && Same(place.after, path.back())) return;
    Field field = siblings[at];
    siblings.erase(siblings.begin() + static_cast<std::ptrdiff_t>(at));
    Insert(siblings, std::move(field), place, path);
  });
}

TableMetadata EditField(TableMetadata metadata, const ColumnPath& path,
                        const std::function<void(Field&)>& edit) {
  return WithEdit(std::move(metadata), path, [&](std::vector<Field>& siblings) {
    edit(siblings[Require(siblings, path, path.size() - 1)]);
  });
}

TableMetadata CommentColumn(TableMetadata metadata, const ColumnPath& path,
                            const std::string& comment) {
  RequireStruct(metadata.schema, path);
  return EditField(std::move(metadata), path, [&](Field& field) {
    field.metadata.erase(kCommentKey);
    if (!comment.empty()) field.metadata[kCommentKey] = nlohmann::json(comment).dump();
  });
}

TableMetadata SetNullable(TableMetadata metadata, const ColumnPath& path, bool nullable) {
  return EditField(std::move(metadata), path, [&](Field& field) { field.nullable = nullable; });
}

TableMetadata SetDefault(TableMetadata metadata, const ColumnPath& path,
                         const std::optional<std::string>& expression) {
  RequireStruct(metadata.schema, path);
  return EditField(std::move(metadata), path, [&](Field& field) {
    field.metadata.erase(kDefaultKey);
    if (expression) field.metadata[kDefaultKey] = nlohmann::json(*expression).dump();
  });
}

TableMetadata SetType(TableMetadata metadata, const ColumnPath& path, DataTypePtr type) {
  return EditField(std::move(metadata), path, [&](Field& field) {
    if (field.type->is_nested() || type->is_nested()) {
      throw Error(ErrorKind::kInvalidArgument, "LK-4058",
                  "the type of " + PathText(path) + " cannot change from " +
                      field.type->ToString() + " to " + type->ToString(),
                  "Name the part of it that changes, such as column.element.");
    }
    field.type = type;
  });
}

std::vector<std::string> CheckPartitionColumns(const Schema& schema,
                                               const std::vector<std::string>& columns) {
  std::vector<std::string> checked;
  for (const std::string& column : columns) {
    const auto position = schema.IndexOf(column);
    const bool variant = position && schema.fields[*position].type->id() == TypeId::kVariant;
    if (!position || variant || schema.fields[*position].type->is_nested()) {
      throw Error(ErrorKind::kInvalidSchema, "LK-3007",
                  "cannot partition by " + column +
                      (variant    ? ": it is a variant, which has no order"
                       : position ? ": it is nested"
                                  : ": there is no such column"),
                  position ? "" : DidYouMean(column, schema.Names()));
    }
    const std::string& name = schema.fields[*position].name;
    if (std::find(checked.begin(), checked.end(), name) != checked.end()) {
      throw Error(ErrorKind::kInvalidSchema, "LK-3007",
                  "partition column " + column + " is named twice");
    }
    checked.push_back(name);
  }
  if (!schema.fields.empty() && checked.size() == schema.fields.size()) {
    throw Error(ErrorKind::kInvalidSchema, "LK-3007", "every column is a partition column",
                "At least one column must be stored in the files.");
  }
  return checked;
}

void ForEachField(const Schema& schema,
                  const std::function<void(const ColumnPath& path, const Field& field)>& visit) {
  Visit(schema.fields, {}, true, visit);
}

bool Overlap(const ColumnPath& path, const ColumnPath& used) {
  const size_t common = std::min(path.size(), used.size());
  for (size_t i = 0; i < common; ++i) {
    if (!Same(path[i], used[i])) return false;
  }
  return true;
}

}  // namespace lakehouse::storage
