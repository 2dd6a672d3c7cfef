#pragma once

#include <memory>
#include <string>

#include "query/engines/duckdb/dialect/dialect.h"
#include "query/engines/duckdb/open_transaction.h"
#include "query/engines/duckdb/pch.h"

namespace lakehouse::query::duckdb {

/// What BEGIN, COMMIT and ROLLBACK do to the open transaction of a session (null: none). With
/// `last` the session ends with the statement, so BEGIN is Unsupported LK-4088. InvalidArgument
/// LK-4087 for a BEGIN in a transaction, and a COMMIT or ROLLBACK outside of one; LK-4089 for a
/// COMMIT of one that failed, which ends it; else the errors of OpenTransaction::Commit.
void Control(const dk::SQLStatement& statement, bool last, dk::ClientContext& context,
             std::shared_ptr<OpenTransaction>& transaction);

/// SET TRANSACTION ISOLATION LEVEL. InvalidArgument LK-4087 outside of a transaction (null),
/// LK-4005 for an unknown level.
void SetIsolation(const dk::SetStatement& statement, OpenTransaction* transaction);

/// Before a statement of a session with an open transaction: LK-4086, by its name, for what cannot
/// be undone (definitions and maintenance).
void CheckInTransaction(const dialect::Statement& statement, const std::string& sql);
/// The same for the engine's own statements; also InvalidArgument LK-4089 when a statement failed
/// before and this one is not COMMIT or ROLLBACK.
void CheckInTransaction(const dk::SQLStatement& statement, const std::string& sql,
                        const OpenTransaction& transaction);

}  // namespace lakehouse::query::duckdb
