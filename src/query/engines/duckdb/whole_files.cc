#include "query/engines/duckdb/whole_files.h"

#include <duckdb/execution/operator/filter/physical_filter.hpp>
#include <duckdb/execution/operator/scan/physical_table_scan.hpp>

#include "query/engines/duckdb/file_list.h"
#include "query/engines/duckdb/lake_session.h"

namespace lakehouse::query::duckdb {

std::vector<size_t> TakeWholeFiles(dk::ClientContext& context, dk::PhysicalOperator& rows) {
  auto* below = &rows;
  bool filtered = false;
  while (below->type != dk::PhysicalOperatorType::TABLE_SCAN) {
    const bool projects = below->type == dk::PhysicalOperatorType::PROJECTION;
    if (!projects && below->type != dk::PhysicalOperatorType::FILTER) return {};
    if (!projects) {
      // The engine pushes no condition down that has another value for each call.
      if (below->Cast<dk::PhysicalFilter>().expression->IsVolatile()) return {};
      filtered = true;
    }
    below = &below->children[0].get();
  }
  auto& scan = below->Cast<dk::PhysicalTableScan>();
  if (scan.function.name != kScanName) return {};
  filtered = filtered || (scan.table_filters && !scan.table_filters->filters.empty());
  auto& bound = scan.bind_data->Cast<dk::MultiFileBindData>();
  const auto& list = dynamic_cast<const LakeFileList&>(*bound.file_list);
  const auto& read = list.scanned().read;
  if (!read || scan.dynamic_filters || (filtered && read->IsEverything())) return {};
  const auto& snapshot = *list.snapshot();
  auto whole =
      SessionOf(context).Guard([&] { return read->WhollyRead(context, snapshot, list.kept()); });
  std::erase_if(whole, [&](size_t file) { return snapshot.file(file).num_records < 0; });
  if (!whole.empty()) bound.file_list = list.WithoutFiles(whole);
  return whole;
}

}  // namespace lakehouse::query::duckdb
