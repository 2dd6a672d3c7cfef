#include "query/engines/duckdb/instants.h"

#include <algorithm>
#include <duckdb/function/cast/cast_function_set.hpp>
#include <duckdb/function/cast/default_casts.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>

#include "base/error.h"

namespace lakehouse::query::duckdb {
namespace {

using dk::LogicalTypeId;

bool IsInUtc(dk::ClientContext& context) {
  dk::Value zone;
  if (!context.TryGetCurrentSetting("TimeZone", zone)) return true;
  const std::string name = zone.ToString();
  return name == "UTC" || name == "Etc/UTC";
}

/// Is a wall clock of the file an instant of the table, at any depth that both types share?
bool Differs(const dk::LogicalType& in_file, const dk::LogicalType& in_table) {
  if (in_table.id() == LogicalTypeId::TIMESTAMP_TZ) return in_file.id() == LogicalTypeId::TIMESTAMP;
  if (in_table.id() != in_file.id()) return false;
  switch (in_table.id()) {
    case LogicalTypeId::LIST:
      return Differs(dk::ListType::GetChildType(in_file), dk::ListType::GetChildType(in_table));
    case LogicalTypeId::MAP:
      return Differs(dk::MapType::KeyType(in_file), dk::MapType::KeyType(in_table)) ||
             Differs(dk::MapType::ValueType(in_file), dk::MapType::ValueType(in_table));
    case LogicalTypeId::STRUCT: {
      const auto& wanted = dk::StructType::GetChildTypes(in_table);
      for (const auto& [name, type] : dk::StructType::GetChildTypes(in_file)) {
        for (const auto& [other, other_type] : wanted) {
          if (dk::StringUtil::CIEquals(name, other) && Differs(type, other_type)) return true;
        }
      }
      return false;
    }
    default:
      return false;
  }
}

bool HoldsClock(const dk::LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::TIMESTAMP:
      return true;
    case LogicalTypeId::LIST:
      return HoldsClock(dk::ListType::GetChildType(type));
    case LogicalTypeId::MAP:
      return HoldsClock(dk::MapType::KeyType(type)) || HoldsClock(dk::MapType::ValueType(type));
    case LogicalTypeId::STRUCT: {
      const auto& fields = dk::StructType::GetChildTypes(type);
      return std::any_of(fields.begin(), fields.end(),
                         [](const auto& field) { return HoldsClock(field.second); });
    }
    default:
      return false;
  }
}

bool HoldsInstant(const storage::DataType& type) {
  return type.id() == storage::TypeId::kTimestamp ||
         std::any_of(type.fields().begin(), type.fields().end(),
                     [](const storage::Field& field) { return HoldsInstant(*field.type); });
}

/// The same cast, at every depth, with wall clocks taken as UTC.
void PinCast(dk::ClientContext& context, dk::BoundCastExpression& cast) {
  dk::CastFunctionSet casts;
  casts.RegisterCastFunction(dk::LogicalType::TIMESTAMP, dk::LogicalType::TIMESTAMP_TZ,
                             dk::BoundCastInfo(dk::DefaultCasts::ReinterpretCast));
  dk::GetCastFunctionInput input(context);
  cast.bound_cast = casts.GetCastFunction(cast.child->return_type, cast.return_type, input);
}

}  // namespace

void PinInstants(dk::ClientContext& context, const dk::vector<dk::ColumnIndex>& column_ids,
                 const FileColumns& columns, const FileColumns& in_file,
                 dk::vector<dk::unique_ptr<dk::Expression>>& expressions) {
  for (size_t i = 0; i < expressions.size() && i < column_ids.size(); ++i) {
    const auto index = column_ids[i].GetPrimaryIndex();
    if (index >= columns.size()) continue;
    auto& expression = *expressions[i];
    if (expression.GetExpressionClass() == dk::ExpressionClass::BOUND_CAST) {
      auto& cast = expression.Cast<dk::BoundCastExpression>();
      if (Differs(cast.child->return_type, cast.return_type)) PinCast(context, cast);
      continue;
    }
    if (expression.GetExpressionClass() != dk::ExpressionClass::BOUND_FUNCTION) continue;
    // Fields are looked up one by one there; the types of both sides tell what may be converted.
    const std::string name = columns[index].GetIdentifierName();
    for (const auto& local : in_file) {
      const bool clocks = dk::StringUtil::CIEquals(local.name, name) && HoldsClock(local.type);
      if (!clocks || IsInUtc(context)) continue;
      throw Error(ErrorKind::kUnsupported, "LK-4012",
                  "times in structs of the column " + columns[index].name +
                      " can be read from old files only in UTC",
                  "SET TimeZone = 'UTC'");
    }
  }
}

bool MustFilterLate(dk::ClientContext& context, const storage::Schema& schema) {
  if (storage::HasTypeChanges(schema)) return true;
  const bool instants =
      std::any_of(schema.fields.begin(), schema.fields.end(),
                  [](const storage::Field& field) { return HoldsInstant(*field.type); });
  return instants && !IsInUtc(context);
}

}  // namespace lakehouse::query::duckdb
