#include "query/engines/duckdb/unique_columns.h"

#include <algorithm>

namespace lakehouse::query::duckdb {
namespace {

/// Is all of one column asked for, under two names?
bool Same(const dk::ColumnIndex& one, const dk::ColumnIndex& other) {
  return one.GetPrimaryIndex() == other.GetPrimaryIndex() && !one.IsPushdownExtract() &&
         !other.IsPushdownExtract();
}

}  // namespace

dk::TableFunctionInitInput WithUniqueColumns(const dk::TableFunctionInitInput& input) {
  // Places stay, as filters name them: a column that is there already leaves an empty one behind.
  auto columns = input.column_indexes;
  std::vector<dk::idx_t> place(columns.size());
  bool twice = false;
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto end = columns.begin() + static_cast<std::ptrdiff_t>(i);
    const auto found = std::find_if(columns.begin(), end,
                                    [&](const auto& known) { return Same(known, columns[i]); });
    place[i] = static_cast<dk::idx_t>(found - columns.begin());
    if (found == end) continue;
    twice = true;
    if (*found != columns[i]) *found = dk::ColumnIndex(found->GetPrimaryIndex());  // all fields
    columns[i] = dk::ColumnIndex(dk::COLUMN_IDENTIFIER_EMPTY);
  }
  if (!twice) return input;
  dk::vector<dk::idx_t> projection;
  if (input.projection_ids.empty()) {
    projection.assign(place.begin(), place.end());
  } else {
    for (const auto id : input.projection_ids) projection.push_back(place[id]);
  }
  // A projection as wide as the scan is taken for none.
  if (projection.size() == columns.size()) columns.emplace_back(dk::COLUMN_IDENTIFIER_EMPTY);
  return {input.bind_data, std::move(columns),   projection,
          input.filters,   input.sample_options, input.op};
}

}  // namespace lakehouse::query::duckdb
