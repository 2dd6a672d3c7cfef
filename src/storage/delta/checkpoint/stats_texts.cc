#include "storage/delta/checkpoint/stats_texts.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

namespace lakehouse::storage::delta {
namespace {

constexpr size_t kNumberBytes = 20;

char* Put(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

size_t LongestOf(const PackedValues& values) {
  if (values.is_number()) return kNumberBytes;
  size_t longest = 0;
  for (size_t code = 0; code < values.distinct(); ++code) {
    longest = std::max(longest, values.text(code).size());
  }
  return longest;
}

}  // namespace

StatsTexts::StatsTexts(const PackedStats& stats) : stats_(stats) {
  for (const PackedStats::Rows& rows : stats.shapes()) shapes_.push_back(ShapeOf(rows));
}

StatsTexts::Shape StatsTexts::ShapeOf(const PackedStats::Rows& rows) {
  Shape shape;
  const auto& parts = rows.shape->parts();
  for (size_t slot = 0; slot < rows.values.size(); ++slot) {
    const PackedValues& values = rows.values[slot];
    shape.fixed += parts[slot];
    if (!values.is_number() && values.distinct() == 1) {
      shape.fixed += values.text(0);
    } else {
      shape.pieces.push_back({shape.fixed.size(), &values});
      shape.max_bytes += LongestOf(values);
    }
  }
  shape.fixed += parts.back();
  shape.max_bytes += shape.fixed.size();
  return shape;
}

void StatsTexts::AppendPlain(const PackedStats& stats, size_t index, TextColumn& column) {
  const std::string text = stats.Text(index);
  text.empty() ? column.AppendNull() : column.End(Put(column.Room(text.size()), text));
}

void StatsTexts::Append(size_t index, TextColumn& column) const {
  const size_t place = stats_.ShapeOf(index);
  if (place >= shapes_.size()) return AppendPlain(stats_, index, column);
  const Shape& shape = shapes_[place];
  const std::string_view fixed = shape.fixed;
  const size_t row = stats_.RowOf(index);
  char* to = column.Room(shape.max_bytes);
  size_t from = 0;
  for (const Piece& piece : shape.pieces) {
    to = Put(to, fixed.substr(from, piece.fixed_end - from));
    from = piece.fixed_end;
    to = piece.values->is_number()
             ? std::to_chars(to, to + kNumberBytes, piece.values->number(row)).ptr
             : Put(to, piece.values->text(piece.values->code(row)));
  }
  column.End(Put(to, fixed.substr(from)));
}

}  // namespace lakehouse::storage::delta
