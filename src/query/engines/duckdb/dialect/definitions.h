#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "storage/schema.h"
#include "storage/schema_change.h"

/// The statements that define tables: CREATE TABLE and ALTER TABLE.
namespace lakehouse::query::duckdb::dialect {

/// An expression that a table keeps, as it was written.
struct Rule {
  enum Kind { kCheck, kGenerated, kDefault } kind = kCheck;
  std::string name;            ///< of a constraint; empty: it gets one
  storage::ColumnPath column;  ///< of the other kinds
  std::string text;
  std::string place;  ///< "line:column" in the statement
};

/// Names are one to three parts, unquoted, in the case that was written.
struct CreateTable {
  std::vector<std::string> name;
  bool if_not_exists = false;
  bool or_replace = false;
  bool must_exist = false;  ///< with or_replace: REPLACE TABLE, without CREATE
  std::string format = "delta";
  storage::Schema schema;   ///< empty with as_select and like
  std::vector<Rule> rules;  ///< of the columns and the table, beside what the fields say of them
  std::vector<std::string> partition_columns;
  std::optional<std::vector<storage::ColumnPath>> cluster_by;
  std::map<std::string, std::string> properties;
  std::string comment;
  std::string location;
  std::vector<std::string> like;  ///< the table whose columns are taken; empty: none
  std::string as_select;          ///< DuckDB SQL; empty: none
};

struct AddColumns {
  struct One {
    storage::ColumnPath parent;
    storage::Field field;
    storage::ColumnPlace place;
  };
  std::vector<One> columns;
  std::vector<Rule> rules;
  bool if_not_exists = false;
};

struct DropColumns {
  std::vector<storage::ColumnPath> columns;
  bool if_exists = false;
};

struct RenameColumn {
  storage::ColumnPath column;
  std::string name;
};

/// What is not set stays.
struct ChangeColumn {
  storage::ColumnPath column;
  storage::DataTypePtr type;
  std::optional<std::string> comment;
  std::optional<bool> nullable;
  storage::ColumnPlace place;
  std::optional<Rule> set_default;
  bool drop_default = false;
};

struct SetProperties {
  std::map<std::string, std::string> properties;
};

struct UnsetProperties {
  std::vector<std::string> keys;
  bool if_exists = false;
};

struct AddConstraint {
  Rule rule;
};

struct DropConstraint {
  std::string name;
  bool if_exists = false;
};

/// No columns: NONE.
struct ClusterBy {
  std::vector<storage::ColumnPath> columns;
};

struct CommentTable {
  std::string comment;
};

struct RenameTable {
  std::vector<std::string> name;
};

struct DropFeature {
  std::string feature;
  bool truncate_history = false;
};

using TableChange = std::variant<AddColumns, DropColumns, RenameColumn, ChangeColumn, SetProperties,
                                 UnsetProperties, AddConstraint, DropConstraint, ClusterBy,
                                 CommentTable, RenameTable, DropFeature>;

struct AlterTable {
  std::vector<std::string> name;  ///< empty when path is set
  std::string path;               ///< of delta.`path`
  bool if_exists = false;
  TableChange change;
};

}  // namespace lakehouse::query::duckdb::dialect
