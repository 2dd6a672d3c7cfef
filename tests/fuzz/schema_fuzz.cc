// A schema as JSON, and behind a NUL the statistics of a file: an Error or a schema that is written
// and read equal; statistics never throw, and written anew their bounds still hold.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz_input.h"
#include "storage/delta/log/schema_json.h"
#include "storage/delta/log/stats_json.h"

namespace {

using lakehouse::Require;
namespace storage = lakehouse::storage;
namespace delta = lakehouse::storage::delta;

void CheckBounds(std::string_view text, const storage::ColumnPath& path,
                 const storage::DataType& type, const storage::Schema& schema) {
  storage::FileStats stats;
  stats.num_records = delta::ParseRecordCount(text);
  const storage::LeafStats leaf = delta::ParseLeaf(text, path, type);
  stats.leaves[path] = leaf;
  const storage::LeafStats again = delta::ParseLeaf(delta::WriteStats(stats, schema), path, type);
  if (!leaf.min.is_null() && !again.min.is_null()) {
    Require(storage::Compare(again.min, leaf.min) <= 0);
  }
  if (!leaf.max.is_null() && !again.max.is_null()) {
    Require(storage::Compare(again.max, leaf.max) >= 0);
  }
}

void CheckColumns(const std::vector<storage::Field>& fields, storage::ColumnPath path,
                  std::string_view stats, const storage::Schema& schema) {
  for (const storage::Field& field : fields) {
    path.push_back(field.name);
    if (field.type->id() == storage::TypeId::kStruct) {
      CheckColumns(field.type->fields(), path, stats, schema);
    } else if (!field.type->is_nested()) {
      CheckBounds(stats, path, *field.type, schema);
    }
    path.pop_back();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input = lakehouse::Text(data, size);
  const size_t cut = input.find('\0');
  const std::string_view stats = cut == std::string_view::npos ? "{}" : input.substr(cut + 1);
  delta::ParseRecordCount(stats);
  storage::Schema schema;
  if (!lakehouse::Takes("LK-3", [&] { schema = delta::ParseSchema(input.substr(0, cut)); })) {
    return 0;
  }
  const std::string written = delta::WriteSchema(schema);
  Require(delta::ParseSchema(written) == schema);
  if (lakehouse::Takes("LK-3", [&] { storage::ValidateSchema(schema); })) {
    CheckColumns(schema.fields, {}, stats, schema);
  }
  return 0;
}
