#pragma once

#include <memory>
#include <string>

#include "query/query.h"
#include "server/http/message.h"

namespace lakehouse::server::api {

enum class ResultForm { kJson, kJsonLines, kArrow };

/// What the header Accept asks for: application/json (also when it asks for nothing),
/// application/x-ndjson or application/vnd.apache.arrow.stream. InvalidArgument LK-6014 for others.
ResultForm FormOf(const std::string& accept);
const char* ContentType(ResultForm form);

/// A result with the session it comes from, which must outlive it.
struct OpenResult {
  std::unique_ptr<query::Session> session;
  query::QueryResult result;
};

/// The rows as they come, in pieces of about 64 KiB; bounded memory.
/// JSON: {"query_id", "engine", "columns": [{"name", "type"}], "rows": [[...]], "row_count",
/// "affected_rows", "metrics"}; JSON Lines: one object per row; Arrow: the IPC stream.
std::unique_ptr<http::BodyStream> MakeResultStream(ResultForm form, OpenResult open);

/// The next batch; null at the end. Throws what the engine reported.
std::shared_ptr<arrow::RecordBatch> NextBatch(arrow::RecordBatchReader& reader);

}  // namespace lakehouse::server::api
