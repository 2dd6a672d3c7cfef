#include "storage/delta/snapshot/packed_stats.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "storage/delta/log/stats_json.h"

namespace lakehouse::storage::delta {
namespace {

/// Shape of a text that is kept as it is: behind all others.
constexpr int64_t kNoShape = 255;
constexpr int64_t kNoText = 256;

/// A number that to_chars writes letter by letter as it stands here.
bool ReadNumber(std::string_view text, int64_t& number) {
  constexpr size_t kMaxDigits = 18;
  const bool negative = !text.empty() && text[0] == '-';
  const std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || digits.size() > kMaxDigits) return false;
  if (digits[0] == '0' && (digits.size() > 1 || negative)) return false;
  int64_t read = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return false;
    read = read * 10 + (c - '0');
  }
  number = negative ? -read : read;
  return true;
}

void AppendNumber(std::string& text, int64_t number) {
  char digits[24];
  text.append(digits, std::to_chars(digits, digits + sizeof(digits), number).ptr);
}

}  // namespace

PackedValues::PackedValues(std::string_view bytes, const std::vector<uint32_t>& ends)
    : kind_(Kind::kTexts), texts_(std::make_unique<Texts>()) {
  std::unordered_map<std::string_view, int64_t> codes;
  std::vector<int64_t> code_of, text_ends;
  uint32_t begin = 0;
  for (const uint32_t end : ends) {
    const std::string_view text = bytes.substr(begin, end - begin);
    begin = end;
    const auto [known, is_new] = codes.emplace(text, static_cast<int64_t>(codes.size()));
    if (is_new) {
      texts_->bytes += text;
      text_ends.push_back(static_cast<int64_t>(texts_->bytes.size()));
    }
    code_of.push_back(known->second);
  }
  texts_->bytes.shrink_to_fit();
  texts_->distinct = codes.size();
  texts_->ends = PackedNumbers(text_ends);
  numbers_ = PackedNumbers(code_of);
}

std::string_view PackedValues::text(size_t code) const {
  if (kind_ == Kind::kSame) return only_;
  const auto begin = code == 0 ? 0 : static_cast<size_t>(texts_->ends.at(code - 1));
  return std::string_view(texts_->bytes)
      .substr(begin, static_cast<size_t>(texts_->ends.at(code)) - begin);
}

void PackedValues::AppendTo(std::string& text, size_t index) const {
  if (is_number()) {
    AppendNumber(text, number(index));
  } else {
    text += this->text(code(index));
  }
}

size_t PackedValues::memory_bytes() const {
  const size_t texts =
      texts_ ? sizeof(Texts) + texts_->bytes.capacity() + texts_->ends.memory_bytes() : 0;
  return sizeof(*this) + only_.capacity() + numbers_.memory_bytes() + texts;
}

std::string PackedStats::Text(size_t index) const {
  const size_t shape = ShapeOf(index);
  if (shape == kNoText) return {};
  const size_t row = RowOf(index);
  if (shape >= shapes_.size()) return texts_[row];
  const Rows& rows = shapes_[shape];
  const auto& parts = rows.shape->parts();
  // The texts of a checkpoint are made by the million: this one keeps its memory.
  thread_local std::string text;
  text.clear();
  for (size_t slot = 0; slot < rows.values.size(); ++slot) {
    text += parts[slot];
    rows.values[slot].AppendTo(text, row);
  }
  text += parts.back();
  return text;
}

int64_t PackedStats::Records(size_t index) const {
  const size_t shape = ShapeOf(index);
  if (shape == kNoText) return -1;
  const size_t row = RowOf(index);
  if (shape >= shapes_.size()) return ParseRecordCount(texts_[row]);
  const Rows& rows = shapes_[shape];
  if (rows.records_slot < 0) return -1;
  const PackedValues& values = rows.values[static_cast<size_t>(rows.records_slot)];
  int64_t count = -1;
  if (values.is_number()) {
    count = values.number(row);
  } else if (rows.shape->slots()[static_cast<size_t>(rows.records_slot)].is_text ||
             !ReadNumber(values.text(values.code(row)), count)) {
    return -1;
  }
  return std::max<int64_t>(count, -1);
}

size_t PackedStats::memory_bytes() const {
  size_t bytes = shape_of_.memory_bytes() + row_of_.memory_bytes();
  for (const Rows& rows : shapes_) {
    for (const PackedValues& values : rows.values) bytes += values.memory_bytes();
  }
  for (const std::string& text : texts_) bytes += sizeof(text) + text.capacity();
  return bytes;
}

/// The values of a slot while more come.
class StatsPacker::Column {
 public:
  /// The value of all so far, where they are the same and it has no escape; else empty.
  std::string_view only_value() const { return only_ && plain_ ? std::string_view(first_) : ""; }

  void Add(std::string_view value, bool is_text) {
    if (rows_ == 0) {
      first_ = value;
      plain_ = value.find('\\') == std::string_view::npos;
      int64_t number = 0;
      numeric_ = !is_text && ReadNumber(value, number);
    } else if (only_ && value != first_) {
      BeginToVary();
    }
    ++rows_;
    if (only_) return;
    int64_t number = 0;
    if (numeric_ && ReadNumber(value, number)) {
      numbers_.push_back(number);
      return;
    }
    if (numeric_) BecomeTexts();
    AddText(value);
  }

  PackedValues Finish() const {
    if (only_) return PackedValues(first_);
    if (numeric_) return PackedValues(PackedNumbers(numbers_));
    return {bytes_, ends_};
  }

 private:
  void AddText(std::string_view value) {
    bytes_ += value;
    ends_.push_back(static_cast<uint32_t>(bytes_.size()));
  }
  void BeginToVary() {
    only_ = false;
    int64_t number = 0;
    if (numeric_ && ReadNumber(first_, number)) {
      numbers_.assign(rows_, number);
    } else {
      for (size_t i = 0; i < rows_; ++i) AddText(first_);
    }
  }
  void BecomeTexts() {
    numeric_ = false;
    std::string text;
    for (const int64_t number : numbers_) {
      text.clear();
      AppendNumber(text, number);
      AddText(text);
    }
    numbers_ = {};
  }

  size_t rows_ = 0;
  bool only_ = true;
  bool plain_ = true;
  bool numeric_ = false;
  std::string first_;
  std::vector<int64_t> numbers_;
  std::string bytes_;
  std::vector<uint32_t> ends_;
};

/// The texts of one shape while more come.
class StatsPacker::Rows {
 public:
  explicit Rows(std::shared_ptr<const StatsShape> shape)
      : shape_(std::move(shape)), columns_(shape_->slots().size()), found_(columns_.size()) {}

  size_t size() const { return size_; }

  /// False when the text is of another shape.
  bool Take(std::string_view text, bool escaped) {
    const auto& parts = escaped ? shape_->escaped_parts() : shape_->parts();
    const char* at = text.data();
    const char* const end = at + text.size();
    for (size_t slot = 0; slot < columns_.size(); ++slot) {
      const std::string& part = parts[slot];
      if (!StartsWith(at, end, part)) return false;
      at += part.size();
      const char* value_end = EndOfSlot(slot, at, end, escaped);
      found_[slot] = {at, static_cast<size_t>(value_end - at)};
      at = value_end;
    }
    if (std::string_view(at, static_cast<size_t>(end - at)) != parts.back()) return false;
    for (size_t slot = 0; slot < columns_.size(); ++slot) {
      columns_[slot].Add(found_[slot], shape_->slots()[slot].is_text);
    }
    ++size_;
    return true;
  }

  PackedStats::Rows Finish() const {
    PackedStats::Rows rows{shape_, {}, shape_->SlotAt("numRecords")};
    rows.values.reserve(columns_.size());
    for (const Column& column : columns_) rows.values.push_back(column.Finish());
    return rows;
  }

 private:
  static bool StartsWith(const char* at, const char* end, std::string_view part) {
    return static_cast<size_t>(end - at) >= part.size() &&
           std::memcmp(at, part.data(), part.size()) == 0;
  }
  /// Most values are those of the file before.
  const char* EndOfSlot(size_t slot, const char* at, const char* end, bool escaped) const {
    const bool is_text = shape_->slots()[slot].is_text;
    const std::string_view same = columns_[slot].only_value();
    if (!same.empty() && static_cast<size_t>(end - at) > same.size() &&
        std::memcmp(at, same.data(), same.size()) == 0) {
      const char next = at[same.size()];
      if (is_text ? next == (escaped ? '\\' : '"') : next == ',' || next == '}') {
        return at + same.size();
      }
    }
    return EndOfValue(at, end, is_text, escaped);
  }

  const std::shared_ptr<const StatsShape> shape_;
  std::vector<Column> columns_;
  std::vector<std::string_view> found_;
  size_t size_ = 0;
};

bool StatsPacker::AddKnown(std::string_view text, bool escaped) {
  for (size_t i = 0; i < known_.size(); ++i) {
    const size_t shape = (last_ + i) % known_.size();
    if (!rows_[shape]) rows_[shape] = std::make_shared<Rows>(known_[shape]);
    if (!rows_[shape]->Take(text, escaped)) continue;
    last_ = shape;
    shape_of_.push_back(static_cast<int64_t>(shape));
    row_of_.push_back(static_cast<int64_t>(rows_[shape]->size()) - 1);
    return true;
  }
  return false;
}

bool StatsPacker::AddEscaped(std::string_view text) { return AddKnown(text, true); }

void StatsPacker::Add(std::string_view text) {
  if (text.empty()) {
    shape_of_.push_back(kNoText);
    row_of_.push_back(0);
    return;
  }
  if (AddKnown(text, false)) return;
  if (known_.size() < kMaxShapes) {
    if (auto shape = StatsShape::Of(text)) {
      known_.push_back(std::make_shared<const StatsShape>(*std::move(shape)));
      rows_.push_back(nullptr);
      last_ = known_.size() - 1;
      if (AddKnown(text, false)) return;
    }
  }
  shape_of_.push_back(kNoShape);
  row_of_.push_back(static_cast<int64_t>(texts_.size()));
  texts_.emplace_back(text);
}

PackedStats StatsPacker::Finish() {
  PackedStats stats;
  std::vector<int64_t> place_of(known_.size(), 0);
  for (size_t i = 0; i < rows_.size(); ++i) {
    place_of[i] = static_cast<int64_t>(stats.shapes_.size());
    if (rows_[i] && rows_[i]->size() > 0) stats.shapes_.push_back(rows_[i]->Finish());
    rows_[i] = nullptr;
  }
  for (int64_t& shape : shape_of_) {
    if (shape < kNoShape) shape = place_of[static_cast<size_t>(shape)];
  }
  stats.shape_of_ = PackedNumbers(shape_of_);
  for (size_t i = 0; i < row_of_.size() && stats.in_order_; ++i) {
    stats.in_order_ = row_of_[i] == static_cast<int64_t>(i);
  }
  if (!stats.in_order_) stats.row_of_ = PackedNumbers(row_of_);
  stats.texts_ = std::move(texts_);
  shape_of_.clear();
  row_of_.clear();
  texts_ = {};
  return stats;
}

}  // namespace lakehouse::storage::delta
