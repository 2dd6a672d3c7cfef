// A partition value of any type as text, and a path: an Error, or what is read is written and read
// equal.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "fuzz_input.h"
#include "storage/delta/log/actions.h"
#include "storage/value.h"

namespace {

using lakehouse::Require;
namespace storage = lakehouse::storage;

storage::DataTypePtr TypeOf(uint8_t choice) {
  using enum storage::TypeId;
  constexpr storage::TypeId kPrimitive[] = {kBoolean, kByte,  kShort,     kInteger,
                                            kLong,    kFloat, kDouble,    kString,
                                            kBinary,  kDate,  kTimestamp, kTimestampNtz};
  if (choice < std::size(kPrimitive)) return storage::DataType::Primitive(kPrimitive[choice]);
  const int precision = 1 + choice % 38;
  return storage::DataType::Decimal(precision, choice / 7 % (precision + 1));
}

void CheckValue(std::string_view text, const storage::DataType& type) {
  storage::Value value;
  if (!lakehouse::Takes("LK-3503", [&] { value = storage::FromPartitionText(text, type); })) return;
  if (value.is_null()) return;
  const storage::Value again =
      storage::FromPartitionText(storage::ToPartitionText(value, type), type);
  Require(!again.is_null() && storage::Compare(again, value) == 0);
}

void CheckPath(std::string_view path) {
  namespace delta = storage::delta;
  Require(delta::DecodePath(delta::EncodePath(path)) == path);
  lakehouse::Takes("LK-3003", [&] {
    const std::string decoded = delta::DecodePath(path);
    Require(delta::DecodePath(delta::EncodePath(decoded)) == decoded);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text = lakehouse::Text(data + 1, size - 1);
  CheckValue(text, *TypeOf(data[0]));
  CheckPath(text);
  return 0;
}
