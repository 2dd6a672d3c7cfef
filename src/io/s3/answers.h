#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::io::s3 {

struct ListedObject {
  std::string key;
  int64_t size_bytes = 0;
  int64_t modified_ms = 0;
  std::string etag;
};

/// One answer of ListObjectsV2.
struct ListPage {
  std::vector<ListedObject> objects;
  std::string next_token;  ///< empty at the end
};

/// What a server says about a request that it did not carry out.
struct Refusal {
  std::string code;  ///< "NoSuchKey"; empty when the body says nothing
  std::string message;
  std::string region;  ///< where the bucket is
};

/// Corruption LK-8014 when `xml` is no such answer.
ListPage ParseListPage(std::string_view xml);
std::string ParseUploadId(std::string_view xml);
/// Never throws: a body that is no such answer is an empty refusal.
Refusal ParseRefusal(std::string_view xml) noexcept;
/// "2009-10-12T17:50:30.123Z" in Unix milliseconds; Corruption LK-8014 otherwise.
int64_t ParseListTime(const std::string& text);

}  // namespace lakehouse::io::s3
