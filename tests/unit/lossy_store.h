#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/error.h"
#include "io/object_store.h"

namespace lakehouse {

/// A store whose network can lose the reply of a put-if-absent, or repeat the request.
class LossyStore : public io::ObjectStore {
 public:
  explicit LossyStore(std::shared_ptr<io::ObjectStore> inner) : inner_(std::move(inner)) {}

  /// The next put is done (or not), and its reply is lost.
  void LoseNextReply(bool apply) { lose_ = true, apply_ = apply; }
  /// The next put is on its way when its reply is lost, and arrives after the next read.
  void DelayNextPut() { delay_ = true; }
  /// The next put is sent twice by a client that missed the first reply.
  void RepeatNextPut() { repeat_ = true; }

  io::PutResult WriteIfAbsent(std::string_view path, std::string_view bytes) override {
    if (std::exchange(lose_, false)) {
      if (apply_) inner_->WriteIfAbsent(path, bytes);
      throw Error(ErrorKind::kCommitStateUnknown, "LK-8006", "the reply was lost");
    }
    if (std::exchange(delay_, false)) {
      under_way_ = {std::string(path), std::string(bytes)};
      throw Error(ErrorKind::kCommitStateUnknown, "LK-8006", "the reply was lost");
    }
    if (std::exchange(repeat_, false)) inner_->WriteIfAbsent(path, bytes);
    return inner_->WriteIfAbsent(path, bytes);
  }
  std::string Read(std::string_view path) override {
    const auto arrives = std::exchange(under_way_, {});
    try {
      std::string bytes = inner_->Read(path);
      if (!arrives.first.empty()) inner_->WriteIfAbsent(arrives.first, arrives.second);
      return bytes;
    } catch (const Error&) {
      if (!arrives.first.empty()) inner_->WriteIfAbsent(arrives.first, arrives.second);
      throw;
    }
  }
  std::unique_ptr<io::ObjectReader> Open(std::string_view path) override {
    return inner_->Open(path);
  }
  void Write(std::string_view path, std::string_view bytes) override { inner_->Write(path, bytes); }
  std::unique_ptr<io::ObjectWriter> Create(std::string_view path) override {
    return inner_->Create(path);
  }
  std::vector<io::ObjectInfo> List(std::string_view directory,
                                   const io::ListOptions& options) override {
    return inner_->List(directory, options);
  }
  bool Delete(std::string_view path) override { return inner_->Delete(path); }
  std::optional<io::ObjectInfo> Head(std::string_view path) override { return inner_->Head(path); }
  const std::string& uri() const override { return inner_->uri(); }

 private:
  const std::shared_ptr<io::ObjectStore> inner_;
  bool lose_ = false;
  bool apply_ = false;
  bool repeat_ = false;
  bool delay_ = false;
  std::pair<std::string, std::string> under_way_;  ///< path and bytes
};

}  // namespace lakehouse
