#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "storage/schema.h"

namespace lakehouse::query::duckdb::dialect {

class Cursor;

/// A table by its name of one to three parts, or as delta.`path`.
struct TableTarget {
  std::vector<std::string> name;  ///< empty when path is set
  std::string path;
};

/// VERSION AS OF n or TIMESTAMP AS OF ...; neither: the latest.
struct AsOf {
  std::optional<int64_t> version;
  std::string timestamp;   ///< '...' as written
  std::string expression;  ///< of the time, in DuckDB's spelling, in place of `timestamp`
};

/// VACUUM table [FULL | LITE] [RETAIN n HOURS] [DRY RUN]
struct Vacuum {
  TableTarget table;
  bool lite = false;
  std::optional<double> retain_hours;
  bool dry_run = false;
};

/// RESTORE [TABLE] table TO VERSION | TIMESTAMP AS OF ...
struct Restore {
  TableTarget table;
  AsOf to;
};

/// CREATE [OR REPLACE] TABLE [IF NOT EXISTS] target [SHALLOW | DEEP] CLONE source [VERSION |
/// TIMESTAMP AS OF ...] [TBLPROPERTIES (...)] [LOCATION '...']. Deep when neither is said.
struct CloneTable {
  TableTarget target;
  TableTarget source;
  bool or_replace = false;
  bool if_not_exists = false;
  bool shallow = false;
  AsOf as_of;
  std::map<std::string, std::string> properties;
  std::string location;
};

/// CONVERT TO DELTA parquet.`path` [NO STATISTICS] [PARTITIONED BY (name type, ...)]
struct ConvertToDelta {
  std::string path;
  bool statistics = true;
  storage::Schema partition_columns;
};

using Maintenance = std::variant<Vacuum, Restore, CloneTable, ConvertToDelta>;

/// A name, delta.`path`, or '/path'; LK-4001 for something else.
TableTarget ParseTarget(Cursor& cursor);

/// One of the statements above, or nothing, with the cursor where it was. LK-4001 for one of them
/// that is wrong, LK-4012 for a part of them that is refused by name.
std::optional<Maintenance> ParseMaintenance(Cursor& cursor);

}  // namespace lakehouse::query::duckdb::dialect
