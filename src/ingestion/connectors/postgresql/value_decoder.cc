#include "ingestion/connectors/postgresql/value_decoder.h"

#include <arrow/array/array_nested.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_decimal.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <arrow/util/utf8.h>

#include <bit>
#include <limits>
#include <utility>

#include "ingestion/connectors/arrow_status.h"
#include "ingestion/connectors/postgresql/numeric.h"
#include "ingestion/connectors/postgresql/wire.h"

namespace lakehouse::ingestion::connectors::postgresql {

namespace {

// PostgreSQL counts from 2000-01-01.
constexpr int32_t kEpochDays = 10'957;
constexpr int64_t kEpochMicros = kEpochDays * 86'400'000'000LL;

[[noreturn]] void ThrowBadBytes(const DecoderOptions& options, size_t size) {
  throw Error(ErrorKind::kCorruption, "LK-5031",
              "the server sent " + std::to_string(size) + " bytes that are no value of column " +
                  options.column,
              "This server's version may not be supported; report it with the column's type.");
}

[[noreturn]] void ThrowNotRepresentable(const DecoderOptions& options, const std::string& value) {
  throw Error(ErrorKind::kInvalidArgument, "LK-5035",
              "column " + options.column + " has the value " + value +
                  ", which the target's type cannot hold",
              "Set source_config.special_values to \"rescue\" to keep such values as text in "
              "_rescued_data, or source_config.numeric to \"string\" for large numbers.");
}

template <typename Builder>
class BuilderDecoder : public ValueDecoder {
 public:
  BuilderDecoder(const std::shared_ptr<arrow::DataType>& type, DecoderOptions options)
      : options_(std::move(options)), builder_(type, arrow::default_memory_pool()) {}
  void AppendNull() override { ThrowUnlessOk(builder_.AppendNull()); }
  int64_t length() const override { return builder_.length(); }
  std::shared_ptr<arrow::Array> Finish() override { return ValueOrThrow(builder_.Finish()); }
  std::vector<RescuedValue> TakeRescued() override { return std::exchange(rescued_, {}); }

 protected:
  /// Null, rescued or an error, as the options say.
  void AppendSpecial(const std::string& value) {
    if (options_.special_values != SpecialValues::kNull) return AppendUnfit(value);
    AppendNull();
  }
  /// Rescued or an error: no option makes a null of an ordinary value.
  void AppendUnfit(const std::string& value) {
    if (options_.special_values != SpecialValues::kRescue) ThrowNotRepresentable(options_, value);
    rescued_.push_back({length(), value});
    AppendNull();
  }
  template <std::integral T>
  T Read(std::string_view bytes) const {
    if (bytes.size() != sizeof(T)) ThrowBadBytes(options_, bytes.size());
    return ReadBigEndian<T>(bytes.data());
  }

  DecoderOptions options_;
  Builder builder_;
  std::vector<RescuedValue> rescued_;
};

/// Integers, and floats through their bits.
template <typename Builder, typename Wire, typename Value>
class NumberDecoder : public BuilderDecoder<Builder> {
 public:
  using BuilderDecoder<Builder>::BuilderDecoder;
  void Append(std::string_view bytes) override {
    const Wire raw = this->template Read<Wire>(bytes);
    if constexpr (std::is_floating_point_v<Value>) {
      ThrowUnlessOk(this->builder_.Append(std::bit_cast<Value>(raw)));
    } else {
      ThrowUnlessOk(this->builder_.Append(static_cast<Value>(raw)));
    }
  }
};

class BooleanDecoder : public BuilderDecoder<arrow::BooleanBuilder> {
 public:
  using BuilderDecoder::BuilderDecoder;
  void Append(std::string_view bytes) override {
    ThrowUnlessOk(builder_.Append(Read<int8_t>(bytes) != 0));
  }
};

class DateDecoder : public BuilderDecoder<arrow::Date32Builder> {
 public:
  using BuilderDecoder::BuilderDecoder;
  void Append(std::string_view bytes) override {
    const auto days = Read<int32_t>(bytes);
    if (days == std::numeric_limits<int32_t>::max()) return AppendSpecial("infinity");
    if (days == std::numeric_limits<int32_t>::min()) return AppendSpecial("-infinity");
    if (days > std::numeric_limits<int32_t>::max() - kEpochDays) {
      return AppendUnfit(std::to_string(days) + " days after 2000-01-01");
    }
    ThrowUnlessOk(builder_.Append(days + kEpochDays));
  }
};

class TimestampDecoder : public BuilderDecoder<arrow::TimestampBuilder> {
 public:
  using BuilderDecoder::BuilderDecoder;
  void Append(std::string_view bytes) override {
    const auto micros = Read<int64_t>(bytes);
    if (micros == std::numeric_limits<int64_t>::max()) return AppendSpecial("infinity");
    if (micros == std::numeric_limits<int64_t>::min()) return AppendSpecial("-infinity");
    if (micros > std::numeric_limits<int64_t>::max() - kEpochMicros) {
      return AppendUnfit(std::to_string(micros) + " microseconds after 2000-01-01");
    }
    ThrowUnlessOk(builder_.Append(micros + kEpochMicros));
  }
};

class NumericDecoder : public BuilderDecoder<arrow::Decimal128Builder> {
 public:
  NumericDecoder(const std::shared_ptr<arrow::DataType>& type, const DecoderOptions& options)
      : BuilderDecoder(type, options),
        precision_(static_cast<const arrow::Decimal128Type&>(*type).precision()),
        scale_(static_cast<const arrow::Decimal128Type&>(*type).scale()) {}

  void Append(std::string_view bytes) override {
    const auto text = NumericToText(bytes);
    if (!text) ThrowBadBytes(options_, bytes.size());
    if (text->ends_with('N') || text->ends_with('y')) return AppendSpecial(*text);
    arrow::Decimal128 value;
    int32_t precision = 0;
    int32_t scale = 0;
    if (!arrow::Decimal128::FromString(*text, &value, &precision, &scale).ok()) {
      return AppendUnfit(*text);
    }
    const auto fitted = value.Rescale(scale, scale_);
    if (!fitted.ok() || !fitted->FitsInPrecision(precision_)) return AppendUnfit(*text);
    ThrowUnlessOk(builder_.Append(*fitted));
  }

 private:
  int32_t precision_;
  int32_t scale_;
};

template <typename Builder>
class BytesDecoder : public BuilderDecoder<Builder> {
 public:
  BytesDecoder(WireForm form, const std::shared_ptr<arrow::DataType>& type,
               const DecoderOptions& options)
      : BuilderDecoder<Builder>(type, options), form_(form) {
    arrow::util::InitializeUTF8();
  }

  void Append(std::string_view bytes) override {
    if (form_ == WireForm::kNumericText) {
      const auto text = NumericToText(bytes);
      if (!text) ThrowBadBytes(this->options_, bytes.size());
      ThrowUnlessOk(this->builder_.Append(*text));
      return;
    }
    if (form_ == WireForm::kJsonb) {
      // One byte of version before the text.
      if (bytes.empty() || bytes.front() != 1) ThrowBadBytes(this->options_, bytes.size());
      bytes.remove_prefix(1);
    }
    if (this->options_.check_utf8 && form_ != WireForm::kBytes &&
        !arrow::util::ValidateUTF8(bytes)) {
      ThrowNotRepresentable(this->options_, "text that is not UTF-8");
    }
    ThrowUnlessOk(this->builder_.Append(bytes));
  }

 private:
  WireForm form_;
};

/// array_send: dimensions, flag, element type, per dimension size and lower bound, then the
/// elements.
class ArrayDecoder : public ValueDecoder {
 public:
  ArrayDecoder(WireForm element, const std::shared_ptr<arrow::DataType>& type,
               const DecoderOptions& options)
      : options_(options), type_(type) {
    DecoderOptions of_elements = options;
    // An element has no place of its own in the rescued data.
    if (options.special_values == SpecialValues::kRescue) {
      of_elements.special_values = SpecialValues::kError;
    }
    const auto& list = static_cast<const arrow::ListType&>(*type);
    elements_ = MakeValueDecoder(element, element, list.value_type(), of_elements);
  }

  void Append(std::string_view bytes) override {
    WireReader reader(bytes);
    int32_t dimensions = 0;
    int32_t has_null = 0;
    int32_t element_type = 0;
    if (!reader.Take(&dimensions) || !reader.Take(&has_null) || !reader.Take(&element_type)) {
      ThrowBadBytes(options_, bytes.size());
    }
    if (dimensions > 1) {
      throw Error(ErrorKind::kInvalidArgument, "LK-5035",
                  "column " + options_.column + " has an array of " + std::to_string(dimensions) +
                      " dimensions; a list column holds one",
                  "Set source_config.arrays to \"text\".");
    }
    ThrowUnlessOk(offsets_.Append(static_cast<int32_t>(elements_->length())));
    int32_t size = 0;
    int32_t lower_bound = 0;
    if (dimensions == 1 && (!reader.Take(&size) || !reader.Take(&lower_bound))) {
      ThrowBadBytes(options_, bytes.size());
    }
    for (int32_t i = 0; i < size; ++i) AppendElement(reader, bytes.size());
  }
  void AppendNull() override { ThrowUnlessOk(offsets_.AppendNull()); }
  int64_t length() const override { return offsets_.length(); }
  std::shared_ptr<arrow::Array> Finish() override {
    ThrowUnlessOk(offsets_.Append(static_cast<int32_t>(elements_->length())));
    auto offsets = ValueOrThrow(offsets_.Finish());
    auto elements = elements_->Finish();
    return ValueOrThrow(arrow::ListArray::FromArrays(type_, *offsets, *elements));
  }

 private:
  void AppendElement(WireReader& reader, size_t total) {
    int32_t length = 0;
    std::string_view value;
    if (!reader.Take(&length)) ThrowBadBytes(options_, total);
    if (length < 0) return elements_->AppendNull();
    if (!reader.TakeBytes(static_cast<size_t>(length), &value)) ThrowBadBytes(options_, total);
    elements_->Append(value);
  }

  DecoderOptions options_;
  std::shared_ptr<arrow::DataType> type_;
  std::unique_ptr<ValueDecoder> elements_;
  arrow::Int32Builder offsets_;
};

}  // namespace

std::unique_ptr<ValueDecoder> MakeValueDecoder(WireForm form, WireForm element,
                                               const std::shared_ptr<arrow::DataType>& type,
                                               const DecoderOptions& options) {
  switch (form) {
    case WireForm::kBoolean:
      return std::make_unique<BooleanDecoder>(type, options);
    case WireForm::kInt16:
      return std::make_unique<NumberDecoder<arrow::Int16Builder, int16_t, int16_t>>(type, options);
    case WireForm::kInt32:
      return std::make_unique<NumberDecoder<arrow::Int32Builder, int32_t, int32_t>>(type, options);
    case WireForm::kInt64:
      return std::make_unique<NumberDecoder<arrow::Int64Builder, int64_t, int64_t>>(type, options);
    case WireForm::kOid:
      return std::make_unique<NumberDecoder<arrow::Int64Builder, uint32_t, int64_t>>(type, options);
    case WireForm::kFloat:
      return std::make_unique<NumberDecoder<arrow::FloatBuilder, uint32_t, float>>(type, options);
    case WireForm::kDouble:
      return std::make_unique<NumberDecoder<arrow::DoubleBuilder, uint64_t, double>>(type, options);
    case WireForm::kNumeric:
      return std::make_unique<NumericDecoder>(type, options);
    case WireForm::kNumericText:
    case WireForm::kText:
    case WireForm::kJsonb:
      return std::make_unique<BytesDecoder<arrow::StringBuilder>>(form, type, options);
    case WireForm::kBytes:
      return std::make_unique<BytesDecoder<arrow::BinaryBuilder>>(form, type, options);
    case WireForm::kDate:
      return std::make_unique<DateDecoder>(type, options);
    case WireForm::kTimestamp:
      return std::make_unique<TimestampDecoder>(type, options);
    case WireForm::kArray:
      return std::make_unique<ArrayDecoder>(element, type, options);
  }
  throw Error(ErrorKind::kInternal, "LK-0001", "unknown wire form of column " + options.column);
}

}  // namespace lakehouse::ingestion::connectors::postgresql
