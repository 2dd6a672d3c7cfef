// Any bytes as a CSV file, plain or compressed: an Error, or rows that are whole.
#include <cstddef>
#include <cstdint>

#include "file_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace files = lakehouse::ingestion::connectors::files;
  if (size == 0) return 0;
  const uint8_t choice = data[0];
  files::FileOptions options;
  options.header = (choice & 1) == 0;
  options.delimiter = (choice & 2) == 0 ? ',' : ';';
  options.quote = (choice & 4) == 0 ? '"' : '\'';
  if ((choice & 8) != 0) options.null_values = {"", "NA"};
  if ((choice & 16) != 0) options.rescued_data_column.clear();
  const auto file = files::WriteInput(lakehouse::Text(data + 1, size - 1));
  files::CheckFile(file, options, files::InferCsv, files::OpenCsv);
  return 0;
}
