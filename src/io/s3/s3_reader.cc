#include "io/s3/s3_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace lakehouse::io::s3 {
namespace {

/// A read of at least this size is a request of its own.
constexpr int64_t kLargeBytes = int64_t{256} << 10;
constexpr int64_t kFirstWindowBytes = int64_t{64} << 10;
/// So much of the end comes with any small read in it.
constexpr int64_t kTailBytes = int64_t{64} << 10;
/// A read that begins so close behind the last window follows it.
constexpr int64_t kGapBytes = int64_t{64} << 10;
constexpr size_t kMaxWindows = 4;

}  // namespace

S3Reader::S3Reader(std::shared_ptr<S3Client> client, std::string key, ObjectInfo info,
                   int64_t read_ahead_bytes, CancellationToken token)
    : client_(std::move(client)),
      key_(std::move(key)),
      info_(std::move(info)),
      read_ahead_bytes_(read_ahead_bytes),
      token_(std::move(token)),
      next_window_bytes_(kFirstWindowBytes) {}

void S3Reader::ReadAt(int64_t offset, std::span<std::byte> out) const {
  const auto size = static_cast<int64_t>(out.size());
  if (offset < 0 || size > info_.size_bytes - offset) {
    throw Error(ErrorKind::kCorruption, "LK-8005",
                info_.path + " has " + std::to_string(info_.size_bytes) + " bytes, " +
                    std::to_string(size) + " were wanted at " + std::to_string(offset));
  }
  if (out.empty()) return;
  Window plan;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& window : windows_) {
      if (offset < window->begin || offset + size > window->end()) continue;
      std::memcpy(out.data(), window->bytes.data() + (offset - window->begin), out.size());
      return;
    }
    if (size < kLargeBytes) plan = Plan(offset, size);
  }
  // Outside of the lock: two readers of one window may both fetch it, none waits for the other.
  if (size >= kLargeBytes) return Fetch(offset, out);
  Fetch(plan.begin, std::as_writable_bytes(std::span(plan.bytes)));
  std::memcpy(out.data(), plan.bytes.data() + (offset - plan.begin), out.size());
  const std::lock_guard lock(mutex_);
  if (windows_.size() == kMaxWindows) windows_.erase(windows_.begin());
  windows_.push_back(std::make_shared<const Window>(std::move(plan)));
}

S3Reader::Window S3Reader::Plan(int64_t offset, int64_t size) const {
  Window window;
  window.begin = offset;
  const bool follows = std::any_of(windows_.begin(), windows_.end(), [&](const auto& known) {
    return offset >= known->begin && offset - known->end() <= kGapBytes;
  });
  if (follows) next_window_bytes_ = std::min(next_window_bytes_ * 2, read_ahead_bytes_);
  int64_t end = offset + std::max(size, follows ? next_window_bytes_ : kFirstWindowBytes);
  if (end > info_.size_bytes - kTailBytes) end = info_.size_bytes;
  if (offset >= info_.size_bytes - kTailBytes) {
    window.begin = std::max<int64_t>(0, info_.size_bytes - kTailBytes);
  }
  window.bytes.resize(static_cast<size_t>(std::min(end, info_.size_bytes) - window.begin));
  return window;
}

void S3Reader::Fetch(int64_t offset, std::span<std::byte> out) const {
  Call call;
  call.key = key_;
  call.into = out;
  call.token = token_;
  call.expected = {404, 412, 416};
  call.headers["range"] = "bytes=" + std::to_string(offset) + "-" +
                          std::to_string(offset + static_cast<int64_t>(out.size()) - 1);
  if (!info_.etag.empty()) call.headers["if-match"] = info_.etag;
  const Reply reply = client_->Send(call);
  const std::string name = "s3://" + client_->bucket() + "/" + key_;
  if (reply.status == 404) {
    throw Error(ErrorKind::kNotFound, "LK-8001", name + " is not there");
  }
  if (reply.status == 412) {
    throw Error(ErrorKind::kCorruption, "LK-8005", name + " was replaced while it was read",
                "Repeat the read; another writer wrote the object anew.");
  }
  const bool whole = offset == 0 && reply.status == 200;
  if (reply.status == 416 || (reply.status != 206 && !whole) ||
      reply.received_bytes != out.size()) {
    throw Error(ErrorKind::kCorruption, "LK-8005",
                name + " is shorter than " + std::to_string(info_.size_bytes) +
                    " bytes, or the server does not read ranges (status " +
                    std::to_string(reply.status) + ", " + std::to_string(reply.received_bytes) +
                    " of " + std::to_string(out.size()) + " bytes)");
  }
}

}  // namespace lakehouse::io::s3
