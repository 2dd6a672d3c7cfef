// Any bytes as a deletion vector: an Error or rows, and rows that were read are written and read
// equal.
#include <vector>

#include "fuzz_input.h"
#include "storage/delta/log/deletion_vector.h"

namespace delta = lakehouse::storage::delta;
using lakehouse::Require;
using lakehouse::storage::RowSet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = lakehouse::Text(data, size);
  if (const auto decoded = delta::DecodeZ85(bytes)) Require(delta::EncodeZ85(*decoded) == bytes);
  lakehouse::Takes("LK-3008", [&] {
    const RowSet rows = delta::ParseDeletionVector(bytes);
    Require(RowSet::FromPortable(rows.ToPortable()) == rows);
    Require(delta::ParseDeletionVector(delta::WriteDeletionVector(rows)) == rows);
    RowSet both = rows;
    Require(both.Unite(rows) == 0 && both == rows);
    both.Subtract(rows);
    Require(both.empty());
    std::vector<uint32_t> kept;
    const bool some = rows.Exclude(0, 2048, kept);
    Require(kept.size() <= 2048 && some == rows.Intersects(RowSet().Complement(2048)));
    const RowSet rest = rows.Complement(100'000);
    Require(!rest.Intersects(rows) && rest.size() <= 100'000);
  });
  return 0;
}
