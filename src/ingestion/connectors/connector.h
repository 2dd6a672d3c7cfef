#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/error.h"

namespace lakehouse::ingestion::connectors {

/// Options of a source as text; which keys exist is the connector's to say.
using SourceOptions = std::map<std::string, std::string>;

/// A row that could not be read at all: it goes to the quarantine table.
struct RejectedRow {
  std::string file_path;
  int64_t line = 0;  ///< 1-based, 0 when the source has no lines
  std::string reason;
  std::string raw;  ///< valid UTF-8; other bytes are written as \xNN
};

/// Rows of one step, in the schema that Start was given, and what happened on the way to them.
struct SourceBatch {
  std::shared_ptr<arrow::RecordBatch> rows;  ///< may be null when every row was rejected
  std::vector<RejectedRow> rejected;
  int64_t rows_rescued = 0;  ///< rows of `rows` with a rescued value
  // How far the source has been read after this step.
  int64_t bytes_read = 0;  ///< files: as they lie there; databases: as they were sent
  double fraction = -1;    ///< 0 to 1, an estimate; -1 when nobody knows
};

/// What there is to read.
struct Discovery {
  bool anything = true;       ///< false: an earlier run has loaded all of it
  int64_t parts_new = 0;      ///< files, or 1 for a table
  int64_t parts_skipped = 0;  ///< loaded by an earlier run
};

struct SourceContext {
  std::set<std::string> loaded;  ///< marks of the parts that are in the target
  CancellationToken cancel;
};

/// One reading of one source: Discover, then ProposeSchema when there is no target yet, Start, and
/// Next until false. Used by one thread at a time. Errors carry the class by their kind (see
/// ErrorClass).
class Source {
 public:
  virtual ~Source() = default;
  virtual Discovery Discover(const SourceContext& context) = 0;
  /// The schema of a new target. Only after a Discover that found something.
  virtual std::shared_ptr<arrow::Schema> ProposeSchema() = 0;
  /// Columns are matched by name without regard to case.
  virtual void Start(std::shared_ptr<arrow::Schema> target) = 0;
  /// False at the end; bytes_read and fraction are set then too.
  virtual bool Next(SourceBatch& batch) = 0;
  /// Identities of the parts that were read whole; kept in the commit of their rows.
  virtual std::vector<std::string> FinishedMarks() const { return {}; }
};

/// What to do about an error.
enum class ErrorClass {
  kTransient,  ///< try again later
  kThrottled,  ///< try again later, more slowly
  kAuth,
  kData,
  kSchema,
  kFatal,
};

inline ErrorClass Classify(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kUnavailable:
    case ErrorKind::kTimeout:
    case ErrorKind::kCommitConflict:
      return ErrorClass::kTransient;
    case ErrorKind::kResourceExhausted:
      return error.code() == "LK-5020" ? ErrorClass::kThrottled : ErrorClass::kFatal;
    case ErrorKind::kUnauthenticated:
    case ErrorKind::kPermissionDenied:
      return ErrorClass::kAuth;
    case ErrorKind::kCorruption:
    case ErrorKind::kInvalidArgument:
      return ErrorClass::kData;
    case ErrorKind::kInvalidSchema:
    case ErrorKind::kUnsupported:
      return ErrorClass::kSchema;
    default:
      return ErrorClass::kFatal;
  }
}

}  // namespace lakehouse::ingestion::connectors
