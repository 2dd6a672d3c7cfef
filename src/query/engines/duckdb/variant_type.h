#pragma once

#include <string>

#include "query/engines/duckdb/pch.h"
#include "storage/variant.h"

namespace lakehouse::query::duckdb {

// Columns of variants. The engine has a type of this name, too, but it takes the null that variants
// have for SQL's NULL and writes other bytes than it read; so our columns hold the bytes as they
// are: a struct of both parts that is called VARIANT. Casts lead to the engine's type and back.

/// The type of a column of variants.
dk::LogicalType VariantType();
bool IsVariant(const dk::LogicalType& type);
/// `type` with `replacement` for our variants and the engine's, at any depth.
dk::LogicalType WithVariantsAs(const dk::LogicalType& type, const dk::LogicalType& replacement);

/// The variants of a vector that is read row by row. The vector must outlive it.
class VariantRows {
 public:
  VariantRows(dk::Vector& vector, dk::idx_t count);
  bool IsNull(dk::idx_t row) const;
  storage::VariantView At(dk::idx_t row) const;

 private:
  dk::UnifiedVectorFormat rows_, values_, names_;
};

/// The variants of a vector that is written row by row.
class VariantSink {
 public:
  explicit VariantSink(dk::Vector& vector);
  void Set(dk::idx_t row, const storage::VariantView& variant);
  void SetNull(dk::idx_t row);

 private:
  dk::Vector& vector_;
  dk::Vector& values_;
  dk::Vector& names_;
};

/// Casts between variants and other types, as Spark has them: text of a string as it is, of
/// everything else JSON.
void RegisterVariantCasts(dk::DBConfig& config);

/// The columns of a statement's result that hold variants become JSON texts.
void ShowVariantsAsJson(dk::PlannerExtensionInput& input, dk::BoundStatement& statement);

}  // namespace lakehouse::query::duckdb
