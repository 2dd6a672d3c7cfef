#include "storage/delta/snapshot/packed_stats.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "storage/delta/log/stats_json.h"
#include "storage/delta/snapshot/common_bytes.h"

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

PackedValues::PackedValues(std::string_view bytes, const std::vector<uint32_t>& ends,
                           std::vector<int64_t> text_of)
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
  for (int64_t& text : text_of) text = code_of[static_cast<size_t>(text)];
  texts_->bytes.shrink_to_fit();
  texts_->distinct = codes.size();
  texts_->ends = PackedNumbers(text_ends);
  numbers_ = PackedNumbers(text_of);
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
  /// The value of a row; rows before it that got none have the one before them.
  void Add(size_t row, std::string_view value, bool is_text) {
    if (row == 0) {
      first_ = value;
      int64_t number = 0;
      numeric_ = !is_text && ReadNumber(value, number);
      return;
    }
    if (only_ && value == first_) return;
    if (only_) BeginToVary();
    Repeat(row);
    int64_t number = 0;
    if (numeric_ && ReadNumber(value, number)) {
      items_.push_back(number);
      return;
    }
    if (numeric_) BecomeTexts();
    AddText(value);
  }

  /// Of so many rows. Nothing can be added then.
  PackedValues Finish(size_t rows) {
    if (only_) return PackedValues(first_);
    Repeat(rows);
    if (numeric_) return PackedValues(PackedNumbers(items_));
    return {bytes_, ends_, std::move(items_)};
  }

 private:
  void Repeat(size_t rows) { items_.resize(rows, items_.back()); }
  void AddText(std::string_view value) {
    const size_t size = ends_.size();
    const size_t begin = size < 2 ? 0 : ends_[size - 2];
    if (size == 0 || std::string_view(bytes_).substr(begin) != value) {
      bytes_ += value;
      ends_.push_back(static_cast<uint32_t>(bytes_.size()));
    }
    items_.push_back(static_cast<int64_t>(ends_.size()) - 1);
  }
  void BeginToVary() {
    only_ = false;
    int64_t number = 0;
    if (numeric_ && ReadNumber(first_, number)) {
      items_.push_back(number);
    } else {
      AddText(first_);
    }
  }
  void BecomeTexts() {
    numeric_ = false;
    std::string text;
    for (const int64_t number : std::exchange(items_, {})) {
      text.clear();
      AppendNumber(text, number);
      AddText(text);
    }
  }

  bool only_ = true;
  bool numeric_ = false;
  std::string first_;
  std::vector<int64_t> items_;  ///< by row: the number, or the place of the text
  std::string bytes_;           ///< the texts
  std::vector<uint32_t> ends_;
};

/// The texts of one shape while more come.
class StatsPacker::Rows {
 public:
  explicit Rows(std::shared_ptr<const StatsShape> shape)
      : shape_(std::move(shape)),
        columns_(shape_->slots().size()),
        places_(columns_.size()),
        found_(columns_.size()) {}

  size_t size() const { return size_; }

  /// False when the text is of another shape.
  bool Take(std::string_view text, bool escaped) {
    changed_.clear();
    const bool like_last = size_ > 0 && escaped == escaped_;
    if (!(like_last ? FindLikeLast(text) : Find(text, escaped))) return false;
    for (const size_t slot : changed_) {
      const auto [begin, end] = found_[slot];
      columns_[slot].Add(size_, text.substr(begin, end - begin), shape_->slots()[slot].is_text);
    }
    ++size_;
    last_ = text;
    escaped_ = escaped;
    std::swap(places_, found_);
    return true;
  }

  PackedStats::Rows Finish() {
    PackedStats::Rows rows{shape_, {}, shape_->SlotAt("numRecords")};
    rows.values.reserve(columns_.size());
    for (Column& column : columns_) rows.values.push_back(column.Finish(size_));
    return rows;
  }

 private:
  /// Where a value stands in its text.
  struct Place {
    size_t begin = 0;
    size_t end = 0;
  };

  size_t EndOf(size_t slot, std::string_view text, size_t begin, bool escaped) const {
    const char* const end = text.data() + text.size();
    const bool is_text = shape_->slots()[slot].is_text;
    return static_cast<size_t>(EndOfValue(text.data() + begin, end, is_text, escaped) -
                               text.data());
  }

  bool Find(std::string_view text, bool escaped) {
    const auto& parts = escaped ? shape_->escaped_parts() : shape_->parts();
    size_t at = 0;
    for (size_t slot = 0; slot < columns_.size(); ++slot) {
      if (!text.substr(at).starts_with(parts[slot])) return false;
      at += parts[slot].size();
      found_[slot] = {at, EndOf(slot, text, at, escaped)};
      at = found_[slot].end;
      changed_.push_back(slot);
    }
    return text.substr(at) == parts.back();
  }

  /// The same for a text that has most in common with the one before: what is alike there is not
  /// looked at again.
  bool FindLikeLast(std::string_view text) {
    const std::string_view last_text = last_;
    size_t at = 0, last = 0;
    size_t alike = CommonBytes(text, last_text);
    for (size_t slot = 0; slot < columns_.size(); ++slot) {
      const Place there = places_[slot];
      const size_t begin = there.begin - last + at;
      // The value is the same when also what ends it is.
      if (there.end < last + alike) {
        found_[slot] = {begin, there.end - last + at};
        continue;
      }
      if (there.begin > last + alike) return false;
      found_[slot] = {begin, EndOf(slot, text, begin, escaped_)};
      changed_.push_back(slot);
      at = found_[slot].end;
      last = there.end;
      alike = CommonBytes(text.substr(at), last_text.substr(last));
    }
    return at + alike == text.size() && last + alike == last_text.size();
  }

  const std::shared_ptr<const StatsShape> shape_;
  std::vector<Column> columns_;
  std::string last_;  ///< the text that was taken last
  bool escaped_ = false;
  std::vector<Place> places_;    ///< of the values in last_
  std::vector<Place> found_;     ///< of those in the text at hand
  std::vector<size_t> changed_;  ///< the slots whose value may be another one than in last_
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
