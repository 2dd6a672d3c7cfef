// What an S3 server says: listings, refusals, ids of uploads. Whatever it is, it is read or refused
// with LK-8014, and what was read keeps its promises.
#include "fuzz_input.h"
#include "io/s3/answers.h"

using lakehouse::Require;
using lakehouse::Takes;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view xml = lakehouse::Text(data, size);
  Takes("LK-8014", [&] {
    for (const auto& object : lakehouse::io::s3::ParseListPage(xml).objects) {
      Require(object.size_bytes >= 0 && !object.key.empty());
    }
  });
  Takes("LK-8014", [&] { Require(!lakehouse::io::s3::ParseUploadId(xml).empty()); });
  Require(lakehouse::io::s3::ParseRefusal(xml).message.size() <= 500);
  return 0;
}
