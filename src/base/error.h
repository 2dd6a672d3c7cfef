#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse {

/// The closed list of what can go wrong. A front (HTTP, CLI, Python) maps the kind to its own form.
enum class ErrorKind {
  kNotFound,
  kAlreadyExists,
  kInvalidArgument,
  kInvalidSchema,
  kPermissionDenied,
  kUnauthenticated,
  kCommitConflict,
  kCommitStateUnknown,
  kUnsupported,
  kCorruption,
  kIoError,
  kTimeout,
  kCancelled,
  kResourceExhausted,
  kUnavailable,
  kInternal,
};

/// "NotFound", "AlreadyExists", ...
std::string_view ToString(ErrorKind kind);

/// True for the kinds where the same request may succeed later without a change by the caller.
bool IsRetryable(ErrorKind kind);

/// Ends a request. `code` is stable ("LK-2001") and has a page in docs/errors. The message says
/// what, where and why with run-time values; the hint says what to do next and may be empty.
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string_view code, std::string message, std::string hint = {});

  /// The same error with the text of what caused it.
  Error CausedBy(std::string_view cause) const;
  /// The same error with `context` in front of its message: "context: message".
  Error Within(std::string_view context) const;

  ErrorKind kind() const { return kind_; }
  const std::string& code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }
  const std::string& cause() const { return cause_; }
  bool retryable() const { return IsRetryable(kind_); }
  /// "LK-2001 NotFound: message (cause: ...)"; the hint is not part of it.
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  void Compose();

  ErrorKind kind_;
  std::string code_;
  std::string message_;
  std::string hint_;
  std::string cause_;
  std::string what_;
};

/// Turns the exception in flight into an Error: an Error stays itself, bad_alloc becomes
/// ResourceExhausted LK-0004, anything else Internal LK-0001. Call inside a catch block.
Error CurrentError();

}  // namespace lakehouse
