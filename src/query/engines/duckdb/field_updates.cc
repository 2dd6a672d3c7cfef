#include "query/engines/duckdb/field_updates.h"

#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/expression/function_expression.hpp>
#include <duckdb/parser/statement/explain_statement.hpp>
#include <duckdb/parser/statement/merge_into_statement.hpp>
#include <duckdb/parser/statement/update_statement.hpp>
#include <duckdb/parser/tableref/basetableref.hpp>
#include <map>

#include "base/error.h"
#include "base/suggest.h"
#include "query/engines/duckdb/lake_catalog.h"
#include "storage/schema_change.h"

namespace lakehouse::query::duckdb {
namespace {

using dialect::FieldTarget;
using ParsedExpression = dk::unique_ptr<dk::ParsedExpression>;

/// What a column or a field of it gets: a value, or values of its own fields.
struct Setter {
  ParsedExpression value;
  std::map<size_t, Setter> fields;
};

dk::SQLStatement& Explained(dk::SQLStatement& statement) {
  if (statement.type != dk::StatementType::EXPLAIN_STATEMENT) return statement;
  return *statement.Cast<dk::ExplainStatement>().stmt;
}

std::optional<size_t> IndexOf(const std::vector<storage::Field>& fields, const std::string& name) {
  return storage::Schema{fields}.IndexOf(name);
}

[[noreturn]] void ThrowMissing(const FieldTarget& target, size_t depth,
                               const std::vector<storage::Field>& siblings) {
  const storage::ColumnPath path(target.path.begin(),
                                 target.path.begin() + static_cast<std::ptrdiff_t>(depth) + 1);
  throw Error(ErrorKind::kInvalidArgument, "LK-4002",
              "there is no " + std::string(depth == 0 ? "column " : "field ") +
                  storage::PathText(path) + target.place,
              DidYouMean(path.back(), storage::Schema{siblings}.Names()));
}

[[noreturn]] void ThrowNoStruct(const FieldTarget& target, size_t depth,
                                const storage::DataType& type) {
  const storage::ColumnPath path(target.path.begin(),
                                 target.path.begin() + static_cast<std::ptrdiff_t>(depth));
  throw Error(ErrorKind::kInvalidArgument, "LK-4002",
              storage::PathText(path) + " is a " + type.ToString() +
                  ", which has no fields to set" + target.place,
              "arrays and maps are set as a whole, for example with list_transform");
}

/// The assignments of one SET, put together by the columns of the table.
class WholeColumns {
 public:
  WholeColumns(const dk::BaseTableRef& table, const std::vector<FieldTarget>& fields,
               const storage::Schema& schema)
      : alias_(table.alias.empty() ? table.table_name : table.alias),
        fields_(fields),
        schema_(schema) {}

  void Apply(dk::UpdateSetInfo& info) const {
    dk::vector<std::string> columns;
    dk::vector<ParsedExpression> values;
    std::map<size_t, Setter> setters;
    for (dk::idx_t i = 0; i < info.columns.size(); ++i) {
      if (const auto* target = TargetOf(info.columns[i])) {
        Put(setters, *target, std::move(info.expressions[i]));
      } else {
        columns.push_back(info.columns[i]);
        values.push_back(std::move(info.expressions[i]));
      }
    }
    for (auto& [at, setter] : setters) {
      const auto& field = schema_.fields[at];
      RefuseBoth(columns, field.name);
      columns.push_back(field.name);
      values.push_back(
          Struct(*field.type, dk::make_uniq<dk::ColumnRefExpression>(field.name, alias_), setter));
    }
    info.columns = std::move(columns);
    info.expressions = std::move(values);
  }

 private:
  const FieldTarget* TargetOf(const std::string& column) const {
    const auto index = dialect::FieldIndex(column);
    if (index && *index < fields_.size()) return &fields_[*index];
    return nullptr;
  }

  void Put(std::map<size_t, Setter>& setters, const FieldTarget& target,
           ParsedExpression value) const {
    if (value->GetExpressionType() == dk::ExpressionType::VALUE_DEFAULT) {
      throw Error(ErrorKind::kUnsupported, "LK-4012",
                  "DEFAULT of a field" + target.place + " is not supported",
                  "columns have defaults, their fields have none: write the value");
    }
    const auto* siblings = &schema_.fields;
    auto* level = &setters;
    for (size_t depth = 0;; ++depth) {
      const auto at = IndexOf(*siblings, target.path[depth]);
      if (!at) ThrowMissing(target, depth, *siblings);
      const auto& field = (*siblings)[*at];
      Setter& setter = (*level)[*at];
      const bool last = depth + 1 == target.path.size();
      if (setter.value || (last && !setter.fields.empty())) ThrowTwice(target);
      if (last) {
        setter.value = std::move(value);
        return;
      }
      if (field.type->id() != storage::TypeId::kStruct) {
        ThrowNoStruct(target, depth + 1, *field.type);
      }
      siblings = &field.type->fields();
      level = &setter.fields;
    }
  }

  void RefuseBoth(const dk::vector<std::string>& columns, const std::string& name) const {
    for (const auto& column : columns) {
      if (catalog::FoldCase(column) != catalog::FoldCase(name)) continue;
      for (const auto& target : fields_) {
        if (catalog::FoldCase(target.path[0]) == catalog::FoldCase(name)) ThrowTwice(target);
      }
    }
  }

  [[noreturn]] static void ThrowTwice(const FieldTarget& target) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4084",
                "SET gives two values to " + storage::PathText(target.path) +
                    " or what it is part of" + target.place,
                "set a struct as a whole or field by field, each once");
  }

  /// The struct of the values that are set and of the others as `old` has them.
  static ParsedExpression Struct(const storage::DataType& type, ParsedExpression old,
                                 Setter& setter) {
    if (setter.value) return std::move(setter.value);
    dk::vector<ParsedExpression> fields;
    for (size_t i = 0; i < type.fields().size(); ++i) {
      const auto& field = type.fields()[i];
      dk::vector<ParsedExpression> of;
      of.push_back(old->Copy());
      of.push_back(dk::make_uniq<dk::ConstantExpression>(dk::Value(field.name)));
      ParsedExpression value =
          dk::make_uniq<dk::FunctionExpression>("struct_extract", std::move(of));
      if (const auto set = setter.fields.find(i); set != setter.fields.end()) {
        value = Struct(*field.type, std::move(value), set->second);
      }
      value->SetAlias(field.name);
      fields.push_back(std::move(value));
    }
    return dk::make_uniq<dk::FunctionExpression>("struct_pack", std::move(fields));
  }

  const std::string alias_;
  const std::vector<FieldTarget>& fields_;
  const storage::Schema& schema_;
};

}  // namespace

dk::BaseTableRef& ChangedTable(dk::SQLStatement& statement) {
  auto& inner = Explained(statement);
  auto& table = inner.type == dk::StatementType::MERGE_INTO_STATEMENT
                    ? *inner.Cast<dk::MergeIntoStatement>().target
                    : *inner.Cast<dk::UpdateStatement>().table;
  return table.Cast<dk::BaseTableRef>();
}

void SetWholeColumns(dk::SQLStatement& statement, const std::vector<FieldTarget>& fields,
                     const storage::Schema& schema) {
  auto& table = ChangedTable(statement);
  // The catalog has another name for the table at a path.
  if (table.alias.empty() && table.schema_name == kPathSchema) table.alias = table.table_name;
  const WholeColumns whole(table, fields, schema);
  auto& inner = Explained(statement);
  if (inner.type == dk::StatementType::UPDATE_STATEMENT) {
    return whole.Apply(*inner.Cast<dk::UpdateStatement>().set_info);
  }
  for (auto& [condition, actions] : inner.Cast<dk::MergeIntoStatement>().actions) {
    for (auto& action : actions) {
      if (action->update_info) whole.Apply(*action->update_info);
    }
  }
}

}  // namespace lakehouse::query::duckdb
