#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "storage/snapshot.h"

namespace lakehouse::storage {

/// Where a column stands among its siblings.
struct ColumnPlace {
  enum Where { kLast, kFirst, kAfter } where = kLast;
  std::string after;  ///< of kAfter: the sibling's name

  /// "first", "after x", or empty for the end.
  std::string ToString() const;
};

// Changes of the columns of a table. Each takes the metadata that is there and gives the one that
// the change leads to; files are not looked at. A path goes through structs by name, through arrays
// by "element" and through maps by "key" and "value"; names are compared without regard to case.
// Errors of all: NotFound LK-4056 with candidates for a column that is not there.

/// "a.b", with `` around parts that are no plain names.
std::string PathText(const ColumnPath& path);

/// Nothing when there is no such column.
const Field* FindField(const Schema& schema, const ColumnPath& path);
/// `path` in the spelling of the schema.
ColumnPath Spelled(const Schema& schema, const ColumnPath& path);
/// The names that files, statistics and domains use, under `mapping`.
ColumnPath PhysicalPath(const Schema& schema, const ColumnPath& path, ColumnMapping mapping);
/// The reverse; nothing when no column has this physical path.
std::optional<ColumnPath> LogicalPath(const Schema& schema, const ColumnPath& physical,
                                      ColumnMapping mapping);

/// AlreadyExists LK-4055 for a name that is taken.
TableMetadata AddColumn(TableMetadata metadata, const ColumnPath& parent, Field field,
                        const ColumnPlace& place);
/// InvalidArgument LK-4059 for a partition column, the last column of its struct, and the last
/// column beside the partition columns. Whoever calls knows that columns are mapped.
TableMetadata DropColumn(TableMetadata metadata, const ColumnPath& path);
/// AlreadyExists LK-4055 for a name that is taken.
TableMetadata RenameColumn(TableMetadata metadata, const ColumnPath& path, const std::string& name);
TableMetadata MoveColumn(TableMetadata metadata, const ColumnPath& path, const ColumnPlace& place);
/// An empty comment takes it away.
TableMetadata CommentColumn(TableMetadata metadata, const ColumnPath& path,
                            const std::string& comment);
TableMetadata SetNullable(TableMetadata metadata, const ColumnPath& path, bool nullable);
/// A default that is nothing takes it away.
TableMetadata SetDefault(TableMetadata metadata, const ColumnPath& path,
                         const std::optional<std::string>& expression);
/// Gives the column another type without a word about the files that have the old one.
/// InvalidArgument LK-4058 for a struct.
TableMetadata SetType(TableMetadata metadata, const ColumnPath& path, DataTypePtr type);

/// The partition columns in the spelling of the schema. InvalidSchema LK-3007 for a column that is
/// not there, is nested or named twice, and when no column is left for the files.
std::vector<std::string> CheckPartitionColumns(const Schema& schema,
                                               const std::vector<std::string>& columns);

/// Calls `visit` for every field that has a name of its own, structs before what is in them.
void ForEachField(const Schema& schema,
                  const std::function<void(const ColumnPath& path, const Field& field)>& visit);
/// Runs `edit` on the column at `path`.
TableMetadata EditField(TableMetadata metadata, const ColumnPath& path,
                        const std::function<void(Field&)>& edit);

/// Is the column at `path` the same as `used`, in it or around it?
bool Overlap(const ColumnPath& path, const ColumnPath& used);

}  // namespace lakehouse::storage
