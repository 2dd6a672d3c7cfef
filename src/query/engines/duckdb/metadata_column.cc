#include "query/engines/duckdb/metadata_column.h"

#include <duckdb/function/function_binder.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_reference_expression.hpp>

#include "query/engines/duckdb/lake_session.h"
#include "storage/file_place.h"

namespace lakehouse::query::duckdb {
namespace {

constexpr char kRowIndex[] = "row_index";

}  // namespace

dk::LogicalType MetadataType() {
  return dk::LogicalType::STRUCT({{"file_path", dk::LogicalType::VARCHAR},
                                  {"file_name", dk::LogicalType::VARCHAR},
                                  {"file_size", dk::LogicalType::BIGINT},
                                  {"file_modification_time", dk::LogicalType::TIMESTAMP_TZ},
                                  {kRowIndex, dk::LogicalType::BIGINT}});
}

std::optional<dk::Value> MetadataOf(const LakeScanInfo& scanned, LakeSession& session, size_t index,
                                    const std::string& field) {
  const auto entry = scanned.snapshot->file(index);
  if (field == "file_size") return dk::Value::BIGINT(entry.size_bytes);
  if (field == "file_modification_time") {
    return dk::Value::TIMESTAMPTZ(dk::timestamp_tz_t(entry.modified_ms * 1000));
  }
  if (field == "file_name") {
    const auto slash = entry.path.rfind('/');
    return dk::Value(
        std::string(slash == std::string::npos ? entry.path : entry.path.substr(slash + 1)));
  }
  if (field != "file_path") return std::nullopt;
  const auto place = session.Guard(
      [&] { return storage::LocateFile(entry.path, scanned.root, &session.lake->stores()); });
  return dk::Value(place.uri());
}

dk::unique_ptr<dk::Expression> MetadataExpression(dk::ClientContext& context,
                                                  const LakeScanInfo& scanned, size_t index,
                                                  dk::idx_t row_number) {
  dk::vector<dk::unique_ptr<dk::Expression>> fields;
  const auto whole = MetadataType();
  for (const auto& [name, type] : dk::StructType::GetChildTypes(whole)) {
    if (auto value = MetadataOf(scanned, SessionOf(context), index, name)) {
      fields.push_back(dk::make_uniq<dk::BoundConstantExpression>(*std::move(value)));
    } else {
      fields.push_back(dk::make_uniq<dk::BoundReferenceExpression>(type, row_number));
    }
    fields.back()->SetAlias(name);
  }
  dk::ErrorData error;
  dk::FunctionBinder binder(context);
  auto made = binder.BindScalarFunction(DEFAULT_SCHEMA, "struct_pack", std::move(fields), error);
  if (error.HasError()) error.Throw();
  return made;
}

}  // namespace lakehouse::query::duckdb
