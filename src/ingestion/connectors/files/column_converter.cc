#include "ingestion/connectors/files/column_converter.h"

#include <arrow/array/builder_base.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_decimal.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/builder.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "ingestion/connectors/arrow_status.h"
#include "ingestion/connectors/files/cell_parser.h"
#include "storage/variant.h"

namespace lakehouse::ingestion::connectors::files {

namespace {

template <typename ArrowType>
bool ParseValue(const ArrowType&, std::string_view cell, typename ArrowType::c_type* value) {
  if constexpr (std::is_same_v<ArrowType, arrow::BooleanType>) {
    return ParseBoolean(cell, value);
  } else if constexpr (std::is_same_v<ArrowType, arrow::DoubleType>) {
    return ParseDouble(cell, value);
  } else if constexpr (std::is_same_v<ArrowType, arrow::FloatType>) {
    double wide = 0;
    if (!ParseDouble(cell, &wide)) return false;
    *value = static_cast<float>(wide);
    return std::isinf(wide) || !std::isinf(*value);
  } else if constexpr (std::is_same_v<ArrowType, arrow::Date32Type>) {
    return ParseDate(cell, value);
  } else if constexpr (std::is_same_v<ArrowType, arrow::TimestampType>) {
    bool zoned = false;
    return ParseTimestamp(cell, value, &zoned);
  } else {
    int64_t wide = 0;
    if (!ParseBigint(cell, &wide)) return false;
    if (wide < std::numeric_limits<typename ArrowType::c_type>::min() ||
        wide > std::numeric_limits<typename ArrowType::c_type>::max()) {
      return false;
    }
    *value = static_cast<typename ArrowType::c_type>(wide);
    return true;
  }
}

template <typename ArrowType>
class ValueConverter : public ColumnConverter {
 public:
  explicit ValueConverter(std::shared_ptr<arrow::DataType> type)
      : type_(std::move(type)), builder_(type_, arrow::default_memory_pool()) {}

  bool Append(std::string_view cell) override {
    typename ArrowType::c_type value{};
    if (!ParseValue(static_cast<const ArrowType&>(*type_), TrimBlanks(cell), &value)) return false;
    ThrowUnlessOk(builder_.Append(value));
    return true;
  }
  void AppendCells(std::span<const TextCell> cells, std::vector<size_t>& misfits) override {
    ThrowUnlessOk(builder_.Reserve(static_cast<int64_t>(cells.size())));
    const auto& type = static_cast<const ArrowType&>(*type_);
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string_view cell = cells[i].text;
      typename ArrowType::c_type value{};
      if (cells[i].is_null || cell.empty()) {
        builder_.UnsafeAppendNull();
      } else if (ParseValue(type, TrimBlanks(cell), &value)) {
        builder_.UnsafeAppend(value);
      } else {
        builder_.UnsafeAppendNull();
        misfits.push_back(i);
      }
    }
  }
  void AppendNull() override { ThrowUnlessOk(builder_.AppendNull()); }
  std::shared_ptr<arrow::Array> Finish() override { return ValueOrThrow(builder_.Finish()); }

 private:
  std::shared_ptr<arrow::DataType> type_;
  typename arrow::TypeTraits<ArrowType>::BuilderType builder_;
};

template <typename Builder>
class TextConverter : public ColumnConverter {
 public:
  bool Append(std::string_view cell) override {
    ThrowUnlessOk(builder_.Append(cell));
    return true;
  }
  void AppendCells(std::span<const TextCell> cells, std::vector<size_t>&) override {
    int64_t bytes = 0;
    for (const TextCell& cell : cells) bytes += static_cast<int64_t>(cell.text.size());
    ThrowUnlessOk(builder_.Reserve(static_cast<int64_t>(cells.size())));
    ThrowUnlessOk(builder_.ReserveData(bytes));
    for (const TextCell& cell : cells) {
      if (cell.is_null) {
        builder_.UnsafeAppendNull();
      } else {
        builder_.UnsafeAppend(cell.text);
      }
    }
  }
  void AppendNull() override { ThrowUnlessOk(builder_.AppendNull()); }
  std::shared_ptr<arrow::Array> Finish() override { return ValueOrThrow(builder_.Finish()); }
  bool takes_any_text() const override { return true; }

 private:
  Builder builder_;
};

/// Texts of JSON, for columns of variants.
class JsonTextConverter : public ColumnConverter {
 public:
  bool Append(std::string_view cell) override {
    try {
      storage::ParseVariant(cell);
    } catch (const Error&) {
      return false;
    }
    ThrowUnlessOk(builder_.Append(cell));
    return true;
  }
  void AppendNull() override { ThrowUnlessOk(builder_.AppendNull()); }
  std::shared_ptr<arrow::Array> Finish() override { return ValueOrThrow(builder_.Finish()); }

 private:
  arrow::StringBuilder builder_;
};

class DecimalConverter : public ColumnConverter {
 public:
  explicit DecimalConverter(const std::shared_ptr<arrow::DataType>& type)
      : precision_(static_cast<const arrow::Decimal128Type&>(*type).precision()),
        scale_(static_cast<const arrow::Decimal128Type&>(*type).scale()),
        builder_(type) {}

  bool Append(std::string_view cell) override {
    arrow::Decimal128 value;
    int32_t precision = 0;
    int32_t scale = 0;
    if (!arrow::Decimal128::FromString(TrimBlanks(cell), &value, &precision, &scale).ok()) {
      return false;
    }
    auto fitted = value.Rescale(scale, scale_);
    if (!fitted.ok() || !fitted->FitsInPrecision(precision_)) return false;
    ThrowUnlessOk(builder_.Append(*fitted));
    return true;
  }
  void AppendNull() override { ThrowUnlessOk(builder_.AppendNull()); }
  std::shared_ptr<arrow::Array> Finish() override { return ValueOrThrow(builder_.Finish()); }

 private:
  const int32_t precision_;
  const int32_t scale_;
  arrow::Decimal128Builder builder_;
};

class NothingConverter : public ColumnConverter {
 public:
  explicit NothingConverter(const std::shared_ptr<arrow::DataType>& type)
      : builder_(ValueOrThrow(arrow::MakeBuilder(type))) {}
  bool Append(std::string_view) override { return false; }
  void AppendNull() override { ThrowUnlessOk(builder_->AppendNull()); }
  std::shared_ptr<arrow::Array> Finish() override { return ValueOrThrow(builder_->Finish()); }

 private:
  std::unique_ptr<arrow::ArrayBuilder> builder_;
};

}  // namespace

void ColumnConverter::AppendCells(std::span<const TextCell> cells, std::vector<size_t>& misfits) {
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string_view cell = cells[i].text;
    if (cells[i].is_null || (cell.empty() && !takes_any_text())) {
      AppendNull();
    } else if (!Append(cell)) {
      AppendNull();
      misfits.push_back(i);
    }
  }
}

std::unique_ptr<ColumnConverter> MakeColumnConverter(const std::shared_ptr<arrow::DataType>& type) {
  switch (type->id()) {
    case arrow::Type::BOOL:
      return std::make_unique<ValueConverter<arrow::BooleanType>>(type);
    case arrow::Type::INT8:
      return std::make_unique<ValueConverter<arrow::Int8Type>>(type);
    case arrow::Type::INT16:
      return std::make_unique<ValueConverter<arrow::Int16Type>>(type);
    case arrow::Type::INT32:
      return std::make_unique<ValueConverter<arrow::Int32Type>>(type);
    case arrow::Type::INT64:
      return std::make_unique<ValueConverter<arrow::Int64Type>>(type);
    case arrow::Type::FLOAT:
      return std::make_unique<ValueConverter<arrow::FloatType>>(type);
    case arrow::Type::DOUBLE:
      return std::make_unique<ValueConverter<arrow::DoubleType>>(type);
    case arrow::Type::DATE32:
      return std::make_unique<ValueConverter<arrow::Date32Type>>(type);
    case arrow::Type::TIMESTAMP:
      return std::make_unique<ValueConverter<arrow::TimestampType>>(type);
    case arrow::Type::DECIMAL128:
      return std::make_unique<DecimalConverter>(type);
    case arrow::Type::STRING:
      return std::make_unique<TextConverter<arrow::StringBuilder>>();
    case arrow::Type::EXTENSION:  // arrow.json
      return std::make_unique<JsonTextConverter>();
    case arrow::Type::BINARY:
      return std::make_unique<TextConverter<arrow::BinaryBuilder>>();
    default:
      return std::make_unique<NothingConverter>(type);
  }
}

}  // namespace lakehouse::ingestion::connectors::files
