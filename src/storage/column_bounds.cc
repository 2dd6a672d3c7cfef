#include "storage/column_bounds.h"

#include "base/check.h"

namespace lakehouse::storage {
namespace {

template <typename T>
constexpr size_t kKind = 0;
template <>
constexpr size_t kKind<bool> = 1;
template <>
constexpr size_t kKind<int64_t> = 2;
template <>
constexpr size_t kKind<double> = 3;
template <>
constexpr size_t kKind<Int128> = 4;
template <>
constexpr size_t kKind<std::string> = 5;

}  // namespace

void ValueColumn::Resize(size_t size) {
  kinds_.resize(size, 0);
  std::visit(
      [&](auto& items) {
        using Items = std::decay_t<decltype(items)>;
        if constexpr (std::is_same_v<Items, Texts>) {
          items.place_of.resize(size);
        } else if constexpr (!std::is_same_v<Items, std::monostate>) {
          items.resize(size);
        }
      },
      items_);
}

template <typename Item>
std::vector<Item>& ValueColumn::ItemsOf() {
  using Items = std::vector<Item>;
  if (std::holds_alternative<std::monostate>(items_)) items_ = Items(size());
  LAKE_CHECK(std::holds_alternative<Items>(items_));
  return std::get<Items>(items_);
}

Value ValueColumn::operator[](size_t index) const {
  switch (kinds_[index]) {
    case kKind<bool>:
      return Value{std::get<std::vector<int64_t>>(items_)[index] != 0};
    case kKind<int64_t>:
      return Value{std::get<std::vector<int64_t>>(items_)[index]};
    case kKind<double>:
      return Value{std::get<std::vector<double>>(items_)[index]};
    case kKind<Int128>:
      return Value{std::get<std::vector<Int128>>(items_)[index]};
    case kKind<std::string>: {
      const auto& texts = std::get<Texts>(items_);
      return Value{texts.texts[texts.place_of[index]]};
    }
    default:
      return {};
  }
}

void ValueColumn::Set(size_t index, const Value& value) {
  kinds_[index] = static_cast<uint8_t>(value.data.index());
  switch (value.data.index()) {
    case kKind<bool>:
      ItemsOf<int64_t>()[index] = std::get<bool>(value.data) ? 1 : 0;
      return;
    case kKind<int64_t>:
      ItemsOf<int64_t>()[index] = std::get<int64_t>(value.data);
      return;
    case kKind<double>:
      ItemsOf<double>()[index] = std::get<double>(value.data);
      return;
    case kKind<Int128>:
      ItemsOf<Int128>()[index] = std::get<Int128>(value.data);
      return;
    case kKind<std::string>: {
      if (std::holds_alternative<std::monostate>(items_)) {
        items_ = Texts{std::vector<uint32_t>(size()), {}};
      }
      LAKE_CHECK(std::holds_alternative<Texts>(items_));
      auto& texts = std::get<Texts>(items_);
      const auto& text = std::get<std::string>(value.data);
      if (texts.texts.empty() || texts.texts.back() != text) texts.texts.push_back(text);
      texts.place_of[index] = static_cast<uint32_t>(texts.texts.size()) - 1;
      return;
    }
    default:
      return;
  }
}

ValueColumn::NumberWriter ValueColumn::Numbers() {
  static_assert(kKind<int64_t> == kNumber);
  return {ItemsOf<int64_t>().data(), kinds_.data()};
}

const int64_t* ValueColumn::numbers() const {
  const auto* items = std::get_if<std::vector<int64_t>>(&items_);
  return items == nullptr ? nullptr : items->data();
}

void ColumnBounds::Resize(size_t files) {
  min.Resize(files);
  max.Resize(files);
  null_count.resize(files, -1);
}

void ColumnBounds::Set(size_t file, const Value& least, const Value& greatest, int64_t nulls) {
  min.Set(file, least);
  max.Set(file, greatest);
  null_count[file] = nulls;
}

}  // namespace lakehouse::storage
