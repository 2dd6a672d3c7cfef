#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catalog/lake.h"
#include "query/engines/duckdb/commands/definition_engine.h"
#include "query/engines/duckdb/commands/file_rewriter.h"
#include "query/engines/duckdb/dialect/dialect.h"
#include "query/file_loader.h"
#include "query/query.h"

namespace lakehouse::query::duckdb {

/// For whom and where a command runs.
struct CommandContext {
  catalog::Lake& lake;
  const security::Principal& principal;
  DefinitionEngine& engine;
  std::string schema;           ///< current one
  FileLoader* files = nullptr;  ///< null: there is none
  CancellationToken cancel = {};
  FileRewriter* rewriter = nullptr;  ///< of OPTIMIZE and REORG; set for every statement
};

struct CommandAnswer {
  StatementKind kind = StatementKind::kDefinition;
  std::shared_ptr<arrow::RecordBatch> rows;  ///< null: none; for DESCRIBE, ask the engine (a view)
  /// What follows the columns of a view: the first two columns of the answer.
  std::vector<std::pair<std::string, std::string>> details;
  std::shared_ptr<storage::Table> written = nullptr;  ///< a table that got rows; null: none
};

/// One to three parts as a full name, with the defaults for what is missing. LK-2001 for no part,
/// an empty one, or more than three.
catalog::ObjectName FullName(const CommandContext& context, const std::vector<std::string>& parts);

/// The table or view of a statement's target: a name, or the path of delta.`/path`.
catalog::ResolvedObject Target(const CommandContext& context, catalog::Action action,
                               const std::vector<std::string>& name, const std::string& path);

/// The comment of a column; empty without one.
std::string CommentOf(const storage::Field& field);

CommandAnswer Run(const CommandContext& context, const dialect::CreateTable& statement);
CommandAnswer Run(const CommandContext& context, const dialect::AlterTable& statement);
CommandAnswer Run(const CommandContext& context, const dialect::CopyInto& statement);
CommandAnswer Run(const CommandContext& context, const dialect::CreateSchema& statement);
CommandAnswer Run(const CommandContext& context, const dialect::DropTable& statement);
CommandAnswer Run(const CommandContext& context, const dialect::Describe& statement);
CommandAnswer Run(const CommandContext& context, const dialect::Show& statement);
CommandAnswer Run(const CommandContext& context, const dialect::Optimize& statement);
CommandAnswer Run(const CommandContext& context, const dialect::Reorg& statement);
CommandAnswer Run(const CommandContext& context, const dialect::Analyze& statement);
CommandAnswer Run(const CommandContext& context, const dialect::Refresh& statement);

}  // namespace lakehouse::query::duckdb
