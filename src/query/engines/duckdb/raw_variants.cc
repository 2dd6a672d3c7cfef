#include "query/engines/duckdb/raw_variants.h"

#include <parquet_reader.hpp>

namespace lakehouse::query::duckdb {
namespace {

using Kind = dk::ParquetColumnSchemaType;

/// Did a type in `column` change?
bool MakeRaw(dk::ParquetColumnSchema& column) {
  bool changed = false;
  for (auto& child : column.children) changed = MakeRaw(child) || changed;
  const bool marked = column.schema_type == Kind::VARIANT && column.children.size() == 2;
  if (marked) column.schema_type = Kind::COLUMN;
  if (!marked && !changed) return false;
  const auto& children = column.children;
  if (marked || column.type.id() == dk::LogicalTypeId::STRUCT) {
    dk::child_list_t<dk::LogicalType> types;
    for (const auto& child : children) types.emplace_back(child.name, child.type);
    column.type = dk::LogicalType::STRUCT(std::move(types));
  } else if (column.type.id() == dk::LogicalTypeId::MAP) {
    column.type = dk::LogicalType::MAP(children[0].type);
  } else {
    column.type = dk::LogicalType::LIST(children[0].type);
  }
  return true;
}

void TakeTypes(const dk::ParquetColumnSchema& from, dk::MultiFileColumnDefinition& column) {
  column.type = from.type;
  for (size_t i = 0; i < column.children.size(); ++i) {
    TakeTypes(from.children[i], column.children[i]);
  }
}

}  // namespace

void ReadVariantsRaw(dk::BaseFileReader& reader) {
  auto& parquet = reader.Cast<dk::ParquetReader>();
  auto& columns = parquet.root_schema->children;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (MakeRaw(columns[i])) TakeTypes(columns[i], parquet.columns[i]);
  }
}

}  // namespace lakehouse::query::duckdb
