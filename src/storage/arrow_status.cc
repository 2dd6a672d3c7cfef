#include "storage/arrow_status.h"

#include <arrow/status.h>

#include <memory>
#include <string>

namespace lakehouse::storage {
namespace {

class ErrorDetail : public arrow::StatusDetail {
 public:
  explicit ErrorDetail(Error error) : error_(std::move(error)) {}
  const char* type_id() const override { return "lakehouse::Error"; }
  std::string ToString() const override { return error_.code(); }
  const Error& error() const { return error_; }

 private:
  const Error error_;
};

arrow::StatusCode CodeOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kCancelled:
    case ErrorKind::kTimeout:
      return arrow::StatusCode::Cancelled;
    case ErrorKind::kNotFound:
      return arrow::StatusCode::KeyError;
    case ErrorKind::kUnsupported:
      return arrow::StatusCode::NotImplemented;
    case ErrorKind::kIoError:
    case ErrorKind::kCorruption:
    case ErrorKind::kUnavailable:
      return arrow::StatusCode::IOError;
    case ErrorKind::kInternal:
      return arrow::StatusCode::UnknownError;
    default:
      return arrow::StatusCode::Invalid;
  }
}

}  // namespace

arrow::Status StatusOf(const Error& error) {
  std::string text = error.what();
  if (!error.hint().empty()) text += " Hint: " + error.hint();
  return {CodeOf(error.kind()), std::move(text), std::make_shared<ErrorDetail>(error)};
}

std::optional<Error> ErrorIn(const arrow::Status& status) {
  if (const auto* detail = dynamic_cast<const ErrorDetail*>(status.detail().get())) {
    return detail->error();
  }
  return std::nullopt;
}

void ThrowErrorIn(const arrow::Status& status) {
  if (const auto error = ErrorIn(status)) throw *error;
}

}  // namespace lakehouse::storage
