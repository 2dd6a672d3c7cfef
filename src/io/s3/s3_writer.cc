#include "io/s3/s3_writer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/logging.h"
#include "io/s3/xml_reader.h"

namespace lakehouse::io::s3 {
namespace {

constexpr char kIdHeader[] = "x-amz-meta-lakehouse-id";
/// An object has 10,000 parts at most, so parts double after so many.
constexpr size_t kPartsOfOneSize = 1000;

std::string EscapeXml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '"') {
      escaped += "&quot;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

}  // namespace

S3Writer::S3Writer(std::shared_ptr<S3Client> client, std::string key, std::string id,
                   int64_t part_bytes)
    : client_(std::move(client)),
      key_(std::move(key)),
      id_(std::move(id)),
      part_bytes_(part_bytes) {}

S3Writer::~S3Writer() {
  if (finished_ || upload_id_.empty()) return;
  try {
    Call abort;
    abort.method = "DELETE";
    abort.key = key_;
    abort.query["uploadId"] = upload_id_;
    abort.expected = {404};
    client_->Send(abort);
  } catch (const std::exception& error) {
    LogWarn("the parts of an unfinished object stay in the bucket",
            {{"object", Name()}, {"reason", error.what()}});
  }
}

std::string S3Writer::Name() const { return "s3://" + client_->bucket() + "/" + key_; }

size_t S3Writer::PartBytes() const {
  return static_cast<size_t>(part_bytes_) << (etags_.size() / kPartsOfOneSize);
}

void S3Writer::Append(std::span<const std::byte> bytes) {
  LAKE_CHECK(!finished_);
  written_ += static_cast<int64_t>(bytes.size());
  while (!bytes.empty()) {
    if (buffer_.size() == PartBytes()) UploadPart();
    const size_t size = std::min(bytes.size(), PartBytes() - buffer_.size());
    buffer_.append(reinterpret_cast<const char*>(bytes.data()), size);
    bytes = bytes.subspan(size);
  }
}

void S3Writer::BeginUpload() {
  Call call;
  call.method = "POST";
  call.key = key_;
  call.query["uploads"] = "";
  call.headers[kIdHeader] = id_;
  upload_id_ = ParseUploadId(client_->Send(call).body);
}

void S3Writer::UploadPart() {
  if (upload_id_.empty()) BeginUpload();
  Call call;
  call.method = "PUT";
  call.key = key_;
  call.query["partNumber"] = std::to_string(etags_.size() + 1);
  call.query["uploadId"] = upload_id_;
  call.body = buffer_;
  const Reply reply = client_->Send(call);
  const auto etag = reply.headers.find("etag");
  if (etag == reply.headers.end()) {
    throw Error(ErrorKind::kCorruption, "LK-8014",
                "the answer to a part of " + Name() + " has no ETag",
                "The server does not answer as S3 does.");
  }
  etags_.push_back(etag->second);
  buffer_.clear();
}

void S3Writer::Finish() {
  LAKE_CHECK(!finished_);
  if (upload_id_.empty()) {
    PutWhole();
  } else {
    if (!buffer_.empty()) UploadPart();
    Complete();
  }
  finished_ = true;
}

void S3Writer::PutWhole() {
  Call call;
  call.method = "PUT";
  call.key = key_;
  call.headers["if-none-match"] = "*";
  call.headers[kIdHeader] = id_;
  call.body = buffer_;
  call.expected = {412};
  call.once = true;
  try {
    if (client_->Send(call).status != 412) return;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kCommitStateUnknown) throw;
    return Settle(error.message());
  }
  Settle("the object is there");
}

void S3Writer::Complete() {
  const std::string list = PartList();
  Call call;
  call.method = "POST";
  call.key = key_;
  call.query["uploadId"] = upload_id_;
  call.headers["if-none-match"] = "*";
  call.body = list;
  call.expected = {404, 412};
  call.once = true;
  std::string reason = "the object is there";
  try {
    const Reply reply = client_->Send(call);
    // The status goes out before the parts are joined; a failure after it is in the body.
    const Refusal refusal = ParseRefusal(reply.body);
    if (reply.status < 300 && refusal.code.empty()) return;
    if (!refusal.code.empty()) reason = refusal.code + ": " + refusal.message;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kCommitStateUnknown) throw;
    reason = error.message();
  }
  Settle(reason);
}

std::string S3Writer::PartList() const {
  std::string list = "<CompleteMultipartUpload>";
  for (size_t i = 0; i < etags_.size(); ++i) {
    list += "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" +
            EscapeXml(etags_[i]) + "</ETag></Part>";
  }
  return list + "</CompleteMultipartUpload>";
}

void S3Writer::Settle(const std::string& reason) const {
  Call call;
  call.method = "HEAD";
  call.key = key_;
  call.expected = {404};
  const Reply reply = client_->Send(call);
  if (reply.status == 404) {
    throw Error(ErrorKind::kCommitStateUnknown, "LK-8006",
                "it is not known whether " + Name() + " will be there: " + reason,
                "Look at what is there before writing again.");
  }
  const auto id = reply.headers.find(kIdHeader);
  if (id != reply.headers.end() && id->second == id_) return;
  throw Error(ErrorKind::kAlreadyExists, "LK-8008", Name() + " is there already",
              "Data files have names that nobody else uses; this one was taken.");
}

}  // namespace lakehouse::io::s3
