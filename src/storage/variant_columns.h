#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>

namespace lakehouse::storage {

/// Is a column of this type one of variants already, in the form that Parquet has: a struct of the
/// binary fields "metadata" and "value", in any order, with the extension arrow.parquet.variant or
/// without?
bool HasVariantForm(const arrow::DataType& type);

/// The variants of a column that came from outside: in the form of Parquet, or JSON texts. The
/// result has the type that files have (VariantParts). InvalidArgument LK-4095 for a text that is
/// no JSON, Corruption LK-3506 for damaged bytes, InvalidSchema LK-3521 for columns of other types.
std::shared_ptr<arrow::Array> VariantsOf(const std::shared_ptr<arrow::Array>& column,
                                         const std::string& name);

}  // namespace lakehouse::storage
