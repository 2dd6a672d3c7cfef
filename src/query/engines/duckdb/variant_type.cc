#include "query/engines/duckdb/variant_type.h"

#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>

namespace lakehouse::query::duckdb {
namespace {

constexpr char kAlias[] = "VARIANT";

dk::string_t Kept(dk::Vector& vector, std::string_view bytes) {
  return dk::StringVector::AddStringOrBlob(vector, bytes.data(), bytes.size());
}

}  // namespace

dk::LogicalType VariantType() {
  auto type = dk::LogicalType::STRUCT(
      {{"value", dk::LogicalType::BLOB}, {"metadata", dk::LogicalType::BLOB}});
  type.SetAlias(kAlias);
  return type;
}

bool IsVariant(const dk::LogicalType& type) {
  return type.id() == dk::LogicalTypeId::STRUCT && type.HasAlias() && type.GetAlias() == kAlias;
}

dk::LogicalType WithVariantsAs(const dk::LogicalType& type, const dk::LogicalType& replacement) {
  if (IsVariant(type) || type.id() == dk::LogicalTypeId::VARIANT) return replacement;
  const auto replaced = [&](const dk::LogicalType& part) {
    return WithVariantsAs(part, replacement);
  };
  switch (type.id()) {
    case dk::LogicalTypeId::STRUCT: {
      if (type.HasAlias()) return type;
      auto children = dk::StructType::GetChildTypes(type);
      for (auto& child : children) child.second = replaced(child.second);
      return dk::LogicalType::STRUCT(std::move(children));
    }
    case dk::LogicalTypeId::LIST:
      return dk::LogicalType::LIST(replaced(dk::ListType::GetChildType(type)));
    case dk::LogicalTypeId::ARRAY:
      return dk::LogicalType::ARRAY(replaced(dk::ArrayType::GetChildType(type)),
                                    dk::ArrayType::GetSize(type));
    case dk::LogicalTypeId::MAP:
      return dk::LogicalType::MAP(replaced(dk::MapType::KeyType(type)),
                                  replaced(dk::MapType::ValueType(type)));
    default:
      return type;
  }
}

VariantRows::VariantRows(dk::Vector& vector, dk::idx_t count) {
  vector.Flatten(count);
  auto& parts = dk::StructVector::GetEntries(vector);
  vector.ToUnifiedFormat(count, rows_);
  parts[0]->ToUnifiedFormat(count, values_);
  parts[1]->ToUnifiedFormat(count, names_);
}

bool VariantRows::IsNull(dk::idx_t row) const {
  const auto valid = [row](const dk::UnifiedVectorFormat& part) {
    return part.validity.RowIsValid(part.sel->get_index(row));
  };
  return !valid(rows_) || !valid(values_) || !valid(names_);
}

storage::VariantView VariantRows::At(dk::idx_t row) const {
  const auto bytes = [row](const dk::UnifiedVectorFormat& part) {
    const auto& text =
        dk::UnifiedVectorFormat::GetData<dk::string_t>(part)[part.sel->get_index(row)];
    return std::string_view(text.GetData(), text.GetSize());
  };
  return {bytes(names_), bytes(values_)};
}

VariantSink::VariantSink(dk::Vector& vector)
    : vector_(vector),
      values_(*dk::StructVector::GetEntries(vector)[0]),
      names_(*dk::StructVector::GetEntries(vector)[1]) {
  vector_.SetVectorType(dk::VectorType::FLAT_VECTOR);
}

void VariantSink::Set(dk::idx_t row, const storage::VariantView& variant) {
  dk::FlatVector::GetData<dk::string_t>(values_)[row] = Kept(values_, variant.value);
  dk::FlatVector::GetData<dk::string_t>(names_)[row] = Kept(names_, variant.metadata);
}

void VariantSink::SetNull(dk::idx_t row) { dk::FlatVector::SetNull(vector_, row, true); }

void ShowVariantsAsJson(dk::PlannerExtensionInput& input, dk::BoundStatement& statement) {
  auto types = statement.types;
  for (auto& type : types) type = WithVariantsAs(type, dk::LogicalType::VARCHAR);
  if (types == statement.types) return;
  statement.plan->ResolveOperatorTypes();
  const auto bindings = statement.plan->GetColumnBindings();
  dk::vector<dk::unique_ptr<dk::Expression>> columns;
  for (size_t i = 0; i < types.size(); ++i) {
    const auto& type = statement.types[i];
    dk::unique_ptr<dk::Expression> column =
        dk::make_uniq<dk::BoundColumnRefExpression>(type, bindings[i]);
    if (types[i] != type) {
      // By way of JSON: the text of a string would have no quotes.
      column = dk::BoundCastExpression::AddCastToType(
          input.context, std::move(column), WithVariantsAs(type, dk::LogicalType::JSON()));
      column = dk::BoundCastExpression::AddCastToType(input.context, std::move(column), types[i]);
    }
    columns.push_back(std::move(column));
  }
  auto shown =
      dk::make_uniq<dk::LogicalProjection>(input.binder.GenerateTableIndex(), std::move(columns));
  shown->children.push_back(std::move(statement.plan));
  shown->ResolveOperatorTypes();
  statement.plan = std::move(shown);
  statement.types = std::move(types);
}

}  // namespace lakehouse::query::duckdb
