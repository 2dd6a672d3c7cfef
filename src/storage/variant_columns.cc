#include "storage/variant_columns.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/extension_type.h>

#include "base/error.h"
#include "storage/arrow_schema.h"
#include "storage/variant.h"

namespace lakehouse::storage {
namespace {

[[noreturn]] void ThrowMisfit(const std::string& name, const std::string& why) {
  throw Error(ErrorKind::kInvalidSchema, "LK-3521", "column " + name + " is of variants: " + why,
              "Give JSON texts, or structs of binary \"metadata\" and \"value\".");
}

std::shared_ptr<arrow::Array> Cast(const std::shared_ptr<arrow::Array>& column,
                                   const std::shared_ptr<arrow::DataType>& type,
                                   const std::string& name) {
  if (column->type()->Equals(*type)) return column;
  auto cast = arrow::compute::Cast(*column, type);
  if (!cast.ok()) ThrowMisfit(name, cast.status().message());
  return *cast;
}

bool IsBinary(const arrow::DataType& type) {
  return type.id() == arrow::Type::BINARY || type.id() == arrow::Type::LARGE_BINARY ||
         type.id() == arrow::Type::BINARY_VIEW;
}

bool IsText(const arrow::DataType& type) {
  if (type.id() == arrow::Type::DICTIONARY) {
    return IsText(*static_cast<const arrow::DictionaryType&>(type).value_type());
  }
  return type.id() == arrow::Type::STRING || type.id() == arrow::Type::LARGE_STRING ||
         type.id() == arrow::Type::STRING_VIEW;
}

std::shared_ptr<arrow::Array> Storage(const std::shared_ptr<arrow::Array>& column) {
  if (column->type_id() != arrow::Type::EXTENSION) return column;
  return static_cast<const arrow::ExtensionArray&>(*column).storage();
}

void Check(const arrow::Status& status) {
  if (!status.ok()) throw std::bad_alloc();
}

/// Builds the column as files have it.
class VariantBuilder {
 public:
  void Append(const VariantView& variant) {
    Check(values_.Append(variant.value));
    Check(names_.Append(variant.metadata));
    Check(valid_.Append(true));
  }
  void AppendNull() {
    Check(values_.Append(""));
    Check(names_.Append(""));
    Check(valid_.Append(false));
    ++nulls_;
  }
  std::shared_ptr<arrow::Array> Finish() {
    std::shared_ptr<arrow::Array> values, names;
    std::shared_ptr<arrow::Buffer> valid;
    const int64_t length = values_.length();
    Check(values_.Finish(&values));
    Check(names_.Finish(&names));
    Check(valid_.Finish(&valid));
    return std::make_shared<arrow::StructArray>(
        ToArrow(*DataType::Primitive(TypeId::kVariant)), length,
        arrow::ArrayVector{std::move(values), std::move(names)}, std::move(valid), nulls_);
  }

 private:
  arrow::BinaryBuilder values_, names_;
  arrow::TypedBufferBuilder<bool> valid_;
  int64_t nulls_ = 0;
};

std::shared_ptr<arrow::Array> OfTexts(const std::shared_ptr<arrow::Array>& column,
                                      const std::string& name) {
  const auto cast = Cast(column, arrow::utf8(), name);
  const auto& texts = static_cast<const arrow::StringArray&>(*cast);
  VariantBuilder builder;
  for (int64_t i = 0; i < texts.length(); ++i) {
    if (texts.IsNull(i)) {
      builder.AppendNull();
    } else {
      builder.Append(ParseVariant(texts.GetView(i)).view());
    }
  }
  return builder.Finish();
}

std::shared_ptr<arrow::Array> OfParts(const arrow::StructArray& column, const std::string& name) {
  const auto part = [&](const char* field) {
    return Cast(column.GetFieldByName(field), arrow::binary(), name);
  };
  const auto values_held = part("value"), names_held = part("metadata");
  const auto& values = static_cast<const arrow::BinaryArray&>(*values_held);
  const auto& names = static_cast<const arrow::BinaryArray&>(*names_held);
  VariantBuilder builder;
  for (int64_t i = 0; i < column.length(); ++i) {
    if (column.IsNull(i)) {
      builder.AppendNull();
      continue;
    }
    if (values.IsNull(i) || names.IsNull(i)) ThrowMisfit(name, "a row lacks one of its parts");
    const VariantView variant{names.GetView(i), values.GetView(i)};
    CheckVariant(variant);
    builder.Append(variant);
  }
  return builder.Finish();
}

}  // namespace

bool HasVariantForm(const arrow::DataType& type) {
  if (type.id() == arrow::Type::EXTENSION) {
    return HasVariantForm(*static_cast<const arrow::ExtensionType&>(type).storage_type());
  }
  if (type.id() != arrow::Type::STRUCT || type.num_fields() != 2) return false;
  const auto& fields = static_cast<const arrow::StructType&>(type);
  const auto value = fields.GetFieldByName("value");
  const auto metadata = fields.GetFieldByName("metadata");
  return value && metadata && IsBinary(*value->type()) && IsBinary(*metadata->type());
}

std::shared_ptr<arrow::Array> VariantsOf(const std::shared_ptr<arrow::Array>& column,
                                         const std::string& name) {
  const auto stored = Storage(column);
  if (HasVariantForm(*stored->type())) {
    return OfParts(static_cast<const arrow::StructArray&>(*stored), name);
  }
  if (IsText(*stored->type())) return OfTexts(stored, name);
  if (stored->type_id() == arrow::Type::NA) {
    VariantBuilder builder;
    for (int64_t i = 0; i < stored->length(); ++i) builder.AppendNull();
    return builder.Finish();
  }
  ThrowMisfit(name, "the rows have " + column->type()->ToString());
}

}  // namespace lakehouse::storage
