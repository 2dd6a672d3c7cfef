#include <arrow/api.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz_input.h"
#include "storage/parquet/parquet_file.h"

/// Any bytes are rows or an Error.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto store = lakehouse::io::MakeMemoryStore("fuzz");
  store->Write("f", lakehouse::Text(data, size));
  lakehouse::Takes("LK-3", [&] {
    const auto reader = lakehouse::storage::parquet::OpenParquet(store->Open("f"));
    std::shared_ptr<arrow::RecordBatch> batch;
    while (reader->ReadNext(&batch).ok() && batch) continue;
  });
  return 0;
}
