// What an S3 server says: listings, refusals, ids of uploads. Whatever it is, it is read or refused
// with LK-8014, and what was read keeps its promises.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "io/s3/answers.h"

namespace {

template <typename Work>
void Try(Work work) {
  try {
    work();
  } catch (const lakehouse::Error& error) {
    if (error.code() != "LK-8014") std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view xml(reinterpret_cast<const char*>(data), size);
  Try([&] {
    for (const auto& object : lakehouse::io::s3::ParseListPage(xml).objects) {
      if (object.size_bytes < 0 || object.key.empty()) std::abort();
    }
  });
  Try([&] {
    if (lakehouse::io::s3::ParseUploadId(xml).empty()) std::abort();
  });
  const auto refusal = lakehouse::io::s3::ParseRefusal(xml);
  if (refusal.message.size() > 500) std::abort();
  return 0;
}
