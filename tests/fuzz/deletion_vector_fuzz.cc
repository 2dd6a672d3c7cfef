// Any bytes as a deletion vector: an Error or rows, and rows that were read are written and read
// equal.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "storage/delta/deletion_vector.h"

namespace delta = lakehouse::storage::delta;
using lakehouse::storage::RowSet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  delta::DecodeZ85(bytes);
  if (const auto rows = RowSet::FromPortable(bytes)) {
    if (RowSet::FromPortable(rows->ToPortable()) != rows) std::abort();
    RowSet both = *rows;
    both.Unite(*rows);
    if (both != *rows || both.size() < 0) std::abort();
  }
  try {
    const RowSet rows = delta::ParseDeletionVector(bytes);
    std::vector<uint32_t> kept;
    rows.Exclude(0, 2048, kept);
    if (kept.size() > 2048) std::abort();
  } catch (const lakehouse::Error&) {
  }
  return 0;
}
