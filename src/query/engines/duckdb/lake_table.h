#pragma once

#include <memory>
#include <optional>

#include "query/engines/duckdb/lake_catalog.h"
#include "query/engines/duckdb/scan.h"
#include "storage/table.h"

namespace lakehouse::query::duckdb {

/// One table at one version, for one statement.
class LakeTable : public dk::TableCatalogEntry {
 public:
  LakeTable(dk::Catalog& catalog, dk::SchemaCatalogEntry& schema, dk::CreateTableInfo& info,
            catalog::ResolvedObject object, storage::SnapshotPtr snapshot,
            ScanSelectionPtr selection = nullptr);

  const catalog::ResolvedObject& object() const { return object_; }
  const storage::SnapshotPtr& snapshot() const { return snapshot_; }

  /// Why a default of the table cannot be kept; nobody writes rows then.
  const std::optional<Error>& refused_default() const { return refused_default_; }
  void RefuseDefault(Error why) { refused_default_ = std::move(why); }

  dk::unique_ptr<dk::BaseStatistics> GetStatistics(dk::ClientContext&, dk::column_t) override {
    return nullptr;
  }
  dk::TableFunction GetScanFunction(dk::ClientContext& context,
                                    dk::unique_ptr<dk::FunctionData>& bind_data) override;
  dk::TableFunction GetScanFunction(dk::ClientContext& context,
                                    dk::unique_ptr<dk::FunctionData>& bind_data,
                                    const dk::EntryLookupInfo&) override {
    return GetScanFunction(context, bind_data);
  }
  dk::TableStorageInfo GetStorageInfo(dk::ClientContext&) override { return {}; }
  dk::virtual_column_map_t GetVirtualColumns() const override;
  /// What names a row: its file in the snapshot and its number in the file.
  dk::vector<dk::column_t> GetRowIdColumns() const override;
  /// An update writes whole new rows, so it needs every column; a MERGE reads late those that it
  /// does not set. Generated ones that are not set are computed anew. InvalidArgument LK-4043 when
  /// it sets an identity column.
  void BindUpdateConstraints(dk::Binder& binder, dk::LogicalGet& get, dk::LogicalProjection& rows,
                             dk::LogicalUpdate& update, dk::ClientContext& context) override;

 private:
  const catalog::ResolvedObject object_;
  const storage::SnapshotPtr snapshot_;
  const ScanSelectionPtr selection_;  ///< null: every file and row
  std::optional<Error> refused_default_;
};

/// The engine's description of the snapshot's columns.
void DescribeColumns(const storage::Schema& schema, dk::CreateTableInfo& info);
/// The version that an AT clause names.
storage::SnapshotPtr SnapshotAt(dk::ClientContext& context, storage::Table& table,
                                const dk::BoundAtClause& at);

}  // namespace lakehouse::query::duckdb
