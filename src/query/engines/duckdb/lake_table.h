#pragma once

#include <memory>

#include "query/engines/duckdb/lake_catalog.h"
#include "storage/table.h"

namespace lakehouse::query::duckdb {

/// One table at one version, for one statement.
class LakeTable : public dk::TableCatalogEntry {
 public:
  LakeTable(dk::Catalog& catalog, dk::SchemaCatalogEntry& schema, dk::CreateTableInfo& info,
            catalog::ResolvedObject object, storage::SnapshotPtr snapshot);

  const catalog::ResolvedObject& object() const { return object_; }
  const storage::SnapshotPtr& snapshot() const { return snapshot_; }

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
  dk::vector<dk::column_t> GetRowIdColumns() const override { return {}; }

 private:
  const catalog::ResolvedObject object_;
  const storage::SnapshotPtr snapshot_;
};

/// The engine's description of the snapshot's columns.
void DescribeColumns(const storage::Schema& schema, dk::CreateTableInfo& info);
/// The version that an AT clause names.
storage::SnapshotPtr SnapshotAt(dk::ClientContext& context, storage::Table& table,
                                const dk::BoundAtClause& at);

}  // namespace lakehouse::query::duckdb
