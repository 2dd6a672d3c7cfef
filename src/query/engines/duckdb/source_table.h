#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "query/engines/duckdb/lake_schema.h"
#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// Rows of the caller (QueryRequest::sources) as a table that can only be read. They are in memory,
/// so a statement reads them as often as its plan wants.
class SourceTable : public dk::TableCatalogEntry {
 public:
  /// InvalidArgument LK-4092 for columns that share a name.
  static dk::unique_ptr<SourceTable> Make(dk::ClientContext& context, LakeSchema& schema,
                                          const std::string& name,
                                          std::shared_ptr<arrow::Table> rows);
  SourceTable(dk::Catalog& catalog, dk::SchemaCatalogEntry& schema, dk::CreateTableInfo& info,
              std::shared_ptr<arrow::Table> rows)
      : TableCatalogEntry(catalog, schema, info), rows_(std::move(rows)) {}

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

 private:
  const std::shared_ptr<arrow::Table> rows_;
};

/// Name of the function that reads a SourceTable.
inline constexpr char kSourceScanName[] = "lake_source_scan";

}  // namespace lakehouse::query::duckdb
