#include "query/engines/duckdb/lake_table.h"

#include <duckdb/parser/constraints/not_null_constraint.hpp>
#include <duckdb/planner/expression/bound_default_expression.hpp>
#include <duckdb/storage/table_storage_info.hpp>

#include "query/engines/duckdb/column_defaults.h"
#include "query/engines/duckdb/lake_transaction.h"
#include "query/engines/duckdb/late_rows.h"
#include "query/engines/duckdb/row_checks.h"
#include "query/engines/duckdb/scan.h"
#include "query/engines/duckdb/types.h"

namespace lakehouse::query::duckdb {
namespace {

/// Where row filters and masks of the decision become part of the plan. A decision that carries any
/// is refused: rows are never shown without the policy that guards them.
void PlantPolicy(const catalog::ResolvedObject& object) {
  if (!object.decision.row_filter && object.decision.masks.empty()) return;
  throw Error(ErrorKind::kUnsupported, "LK-4012",
              "row filters and column masks are not supported: " + object.info.name.ToString());
}

}  // namespace

LakeTable::LakeTable(dk::Catalog& catalog, dk::SchemaCatalogEntry& schema,
                     dk::CreateTableInfo& info, catalog::ResolvedObject object,
                     storage::SnapshotPtr snapshot, ScanSelectionPtr selection)
    : TableCatalogEntry(catalog, schema, info),
      object_(std::move(object)),
      snapshot_(std::move(snapshot)),
      selection_(std::move(selection)) {}

dk::TableFunction LakeTable::GetScanFunction(dk::ClientContext& context,
                                             dk::unique_ptr<dk::FunctionData>& bind_data) {
  return SessionOf(context).Guard([&] {
    PlantPolicy(object_);
    LakeScanInfo what;
    what.snapshot = snapshot_;
    what.root = object_.table->location();
    what.selection = selection_;
    what.table = this;
    if (!selection_) {
      what.read = std::make_shared<ScanRead>();
      LakeTransaction::Get(context, catalog).AddRead(*object_.table, snapshot_, what.read);
    }
    return BindLakeScan(context, catalog.Cast<LakeCatalog>().parquet_scan(), std::move(what),
                        bind_data);
  });
}

dk::virtual_column_map_t LakeTable::GetVirtualColumns() const { return LakeVirtualColumns(); }

dk::vector<dk::column_t> LakeTable::GetRowIdColumns() const {
  return {kFileColumn, dk::MultiFileReader::COLUMN_IDENTIFIER_FILE_ROW_NUMBER};
}

void LakeTable::BindUpdateConstraints(dk::Binder&, dk::LogicalGet& get, dk::LogicalProjection& rows,
                                      dk::LogicalUpdate& update, dk::ClientContext& context) {
  const auto& schema = snapshot_->schema();
  std::set<size_t> set;
  for (const auto& column : update.columns) set.insert(column.index);
  SessionOf(context).Guard([&] {
    for (const size_t column : set) {
      if (IdentityOf(schema.fields[column])) ThrowIdentityValue(schema.fields[column].name);
    }
  });
  update.update_is_del_and_insert = true;
  const auto generated = GeneratedColumns(schema);
  // Rows of a MERGE are joined first, and what is missing of them is read afterwards.
  if (rows.children.empty() && CanReadLate(schema)) {
    for (const size_t column : generated) {
      if (set.count(column) > 0) continue;
      update.columns.emplace_back(column);
      update.expressions.push_back(
          dk::make_uniq<dk::BoundDefaultExpression>(ToDuckDb(*schema.fields[column].type)));
    }
    return;
  }
  dk::physical_index_set_t every;
  for (auto& column : GetColumns().Physical()) every.insert(column.Physical());
  dk::LogicalUpdate::BindExtraColumns(*this, get, rows, update, every);
  for (size_t i = 0; i < update.columns.size(); ++i) {
    const size_t column = update.columns[i].index;
    if (generated.count(column) == 0 || set.count(column) > 0) continue;
    update.expressions[i] =
        dk::make_uniq<dk::BoundDefaultExpression>(update.expressions[i]->return_type);
  }
}

void DescribeColumns(const storage::Schema& schema, dk::CreateTableInfo& info) {
  for (size_t i = 0; i < schema.fields.size(); ++i) {
    const auto& field = schema.fields[i];
    info.columns.AddColumn(dk::ColumnDefinition(field.name, ToDuckDb(*field.type)));
    if (!field.nullable) {
      info.constraints.push_back(dk::make_uniq<dk::NotNullConstraint>(dk::LogicalIndex(i)));
    }
  }
}

storage::SnapshotPtr SnapshotAt(dk::ClientContext& context, storage::Table& table,
                                const dk::BoundAtClause& at) {
  if (catalog::FoldCase(at.Unit()) == "version") {
    return table.At(at.GetValue().CastAs(context, dk::LogicalType::BIGINT).GetValue<int64_t>());
  }
  auto moment = at.GetValue().CastAs(context, dk::LogicalType::TIMESTAMP_TZ);
  return table.AtTimestamp(moment.GetValue<dk::timestamp_tz_t>().value / 1000);
}

}  // namespace lakehouse::query::duckdb
