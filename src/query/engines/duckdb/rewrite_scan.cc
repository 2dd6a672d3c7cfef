#include "query/engines/duckdb/rewrite_scan.h"

#include <duckdb/parser/parser.hpp>
#include <duckdb/parser/query_node/select_node.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/tableref/column_data_ref.hpp>
#include <duckdb/parser/tableref/joinref.hpp>

#include "query/engines/duckdb/lake_catalog.h"
#include "query/engines/duckdb/result_reader.h"

namespace lakehouse::query::duckdb {
namespace {

/// More rows than any file without a record count has.
constexpr uint64_t kMostRows = uint64_t{1} << 32;

std::string RowsOf(const LakeSession& session) {
  return dk::KeywordHelper::WriteOptionallyQuoted(session.lake->default_catalog()) + "." +
         kRewriteSchema + ".rows";
}

dk::unique_ptr<dk::SQLStatement> Parse(const std::string& sql) {
  dk::Parser parser;
  parser.ParseQuery(sql);
  return std::move(parser.statements.front());
}

void Run(dk::ClientContext& context, RewriteSource source,
         dk::unique_ptr<dk::SQLStatement> statement,
         const std::function<void(dk::DataChunk&)>& take) {
  auto& session = SessionOf(context);
  dk::Connection inner(*context.db);
  auto own = dk::make_shared_ptr<LakeSession>(session.principal, session.lake);
  own->rewrite = std::move(source);
  inner.context->registered_state->Insert("lake_session", own);
  auto fail = [&](dk::ErrorData error) {
    if (auto kept = own->TakeError()) throw *kept;
    error.Throw();
  };
  auto result = inner.SendQuery(std::move(statement));
  if (result->HasError()) fail(result->GetErrorObject());
  while (true) {
    if (context.interrupted) throw dk::InterruptException();
    const auto chunk = NextChunk(*result, fail);
    if (!chunk) return;
    take(*chunk);
  }
}

}  // namespace

void ScanRewriteSource(dk::ClientContext& context, RewriteSource source,
                       const std::function<void(dk::DataChunk&)>& take,
                       const std::string& columns) {
  auto statement = Parse("SELECT " + columns + " FROM " + RowsOf(SessionOf(context)));
  Run(context, std::move(source), std::move(statement), take);
}

void ScanJoined(dk::ClientContext& context, RewriteSource source, JoinedWith with,
                const std::function<void(dk::DataChunk&)>& take, const std::string& columns) {
  auto statement = Parse("SELECT " + columns + " FROM kept JOIN " + RowsOf(SessionOf(context)) +
                         " AS old ON " + with.condition);
  auto& select = statement->Cast<dk::SelectStatement>().node->Cast<dk::SelectNode>();
  auto in_memory = dk::make_uniq<dk::ColumnDataRef>(
      dk::optionally_owned_ptr<dk::ColumnDataCollection>(with.rows), std::move(with.columns));
  in_memory->alias = with.name;
  select.from_table->Cast<dk::JoinRef>().left = std::move(in_memory);
  Run(context, std::move(source), std::move(statement), take);
}

ScanSelectionPtr SelectRows(const storage::Snapshot& snapshot, const DeletedRows& wanted) {
  auto selection = std::make_shared<ScanSelection>();
  for (const auto& [file, rows] : wanted) {
    if (rows.empty()) continue;
    const int64_t records = snapshot.file(file).num_records;
    const uint64_t count = records < 0 ? kMostRows : static_cast<uint64_t>(records);
    selection->hidden.emplace(file, rows.Complement(count));
    selection->files.push_back(file);
  }
  return selection;
}

}  // namespace lakehouse::query::duckdb
