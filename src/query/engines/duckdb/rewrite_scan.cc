#include "query/engines/duckdb/rewrite_scan.h"

#include "query/engines/duckdb/lake_catalog.h"
#include "query/engines/duckdb/result_reader.h"

namespace lakehouse::query::duckdb {

void ScanRewriteSource(dk::ClientContext& context, RewriteSource source,
                       const std::function<void(dk::DataChunk&)>& take,
                       const std::string& columns) {
  auto& session = SessionOf(context);
  dk::Connection inner(*context.db);
  auto own = dk::make_shared_ptr<LakeSession>(session.principal, session.lake);
  own->rewrite = std::move(source);
  inner.context->registered_state->Insert("lake_session", own);
  const std::string sql =
      "SELECT " + columns + " FROM " +
      dk::KeywordHelper::WriteOptionallyQuoted(session.lake->default_catalog()) + "." +
      kRewriteSchema + ".rows";
  auto fail = [&](dk::ErrorData error) {
    if (auto kept = own->TakeError()) throw *kept;
    error.Throw();
  };
  auto result = inner.SendQuery(sql);
  if (result->HasError()) fail(result->GetErrorObject());
  while (true) {
    if (context.interrupted) throw dk::InterruptException();
    const auto chunk = NextChunk(*result, fail);
    if (!chunk) return;
    take(*chunk);
  }
}

}  // namespace lakehouse::query::duckdb
