#include "io/s3/answers.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>

#include "base/error.h"
#include "io/http/http_client.h"
#include "io/s3/xml_reader.h"

namespace lakehouse::io::s3 {
namespace {

constexpr size_t kMaxShownBytes = 500;

[[noreturn]] void Refuse(const std::string& what) {
  throw Error(ErrorKind::kCorruption, "LK-8014",
              "the object store's answer cannot be read: " + what,
              "Check that storage.s3_endpoint is an S3 server and not a proxy or a web page.");
}

int64_t ParseSize(std::string_view text) {
  int64_t size = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (failure != std::errc() || end != text.data() + text.size() || size < 0) {
    Refuse("a size is not a number");
  }
  return size;
}

/// Keys of a listing that was asked for with encoding-type=url: '+' is a space there.
std::string DecodeKey(std::string key) {
  std::replace(key.begin(), key.end(), '+', ' ');
  return http::PercentDecode(key);
}

}  // namespace

int64_t ParseListTime(const std::string& text) {
  std::tm utc{};
  int millis = 0, used = 0;
  const int fields =
      std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &utc.tm_year, &utc.tm_mon,
                  &utc.tm_mday, &utc.tm_hour, &utc.tm_min, &utc.tm_sec, &used);
  if (fields != 6 || utc.tm_mon < 1 || utc.tm_mon > 12 || utc.tm_mday < 1 || utc.tm_mday > 31) {
    Refuse("a time is not of the form 2009-10-12T17:50:30.000Z");
  }
  std::string_view rest = std::string_view(text).substr(static_cast<size_t>(used));
  if (rest.starts_with('.')) {
    int digits = 0;
    for (rest.remove_prefix(1); !rest.empty() && rest.front() >= '0' && rest.front() <= '9';
         rest.remove_prefix(1)) {
      if (digits++ < 3) millis = millis * 10 + (rest.front() - '0');
    }
    for (; digits < 3; ++digits) millis *= 10;
  }
  if (rest != "Z" && !rest.empty()) Refuse("a time is not in UTC");
  utc.tm_year -= 1900;
  utc.tm_mon -= 1;
  return static_cast<int64_t>(timegm(&utc)) * 1000 + millis;
}

ListPage ParseListPage(std::string_view xml) {
  ListPage page;
  ListedObject object;
  bool encoded = false, truncated = false;
  const std::string root = ReadXml(xml, [&](std::string_view path, std::string_view text) {
    if (path == "Contents/Key") object.key = text;
    if (path == "Contents/Size") object.size_bytes = ParseSize(text);
    if (path == "Contents/LastModified") object.modified_ms = ParseListTime(std::string(text));
    if (path == "Contents/ETag") object.etag = text;
    if (path == "EncodingType") encoded = text == "url";
    if (path == "IsTruncated") truncated = text == "true";
    if (path == "NextContinuationToken") page.next_token = text;
    if (path != "Contents") return;
    if (object.key.empty()) Refuse("an object has no key");
    page.objects.push_back(std::move(object));
    object = {};
  });
  if (root != "ListBucketResult") Refuse("it is <" + root + ">, not <ListBucketResult>");
  if (truncated && page.next_token.empty()) Refuse("it is cut and does not say how to go on");
  if (!truncated) page.next_token.clear();
  if (encoded) {
    for (ListedObject& listed : page.objects) listed.key = DecodeKey(std::move(listed.key));
  }
  return page;
}

std::string ParseUploadId(std::string_view xml) {
  std::string id;
  ReadXml(xml, [&](std::string_view path, std::string_view text) {
    if (path == "UploadId") id = text;
  });
  if (id.empty()) Refuse("it names no upload");
  return id;
}

Refusal ParseRefusal(std::string_view xml) noexcept {
  Refusal refusal;
  try {
    if (xml.empty()) return refusal;
    const std::string root = ReadXml(xml, [&](std::string_view path, std::string_view text) {
      text = text.substr(0, kMaxShownBytes);
      if (path == "Code") refusal.code = text;
      if (path == "Message") refusal.message = text;
      if (path == "Region") refusal.region = text;
    });
    if (root != "Error") refusal = {};
  } catch (const std::exception&) {
    refusal = {};
  }
  return refusal;
}

}  // namespace lakehouse::io::s3
