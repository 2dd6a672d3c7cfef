#include "query/engines/duckdb/transaction_control.h"

#include <cctype>
#include <duckdb/parser/parsed_data/transaction_info.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/parser/statement/multi_statement.hpp>
#include <duckdb/parser/statement/transaction_statement.hpp>

#include "base/error.h"
#include "query/engines/duckdb/session_settings.h"

namespace lakehouse::query::duckdb {
namespace {

/// "DROP TABLE" of "drop table t".
std::string NameOf(const std::string& sql) {
  std::string name;
  size_t at = 0;
  for (int words = 0; words < 2; ++words) {
    while (at < sql.size() && std::isspace(static_cast<unsigned char>(sql[at])) != 0) ++at;
    if (at == sql.size() || std::isalpha(static_cast<unsigned char>(sql[at])) == 0) break;
    if (words > 0) name += ' ';
    for (; at < sql.size() && std::isalpha(static_cast<unsigned char>(sql[at])) != 0; ++at) {
      name += static_cast<char>(std::toupper(static_cast<unsigned char>(sql[at])));
    }
  }
  return name.empty() ? "this statement" : name;
}

[[noreturn]] void Refuse(const std::string& sql) {
  throw Error(ErrorKind::kUnsupported, "LK-4086", NameOf(sql) + " cannot be part of a transaction",
              "run it before BEGIN or after COMMIT: ROLLBACK could not undo it");
}

[[noreturn]] void RefuseFailed() {
  throw Error(ErrorKind::kInvalidArgument, "LK-4089",
              "the transaction failed with an earlier statement, so nothing of it will be kept",
              "send ROLLBACK, and run it again");
}

bool IsControl(const dk::SQLStatement& statement) {
  return statement.type == dk::StatementType::TRANSACTION_STATEMENT;
}

std::shared_ptr<OpenTransaction> Begin(const dk::TransactionInfo& info, bool last) {
  if (last) {
    throw Error(ErrorKind::kUnsupported, "LK-4088",
                "this session ends with its statement, and a transaction with its session",
                "MERGE changes a table in one statement; transactions of several are for the shell "
                "(lakehouse sql) and Python (lakehouse.transaction())");
  }
  if (info.auto_rollback) {
    throw Error(ErrorKind::kUnsupported, "LK-4012", "this option of BEGIN is not supported");
  }
  return std::make_shared<OpenTransaction>(info.modifier ==
                                           dk::TransactionModifierType::TRANSACTION_READ_ONLY);
}

}  // namespace

void Control(const dk::SQLStatement& statement, bool last, dk::ClientContext& context,
             std::shared_ptr<OpenTransaction>& transaction) {
  const auto& info = *statement.Cast<dk::TransactionStatement>().info;
  if (info.type == dk::TransactionType::BEGIN_TRANSACTION) {
    if (transaction) {
      throw Error(ErrorKind::kInvalidArgument, "LK-4087", "a transaction has begun already",
                  "COMMIT or ROLLBACK ends it");
    }
    transaction = Begin(info, last);
    return;
  }
  if (!transaction) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4087", "there is no transaction to end",
                "BEGIN starts one; without it every statement is a transaction");
  }
  const auto ending = std::move(transaction);
  transaction = nullptr;
  const auto leave_nothing = [&](void*) { ending->Rollback(); };
  const std::unique_ptr<void, decltype(leave_nothing)> at_the_end(ending.get(), leave_nothing);
  if (info.type == dk::TransactionType::ROLLBACK) return;
  if (ending->failed()) RefuseFailed();
  context.ClearInterrupt();  // of a statement that was cancelled before
  ending->Commit(context);
}

void SetIsolation(const dk::SetStatement& statement, OpenTransaction* transaction) {
  if (transaction == nullptr) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4087",
                "there is no transaction to set a level for",
                "BEGIN starts one; SET default_transaction_isolation is for the whole session");
  }
  transaction->SetIsolation(IsolationIn(statement));
}

void CheckInTransaction(const dialect::Statement& statement, const std::string& sql) {
  const auto* create = std::get_if<dialect::CreateTable>(&statement);
  const bool engines = std::holds_alternative<dialect::DuckSql>(statement) ||
                       std::holds_alternative<dialect::InsertRows>(statement) ||
                       (create != nullptr && !create->as_select.empty());
  if (engines || std::holds_alternative<dialect::Show>(statement) ||
      std::holds_alternative<dialect::Describe>(statement)) {
    return;
  }
  Refuse(sql);
}

void CheckInTransaction(const dk::SQLStatement& statement, const std::string& sql,
                        const OpenTransaction& transaction) {
  using dk::StatementType;
  if (IsControl(statement)) return;
  if (transaction.failed()) RefuseFailed();
  switch (statement.type) {
    case StatementType::CREATE_STATEMENT:
    case StatementType::DROP_STATEMENT:
    case StatementType::ALTER_STATEMENT:
      Refuse(sql);
    case StatementType::MULTI_STATEMENT:
      return CheckInTransaction(*statement.Cast<dk::MultiStatement>().statements.back(), sql,
                                transaction);
    default:
      return;
  }
}

}  // namespace lakehouse::query::duckdb
