#include "query/engines/duckdb/insert_sql.h"

#include <algorithm>

#include "base/error.h"
#include "base/suggest.h"
#include "query/engines/duckdb/pch.h"
#include "query/engines/duckdb/types.h"

namespace lakehouse::query::duckdb {
namespace {

using dialect::InsertRows;
using Names = std::vector<std::string>;

std::string Quoted(const std::string& name) { return dk::KeywordHelper::WriteQuoted(name, '"'); }

std::string Joined(const Names& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

Names QuotedAll(const Names& names, const std::string& before = "") {
  Names quoted;
  for (const auto& name : names) quoted.push_back(before + Quoted(name));
  return quoted;
}

[[noreturn]] void RefusePartition(const std::string& why, const std::string& hint = {}) {
  throw Error(ErrorKind::kInvalidArgument, "LK-4069", why, hint);
}

bool Has(const Names& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& other) {
    return catalog::FoldCase(other) == catalog::FoldCase(name);
  });
}

/// The columns of the rows as they are written, those with constants behind them.
struct Layout {
  Names given;     ///< what the query gives, in order
  Names constant;  ///< partition columns with a value
  Names values;    ///< their values, cast to the columns' types

  Names All() const {
    Names all = given;
    all.insert(all.end(), constant.begin(), constant.end());
    return all;
  }
};

std::string TypeOf(const storage::TableMetadata& metadata, const std::string& column) {
  const auto at = metadata.schema.IndexOf(column);
  return ToDuckDb(*metadata.schema.fields[*at].type).ToString();
}

Layout LayoutOf(const InsertRows& insert, const storage::TableMetadata& metadata) {
  Layout layout;
  Names dynamic;
  for (const auto& partition : insert.partitions) {
    if (!Has(metadata.partition_columns, partition.column)) {
      RefusePartition("the table is not partitioned by " + partition.column,
                      DidYouMean(partition.column, metadata.partition_columns));
    }
    if (Has(layout.constant, partition.column) || Has(dynamic, partition.column)) {
      RefusePartition("the column " + partition.column + " is twice in PARTITION");
    }
    if (!partition.value) {
      dynamic.push_back(partition.column);
      continue;
    }
    layout.constant.push_back(partition.column);
    layout.values.push_back("CAST(" + *partition.value + " AS " +
                            TypeOf(metadata, partition.column) + ")");
  }
  if (!insert.columns.empty()) {
    for (const auto& column : insert.columns) {
      if (Has(layout.constant, column)) {
        RefusePartition("the column " + column + " has a value in PARTITION already");
      }
    }
    layout.given = insert.columns;
    return layout;
  }
  for (const auto& field : metadata.schema.fields) {
    if (!Has(layout.constant, field.name) && !Has(dynamic, field.name)) {
      layout.given.push_back(field.name);
    }
  }
  layout.given.insert(layout.given.end(), dynamic.begin(), dynamic.end());
  return layout;
}

/// The rows with the constants behind them, on lines of their own.
std::string RowsOf(const InsertRows& insert, const Layout& layout) {
  Names selected = {"given.*"};
  for (size_t i = 0; i < layout.constant.size(); ++i) {
    selected.push_back(layout.values[i] + " AS " + Quoted(layout.constant[i]));
  }
  std::string sql = "SELECT " + Joined(selected) + " FROM (\n" + insert.rows + "\n) AS given";
  if (!insert.by_name) sql += "(" + Joined(QuotedAll(layout.given)) + ")";
  return sql;
}

/// One row for each partition that goes: its values.
std::string GoneOf(const storage::TableMetadata& metadata, const Layout& layout, bool dynamic) {
  if (dynamic || layout.constant.empty()) {
    return "SELECT DISTINCT " + Joined(QuotedAll(metadata.partition_columns)) + " FROM new_rows";
  }
  Names values;
  for (size_t i = 0; i < layout.constant.size(); ++i) {
    values.push_back(layout.values[i] + " AS " + Quoted(layout.constant[i]));
  }
  return "SELECT " + Joined(values);
}

/// Rows of the partitions go, the new ones come.
std::string OverwriteSql(const InsertRows& insert, const std::string& target,
                         const storage::TableMetadata& metadata, const Layout& layout,
                         bool dynamic) {
  if (insert.by_name) {
    throw Error(ErrorKind::kUnsupported, "LK-4012",
                "BY NAME of an INSERT that overwrites partitions",
                "List the columns, or select them in the table's order.");
  }
  const bool by_value = !dynamic && !layout.constant.empty();
  const Names& keys = by_value ? layout.constant : metadata.partition_columns;
  const Names all = layout.All();
  std::string on = "changed.\"lakehouse gone\"";
  for (const auto& key : keys) {
    on += " AND target." + Quoted(key) + " IS NOT DISTINCT FROM changed." + Quoted(key);
  }
  return "WITH new_rows AS MATERIALIZED (" + RowsOf(insert, layout) + ") MERGE INTO " + target +
         " AS target USING (SELECT *, false AS \"lakehouse gone\" FROM new_rows UNION ALL BY NAME "
         "SELECT *, true AS \"lakehouse gone\" FROM (" +
         GoneOf(metadata, layout, dynamic) + ")) AS changed ON " + on +
         " WHEN MATCHED THEN DELETE WHEN NOT MATCHED AND NOT changed.\"lakehouse gone\" THEN "
         "INSERT (" +
         Joined(QuotedAll(all)) + ") VALUES (" + Joined(QuotedAll(all, "changed.")) + ")";
}

std::string TextLiteral(const std::string& text) {
  return dk::KeywordHelper::WriteQuoted(text, '\'');
}

/// Rows that match go, the new ones come, and each of them has to match. No new row is equal to a
/// row of the table: a key that is null in a way that the engine does not see beforehand keeps the
/// join one of hashes.
std::string ReplaceSql(const InsertRows& insert, const std::string& target, const Layout& layout) {
  const std::string key = Quoted(layout.given[0]);
  const std::string message = std::string(kReplaceWhereMark) + insert.replace_where_text;
  return "MERGE INTO " + target + " AS target USING (SELECT * FROM (" + RowsOf(insert, layout) +
         ") WHERE CASE WHEN (\n" + insert.replace_where + "\n) THEN true ELSE error(" +
         TextLiteral(message) + ") END) AS new_rows ON target." + key + " = nullif(new_rows." +
         key + ", new_rows." + key + ") WHEN NOT MATCHED THEN INSERT (" +
         Joined(QuotedAll(layout.given)) + ") VALUES (" +
         Joined(QuotedAll(layout.given, "new_rows.")) + ") WHEN NOT MATCHED BY SOURCE AND (\n" +
         insert.replace_where + "\n) THEN DELETE";
}

}  // namespace

bool OverwritesAll(const InsertRows& insert, const storage::TableMetadata& metadata, bool dynamic) {
  if (!insert.overwrite) return false;
  const bool some = !insert.partitions.empty() || (dynamic && !metadata.partition_columns.empty());
  return !some;
}

std::optional<std::string> ReplacedRows(const InsertRows& insert,
                                        const storage::TableMetadata& metadata, bool dynamic) {
  if (!insert.replace_where.empty()) return insert.replace_where_text;
  if (!insert.overwrite || OverwritesAll(insert, metadata, dynamic)) return std::nullopt;
  std::string condition;
  for (const auto& partition : insert.partitions) {
    if (dynamic || !partition.value) continue;
    condition += (condition.empty() ? "" : " AND ") + partition.column + " = " + *partition.value;
  }
  return condition;
}

std::string InsertSql(const InsertRows& insert, const std::string& target,
                      const storage::TableMetadata& metadata, bool dynamic) {
  const Layout layout = LayoutOf(insert, metadata);
  if (!insert.replace_where.empty()) return ReplaceSql(insert, target, layout);
  if (insert.overwrite && !OverwritesAll(insert, metadata, dynamic)) {
    return OverwriteSql(insert, target, metadata, layout, dynamic);
  }
  if (!insert.plain.empty()) return insert.plain;
  if (!insert.by_name) {
    return "INSERT INTO " + target + " (" + Joined(QuotedAll(layout.All())) + ") " +
           RowsOf(insert, layout);
  }
  if (insert.columns.empty()) return "INSERT INTO " + target + " BY NAME " + RowsOf(insert, layout);
  return "INSERT INTO " + target + " BY NAME SELECT " + Joined(QuotedAll(layout.All())) +
         " FROM (" + RowsOf(insert, layout) + ")";
}

}  // namespace lakehouse::query::duckdb
