#include "query/engines/duckdb/pivot.h"

#include <duckdb/parser/expression/subquery_expression.hpp>
#include <duckdb/parser/parsed_data/create_type_info.hpp>
#include <duckdb/parser/parsed_expression_iterator.hpp>
#include <duckdb/parser/statement/create_statement.hpp>
#include <duckdb/parser/statement/explain_statement.hpp>
#include <duckdb/parser/statement/insert_statement.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/tableref/pivotref.hpp>

namespace lakehouse::query::duckdb {
namespace {

using ValuesOfType = std::map<std::string, std::vector<std::string>>;

const dk::CreateTypeInfo* TypeOf(const dk::SQLStatement& statement) {
  if (statement.type != dk::StatementType::CREATE_STATEMENT) return nullptr;
  const auto& info = *statement.Cast<dk::CreateStatement>().info;
  if (info.type != dk::CatalogType::TYPE_ENTRY || !info.temporary) return nullptr;
  const auto& type = info.Cast<dk::CreateTypeInfo>();
  return type.query ? &type : nullptr;
}

class Filler {
 public:
  explicit Filler(const ValuesOfType& values) : values_(values) {}

  void Fill(dk::SQLStatement& statement) {
    switch (statement.type) {
      case dk::StatementType::SELECT_STATEMENT:
        return Fill(*statement.Cast<dk::SelectStatement>().node);
      case dk::StatementType::EXPLAIN_STATEMENT:
        return Fill(*statement.Cast<dk::ExplainStatement>().stmt);
      case dk::StatementType::INSERT_STATEMENT:
        if (auto& rows = statement.Cast<dk::InsertStatement>().select_statement) Fill(*rows);
        return;
      case dk::StatementType::CREATE_STATEMENT: {
        auto& info = *statement.Cast<dk::CreateStatement>().info;
        if (info.type != dk::CatalogType::TABLE_ENTRY) return;
        if (auto& rows = info.Cast<dk::CreateTableInfo>().query) Fill(*rows);
        return;
      }
      default:
        return;
    }
  }

 private:
  void Fill(dk::QueryNode& node) {
    dk::ParsedExpressionIterator::EnumerateQueryNodeChildren(
        node, [&](dk::unique_ptr<dk::ParsedExpression>& expression) { Fill(*expression); },
        [&](dk::TableRef& from) { Fill(from); });
  }
  void Fill(dk::ParsedExpression& expression) {
    if (expression.GetExpressionClass() == dk::ExpressionClass::SUBQUERY) {
      Fill(*expression.Cast<dk::SubqueryExpression>().subquery);
    }
    dk::ParsedExpressionIterator::EnumerateChildren(
        expression, [&](dk::unique_ptr<dk::ParsedExpression>& child) { Fill(*child); });
  }
  void Fill(dk::TableRef& from) {
    if (from.type != dk::TableReferenceType::PIVOT) return;
    for (auto& pivot : from.Cast<dk::PivotRef>().pivots) {
      const auto found = values_.find(pivot.pivot_enum);
      if (found == values_.end()) continue;
      pivot.pivot_enum.clear();
      for (const auto& value : found->second) {
        dk::PivotColumnEntry entry;
        entry.values.emplace_back(value);
        entry.alias = value;
        pivot.entries.push_back(std::move(entry));
      }
    }
  }

  const ValuesOfType& values_;
};

}  // namespace

bool TakePivot(Statements& statements) {
  const auto ends_transaction = [](const dk::SQLStatement& statement) {
    return statement.type == dk::StatementType::TRANSACTION_STATEMENT;
  };
  if (statements.size() > 2 && ends_transaction(*statements.front()) &&
      ends_transaction(*statements.back())) {
    statements.erase(statements.begin());
    statements.pop_back();
  }
  if (statements.size() < 2) return false;
  for (size_t i = 0; i + 1 < statements.size(); ++i) {
    if (TypeOf(*statements[i]) == nullptr) return false;
  }
  return TypeOf(*statements.back()) == nullptr;
}

const dk::SQLStatement& ValuesQuery(const dk::SQLStatement& type) { return *TypeOf(type)->query; }

dk::unique_ptr<dk::SQLStatement> WithValues(
    Statements pivot,
    const std::function<std::vector<std::string>(dk::unique_ptr<dk::SQLStatement>)>& values) {
  ValuesOfType of_type;
  for (size_t i = 0; i + 1 < pivot.size(); ++i) {
    const auto& type = *TypeOf(*pivot[i]);
    of_type[type.name] = values(type.query->Copy());
  }
  Filler(of_type).Fill(*pivot.back());
  return std::move(pivot.back());
}

}  // namespace lakehouse::query::duckdb
