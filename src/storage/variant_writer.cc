#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "storage/value.h"
#include "storage/variant.h"
#include "storage/variant_encoding.h"

namespace lakehouse::storage {
namespace {

constexpr size_t kMaxWrittenDepth = 500;

[[noreturn]] void ThrowText(const std::string& why, const std::string& hint = {}) {
  throw Error(ErrorKind::kInvalidArgument, "LK-4095", why, hint);
}

/// Bytes that `number` needs: 1 to 4.
size_t WidthOf(size_t number) {
  return number < (1u << 8) ? 1 : number < (1u << 16) ? 2 : number < (1u << 24) ? 3 : 4;
}

void AppendUnsigned(std::string& bytes, size_t number, size_t width) {
  for (size_t i = 0; i < width; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xFF);
}

template <typename Number>
void AppendFixed(std::string& bytes, Number number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

char Header(VariantPrimitive type) { return static_cast<char>(static_cast<uint8_t>(type) << 2); }

void AppendInteger(std::string& bytes, int64_t number) {
  if (number == static_cast<int8_t>(number)) {
    bytes += Header(VariantPrimitive::kInt8);
    AppendFixed(bytes, static_cast<int8_t>(number));
  } else if (number == static_cast<int16_t>(number)) {
    bytes += Header(VariantPrimitive::kInt16);
    AppendFixed(bytes, static_cast<int16_t>(number));
  } else if (number == static_cast<int32_t>(number)) {
    bytes += Header(VariantPrimitive::kInt32);
    AppendFixed(bytes, static_cast<int32_t>(number));
  } else {
    bytes += Header(VariantPrimitive::kInt64);
    AppendFixed(bytes, number);
  }
}

void AppendDecimal(std::string& bytes, Int128 unscaled, int digits, int scale) {
  const auto begin = [&](VariantPrimitive type) {
    bytes += Header(type);
    bytes += static_cast<char>(scale);
  };
  if (digits <= 9) {
    begin(VariantPrimitive::kDecimal4);
    AppendFixed(bytes, static_cast<int32_t>(unscaled));
  } else if (digits <= 18) {
    begin(VariantPrimitive::kDecimal8);
    AppendFixed(bytes, static_cast<int64_t>(unscaled));
  } else {
    begin(VariantPrimitive::kDecimal16);
    AppendFixed(bytes, unscaled);
  }
}

/// A number without an exponent and of at most 38 digits is exact; others are doubles.
bool AppendExact(std::string& bytes, std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  Int128 unscaled = 0;
  int digits = 0, scale = 0;
  bool fraction = false;
  for (const char c : text) {
    if (c == '.') {
      fraction = true;
      continue;
    }
    if (c < '0' || c > '9') return false;
    if (fraction) ++scale;
    if (digits > 0 || c != '0') ++digits;
    if (digits > kMaxDecimalDigits || scale > kMaxDecimalDigits) return false;
    unscaled = unscaled * 10 + (c - '0');
  }
  AppendDecimal(bytes, negative ? -unscaled : unscaled, std::max(digits, scale), scale);
  return true;
}

void AppendText(std::string& bytes, const std::string& text) {
  if (text.size() <= kMaxShortStringBytes) {
    bytes += static_cast<char>(text.size() << 2 | static_cast<int>(VariantBasic::kShortString));
  } else {
    bytes += Header(VariantPrimitive::kString);
    AppendUnsigned(bytes, text.size(), 4);
  }
  bytes += text;
}

/// An object or an array that is not closed yet.
struct Open {
  bool is_object = false;
  std::string values;
  std::vector<size_t> begins;                         ///< of each part in `values`
  std::vector<std::pair<std::string, size_t>> names;  ///< of an object: name and id of each part
};

/// Takes the parts of a JSON text and writes the variant.
class Encoder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override {
    Part() += Header(VariantPrimitive::kNull);
    return true;
  }
  bool boolean(bool value) override {
    Part() += Header(value ? VariantPrimitive::kTrue : VariantPrimitive::kFalse);
    return true;
  }
  bool number_integer(number_integer_t value) override {
    AppendInteger(Part(), value);
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value <= INT64_MAX) return number_integer(static_cast<int64_t>(value));
    AppendDecimal(Part(), static_cast<Int128>(value), kMaxDecimalDigits, 0);
    return true;
  }
  bool number_float(number_float_t value, const string_t& text) override {
    std::string& bytes = Part();
    if (!AppendExact(bytes, text)) {
      bytes += Header(VariantPrimitive::kDouble);
      AppendFixed(bytes, value);
    }
    return true;
  }
  bool string(string_t& value) override {
    AppendText(Part(), value);
    return CheckSize();
  }
  bool binary(binary_t&) override { return false; }  // JSON's text has none
  bool start_object(size_t) override { return Begin(true); }
  bool start_array(size_t) override { return Begin(false); }
  bool key(string_t& name) override {
    const auto [found, added] = ids_.emplace(name, ids_.size());
    if (added) names_.push_back(name);
    open_.back().names.emplace_back(name, found->second);
    return true;
  }
  bool end_object() override { return End(); }
  bool end_array() override { return End(); }
  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    const std::string what = error.what();
    const size_t begin = what.find("syntax error");
    ThrowText("a text is no JSON: " + (begin == std::string::npos
                                           ? "at position " + std::to_string(position)
                                           : what.substr(begin)));
  }

  Variant Take() {
    Variant variant;
    size_t bytes = 0;
    for (const std::string& name : names_) bytes += name.size();
    const size_t width = WidthOf(std::max(bytes, names_.size()));
    variant.metadata += static_cast<char>(kVariantVersion | (width - 1) << 6);
    AppendUnsigned(variant.metadata, names_.size(), width);
    size_t offset = 0;
    AppendUnsigned(variant.metadata, offset, width);
    for (const std::string& name : names_) {
      offset += name.size();
      AppendUnsigned(variant.metadata, offset, width);
    }
    for (const std::string& name : names_) variant.metadata += name;
    variant.value = std::move(value_);
    if (variant.value.size() + variant.metadata.size() > kMaxVariantBytes) ThrowSize();
    return variant;
  }

 private:
  [[noreturn]] static void ThrowSize() {
    ThrowText("a JSON text is too large for a variant",
              "A variant has at most " + std::to_string(kMaxVariantBytes >> 20) + " MiB.");
  }
  bool CheckSize() const {
    if ((open_.empty() ? value_ : open_.back().values).size() > kMaxVariantBytes) ThrowSize();
    return true;
  }
  /// Where the next value is written.
  std::string& Part() {
    if (open_.empty()) return value_;
    open_.back().begins.push_back(open_.back().values.size());
    return open_.back().values;
  }
  bool Begin(bool is_object) {
    if (open_.size() == kMaxWrittenDepth) {
      ThrowText("a JSON text is nested deeper than " + std::to_string(kMaxWrittenDepth) +
                " levels");
    }
    open_.push_back({is_object, {}, {}, {}});
    return true;
  }
  bool End() {
    const Open closed = std::move(open_.back());
    open_.pop_back();
    AppendContainer(Part(), closed);
    return CheckSize();
  }
  static void AppendContainer(std::string& bytes, const Open& closed) {
    const size_t count = closed.begins.size();
    std::vector<size_t> order(count);
    for (size_t i = 0; i < count; ++i) order[i] = i;
    size_t id_width = 1;
    if (closed.is_object) {
      // Fields stand in the order of their names, their values as they came.
      std::sort(order.begin(), order.end(),
                [&](size_t a, size_t b) { return closed.names[a].first < closed.names[b].first; });
      for (size_t i = 1; i < count; ++i) {
        if (closed.names[order[i - 1]].first == closed.names[order[i]].first) {
          ThrowText("a JSON object has the name " + closed.names[order[i]].first + " twice");
        }
      }
      for (const auto& [name, id] : closed.names) id_width = std::max(id_width, WidthOf(id));
    }
    const bool large = count > 0xFF;
    const size_t offset_width = WidthOf(closed.values.size());
    const size_t bits = closed.is_object
                            ? (offset_width - 1) | (id_width - 1) << 2 | (large ? 1u << 4 : 0u)
                            : (offset_width - 1) | (large ? 1u << 2 : 0u);
    const auto basic = closed.is_object ? VariantBasic::kObject : VariantBasic::kArray;
    bytes += static_cast<char>(bits << 2 | static_cast<size_t>(basic));
    AppendUnsigned(bytes, count, large ? 4 : 1);
    if (closed.is_object) {
      for (const size_t i : order) AppendUnsigned(bytes, closed.names[i].second, id_width);
    }
    for (const size_t i : order) AppendUnsigned(bytes, closed.begins[i], offset_width);
    AppendUnsigned(bytes, closed.values.size(), offset_width);
    bytes += closed.values;
  }

  std::vector<Open> open_;
  std::string value_;
  std::map<std::string, size_t> ids_;
  std::vector<std::string> names_;
};

class PathParser {
 public:
  explicit PathParser(std::string_view path) : path_(path), rest_(path) {}

  std::vector<VariantStep> Run() {
    if (!Take('$')) Refuse();
    std::vector<VariantStep> steps;
    while (!rest_.empty()) steps.push_back(Take('.') ? Name() : Bracket());
    return steps;
  }

 private:
  [[noreturn]] void Refuse() const {
    ThrowText("'" + std::string(path_) + "' is no path into a variant",
              "A path is for example $.a.b[0]['any name'].");
  }
  bool Take(char wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  VariantStep Name() {
    const size_t end = std::min(rest_.find_first_of(".["), rest_.size());
    if (end == 0) Refuse();
    std::string name(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return name;
  }
  VariantStep Bracket() {
    if (!Take('[')) Refuse();
    if (rest_.starts_with('\'') || rest_.starts_with('"')) {
      const size_t end = rest_.find(rest_[0], 1);
      if (end == std::string_view::npos) Refuse();
      std::string name(rest_.substr(1, end - 1));
      rest_.remove_prefix(end + 1);
      if (!Take(']')) Refuse();
      return name;
    }
    int64_t index = 0;
    const auto [end, failure] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), index);
    if (failure != std::errc() || index < 0) Refuse();
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    if (!Take(']')) Refuse();
    return index;
  }

  std::string_view path_;
  std::string_view rest_;
};

}  // namespace

Variant ParseVariant(std::string_view json) {
  Encoder encoder;
  nlohmann::json::sax_parse(json, &encoder);
  return encoder.Take();
}

std::vector<VariantStep> ParseVariantPath(std::string_view path) { return PathParser(path).Run(); }

}  // namespace lakehouse::storage
