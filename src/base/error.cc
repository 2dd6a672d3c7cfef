#include "base/error.h"

#include <array>
#include <new>
#include <utility>

#include "base/check.h"

namespace lakehouse {
namespace {

constexpr std::array<std::string_view, 16> kNames = {
    "NotFound",         "AlreadyExists",     "InvalidArgument", "InvalidSchema",
    "PermissionDenied", "Unauthenticated",   "CommitConflict",  "CommitStateUnknown",
    "Unsupported",      "Corruption",        "IoError",         "Timeout",
    "Cancelled",        "ResourceExhausted", "Unavailable",     "Internal"};

}  // namespace

std::string_view ToString(ErrorKind kind) { return kNames[static_cast<size_t>(kind)]; }

bool IsRetryable(ErrorKind kind) {
  return kind == ErrorKind::kCommitConflict || kind == ErrorKind::kTimeout ||
         kind == ErrorKind::kResourceExhausted || kind == ErrorKind::kUnavailable;
}

Error::Error(ErrorKind kind, std::string_view code, std::string message, std::string hint)
    : kind_(kind), code_(code), message_(std::move(message)), hint_(std::move(hint)) {
  Compose();
}

Error Error::CausedBy(std::string_view cause) const {
  Error copy = *this;
  copy.cause_ = cause;
  copy.Compose();
  return copy;
}

Error Error::Within(std::string_view context) const {
  Error copy = *this;
  copy.message_ = std::string(context) + ": " + message_;
  copy.Compose();
  return copy;
}

void Error::Compose() {
  what_ = code_ + " " + std::string(ToString(kind_)) + ": " + message_;
  if (!cause_.empty()) what_ += " (cause: " + cause_ + ")";
}

Error CurrentError() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return Error(ErrorKind::kResourceExhausted, "LK-0004", "the process is out of memory");
  } catch (const std::exception& error) {
    return Error(ErrorKind::kInternal, "LK-0001", error.what());
  } catch (...) {
    return Error(ErrorKind::kInternal, "LK-0001", "an exception of an unknown type");
  }
}

void CheckFailed(std::string_view condition, std::string_view file, int line) {
  const size_t slash = file.rfind("/src/");
  const std::string_view place = slash == std::string_view::npos ? file : file.substr(slash + 1);
  throw Error(ErrorKind::kInternal, "LK-0001",
              "check failed: " + std::string(condition) + " at " + std::string(place) + ":" +
                  std::to_string(line),
              "This is a defect; please report it with this line.");
}

}  // namespace lakehouse
