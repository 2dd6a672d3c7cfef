#include "ingestion/connectors/postgresql/numeric.h"

#include "ingestion/connectors/postgresql/wire.h"

namespace lakehouse::ingestion::connectors::postgresql {

namespace {

// numeric_send: number of groups, weight of the first, sign, digits after the point, then groups of
// four decimal digits.
constexpr uint16_t kNegative = 0x4000;
constexpr uint16_t kNan = 0xC000;
constexpr uint16_t kInfinity = 0xD000;
constexpr uint16_t kNegativeInfinity = 0xF000;

void AppendGroup(std::string& text, int group) {
  for (int unit = 1000; unit > 0; unit /= 10) text += static_cast<char>('0' + group / unit % 10);
}

}  // namespace

std::optional<std::string> NumericToText(std::string_view bytes) {
  WireReader reader(bytes);
  int16_t count = 0;
  int16_t weight = 0;
  uint16_t sign = 0;
  int16_t scale = 0;
  if (!reader.Take(&count) || !reader.Take(&weight) || !reader.Take(&sign) ||
      !reader.Take(&scale) || count < 0 || scale < 0) {
    return std::nullopt;
  }
  if (sign == kNan) return "NaN";
  if (sign == kInfinity) return "Infinity";
  if (sign == kNegativeInfinity) return "-Infinity";
  if (reader.rest().size() != static_cast<size_t>(count) * 2) return std::nullopt;
  std::string whole;
  std::string fraction;
  const auto group_at = [&](int index) {
    if (index < 0 || index >= count) return 0;
    return static_cast<int>(ReadBigEndian<int16_t>(reader.rest().data() + index * 2));
  };
  for (int i = 0; i <= weight; ++i) AppendGroup(whole, group_at(i));
  for (int i = weight + 1; static_cast<int>(fraction.size()) < scale; ++i) {
    AppendGroup(fraction, group_at(i));
  }
  whole.erase(0, whole.find_first_not_of('0'));
  if (whole.empty()) whole.push_back('0');
  fraction.resize(static_cast<size_t>(scale));
  if (sign == kNegative) whole.insert(whole.begin(), '-');
  if (fraction.empty()) return whole;
  whole += '.';
  whole += fraction;
  return whole;
}

}  // namespace lakehouse::ingestion::connectors::postgresql
