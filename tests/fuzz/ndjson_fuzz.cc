// Any bytes as a file of JSON lines, plain or compressed: an Error, or rows that are whole.
#include <cstddef>
#include <cstdint>

#include "file_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace files = lakehouse::ingestion::connectors::files;
  if (size == 0) return 0;
  files::FileOptions options;
  options.format = files::FileFormat::kJson;
  if ((data[0] & 1) != 0) options.rescued_data_column.clear();
  const auto file = files::WriteInput(lakehouse::Text(data + 1, size - 1));
  files::CheckFile(file, options, files::InferNdjson, files::OpenNdjson);
  return 0;
}
