#include "errors.h"

#include <arrow/status.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <string>

#include "storage/arrow_status.h"

namespace nb = nanobind;

namespace lakehouse::python {
namespace {

void Translate(const std::exception_ptr& pointer, void*) {
  try {
    std::rethrow_exception(pointer);
  } catch (const Error& error) {
    const nb::object errors = nb::module_::import_("data_lakehouse.errors");
    const nb::object raised =
        errors.attr("from_parts")(std::string(ToString(error.kind())), error.code(),
                                  error.message(), error.hint(), error.cause(), error.retryable());
    PyErr_SetObject(raised.type().ptr(), raised.ptr());
  }
}

}  // namespace

void RegisterErrors() { nb::register_exception_translator(Translate); }

std::vector<std::string> RetryableKinds() {
  std::vector<std::string> names;
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::kInternal); ++kind) {
    if (!IsRetryable(static_cast<ErrorKind>(kind))) continue;
    names.emplace_back(ToString(static_cast<ErrorKind>(kind)));
  }
  return names;
}

void Check(const arrow::Status& status) {
  if (status.ok()) return;
  storage::ThrowErrorIn(status);
  if (status.IsOutOfMemory()) {
    throw Error(ErrorKind::kResourceExhausted, "LK-0004", status.message());
  }
  throw Error(ErrorKind::kInternal, "LK-0001", status.ToString());
}

}  // namespace lakehouse::python
