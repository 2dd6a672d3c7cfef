#include "query/engines/duckdb/source_table.h"

#include <arrow/api.h>
#include <arrow/c/bridge.h>

#include <duckdb/common/arrow/arrow_wrapper.hpp>
#include <duckdb/function/table/arrow.hpp>
#include <duckdb/parser/tableref/table_function_ref.hpp>
#include <duckdb/storage/statistics/node_statistics.hpp>
#include <duckdb/storage/table_storage_info.hpp>
#include <set>

#include "query/engines/duckdb/lake_session.h"
#include "storage/arrow_status.h"

namespace lakehouse::query::duckdb {
namespace {

const std::shared_ptr<arrow::Table>& RowsAt(uintptr_t place) {
  return *reinterpret_cast<const std::shared_ptr<arrow::Table>*>(place);
}

void Check(const arrow::Status& status) {
  if (!status.ok()) throw dk::InvalidInputException(status.ToString());
}

/// A stream over the columns that the plan wants.
dk::unique_ptr<dk::ArrowArrayStreamWrapper> OpenStream(uintptr_t place,
                                                       dk::ArrowStreamParameters& wanted) {
  auto rows = RowsAt(place);
  if (!wanted.projected_columns.columns.empty()) {
    std::vector<int> columns;
    for (const auto& name : wanted.projected_columns.columns) {
      columns.push_back(rows->schema()->GetFieldIndex(name));
    }
    auto chosen = rows->SelectColumns(columns);
    Check(chosen.status());
    rows = *std::move(chosen);
  }
  auto stream = dk::make_uniq<dk::ArrowArrayStreamWrapper>();
  Check(arrow::ExportRecordBatchReader(std::make_shared<arrow::TableBatchReader>(std::move(rows)),
                                       &stream->arrow_array_stream));
  return stream;
}

void SchemaOf(ArrowArrayStream* place, ArrowSchema& schema) {
  Check(arrow::ExportSchema(*RowsAt(reinterpret_cast<uintptr_t>(place))->schema(), &schema));
}

dk::unique_ptr<dk::NodeStatistics> CardinalityOf(dk::ClientContext&,
                                                 const dk::FunctionData* bound) {
  const auto place = bound->Cast<dk::ArrowScanFunctionData>().stream_factory_ptr;
  const auto rows = static_cast<dk::idx_t>(RowsAt(place)->num_rows());
  return dk::make_uniq<dk::NodeStatistics>(rows, rows);
}

struct BoundSource {
  dk::TableFunction scan;
  dk::unique_ptr<dk::FunctionData> data;
  dk::vector<dk::LogicalType> types;
  dk::vector<std::string> names;
};

/// `rows` stays where it is as long as the scan is used.
BoundSource Bind(dk::ClientContext& context, const std::shared_ptr<arrow::Table>& rows) {
  const auto pointer = [](auto place) {
    return dk::Value::POINTER(reinterpret_cast<uintptr_t>(place));
  };
  BoundSource bound;
  const auto type = dk::LogicalType::POINTER;
  bound.scan = dk::TableFunction(
      kSourceScanName, {type, type, type}, dk::ArrowTableFunction::ArrowScanFunction,
      dk::ArrowTableFunction::ArrowScanBind, dk::ArrowTableFunction::ArrowScanInitGlobal,
      dk::ArrowTableFunction::ArrowScanInitLocal);
  bound.scan.cardinality = CardinalityOf;
  bound.scan.projection_pushdown = true;
  dk::vector<dk::Value> inputs{pointer(&rows), pointer(&OpenStream), pointer(&SchemaOf)};
  dk::named_parameter_map_t named;
  dk::TableFunctionRef reference;
  dk::TableFunctionBindInput input(inputs, named, bound.types, bound.names, nullptr, nullptr,
                                   bound.scan, reference);
  bound.data = bound.scan.bind(context, input, bound.types, bound.names);
  return bound;
}

void CheckNames(const std::string& name, const arrow::Schema& schema) {
  std::set<std::string> names;
  for (const auto& field : schema.fields()) {
    if (names.insert(catalog::FoldCase(field->name())).second) continue;
    throw Error(ErrorKind::kInvalidArgument, "LK-4092",
                "the rows of " + name + " have two columns " + field->name(),
                "rename one; names are the same in any case");
  }
}

}  // namespace

dk::unique_ptr<SourceTable> SourceTable::Make(dk::ClientContext& context, LakeSchema& schema,
                                              const std::string& name,
                                              std::shared_ptr<arrow::Table> rows) {
  CheckNames(name, *rows->schema());
  const auto bound = Bind(context, rows);
  dk::CreateTableInfo info(schema, name);
  for (dk::idx_t i = 0; i < bound.types.size(); ++i) {
    info.columns.AddColumn(dk::ColumnDefinition(bound.names[i], bound.types[i]));
  }
  return dk::make_uniq<SourceTable>(schema.ParentCatalog(), schema, info, std::move(rows));
}

dk::TableFunction SourceTable::GetScanFunction(dk::ClientContext& context,
                                               dk::unique_ptr<dk::FunctionData>& bind_data) {
  auto bound = Bind(context, rows_);
  bind_data = std::move(bound.data);
  return bound.scan;
}

}  // namespace lakehouse::query::duckdb
