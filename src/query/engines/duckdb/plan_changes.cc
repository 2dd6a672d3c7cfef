// How DELETE, UPDATE and MERGE become sinks of row_changes.h and insert.h.
#include <duckdb/execution/operator/persistent/physical_merge_into.hpp>
#include <duckdb/execution/operator/projection/physical_projection.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_reference_expression.hpp>
#include <duckdb/planner/operator/logical_delete.hpp>
#include <duckdb/planner/operator/logical_merge_into.hpp>
#include <duckdb/planner/operator/logical_update.hpp>

#include "query/engines/duckdb/column_defaults.h"
#include "query/engines/duckdb/lake_catalog.h"
#include "query/engines/duckdb/lake_table.h"
#include "query/engines/duckdb/row_changes.h"
#include "query/engines/duckdb/whole_files.h"

namespace lakehouse::query::duckdb {
namespace {

using Expressions = dk::vector<dk::unique_ptr<dk::Expression>>;

dk::unique_ptr<dk::Expression> Input(const dk::LogicalType& type, dk::idx_t index) {
  return dk::make_uniq<dk::BoundReferenceExpression>(type, index);
}

/// A value that the rows do not bring: RowChecks computes it.
dk::unique_ptr<dk::Expression> ToCompute(const dk::LogicalType& type) {
  return dk::make_uniq<dk::BoundConstantExpression>(dk::Value(type));
}

/// The new row of an UPDATE, column by column of the table, cast to its types. Puts the generated
/// columns without a value of their own into `computed`.
Expressions NewRow(dk::ClientContext& context, const dk::TableCatalogEntry& table,
                   const dk::vector<dk::LogicalType>& types,
                   const dk::vector<dk::PhysicalIndex>& columns, const Expressions& values,
                   const Expressions& defaults, std::set<size_t>& computed) {
  const auto generated = GeneratedColumns(table.Cast<LakeTable>().snapshot()->schema());
  Expressions row(types.size());
  for (dk::idx_t i = 0; i < columns.size(); ++i) {
    const auto at = columns[i].index;
    const bool is_default = values[i]->GetExpressionType() == dk::ExpressionType::VALUE_DEFAULT;
    if (is_default && generated.count(at) > 0) {
      row[at] = ToCompute(types[at]);
      computed.insert(at);
      continue;
    }
    auto value = is_default ? defaults[at]->Copy() : values[i]->Copy();
    row[at] = dk::BoundCastExpression::AddCastToType(context, std::move(value), types[at]);
  }
  for (dk::idx_t i = 0; i < row.size(); ++i) {
    if (!row[i])
      throw dk::InternalException("no value for column %s",
                                  table.GetColumns().GetColumn(dk::PhysicalIndex(i)).Name());
  }
  return row;
}

/// The new row of an INSERT in a MERGE; what it does not name has its default.
Expressions InsertedRow(dk::ClientContext& context, const dk::TableCatalogEntry& table,
                        const dk::vector<dk::LogicalType>& types, dk::BoundMergeIntoAction& action,
                        const Expressions& defaults, std::set<size_t>& computed) {
  const auto& schema = table.Cast<LakeTable>().snapshot()->schema();
  const auto generated = GeneratedColumns(schema);
  const auto always = AlwaysIdentity(schema);
  Expressions row;
  for (auto& column : table.GetColumns().Physical()) {
    const auto at = column.StorageOid();
    dk::idx_t from = at;
    if (!action.column_index_map.empty()) from = action.column_index_map[column.Physical()];
    const bool is_default = from == dk::DConstants::INVALID_INDEX;
    if (is_default && generated.count(at) > 0) {
      row.push_back(ToCompute(types[at]));
      computed.insert(at);
      continue;
    }
    if (!is_default && always.count(at) > 0) ThrowIdentityValue(schema.fields[at].name);
    auto value = is_default ? defaults[at]->Copy() : action.expressions[from]->Copy();
    row.push_back(dk::BoundCastExpression::AddCastToType(context, std::move(value), types[at]));
  }
  return row;
}

void RefuseReturning(dk::ClientContext& context, bool returns) {
  if (returns) RefuseUnsupported(context, "RETURNING");
}

/// Types and operators of one MERGE.
struct MergePlan {
  dk::ClientContext& context;
  dk::PhysicalPlanGenerator& planner;
  dk::Catalog& catalog;
  dk::LogicalMergeInto& op;
  const InsertTarget target;
  const dk::vector<dk::LogicalType> types;
  const dk::vector<dk::LogicalType> row_id_types;

  Expressions RowId() const {
    Expressions names;
    for (dk::idx_t i = 0; i < row_id_types.size(); ++i) {
      names.push_back(Input(row_id_types[i], op.row_id_start + i));
    }
    return names;
  }

  InsertTarget Checked(const std::set<size_t>& computed) const {
    InsertTarget checked = target;
    checked.checks = RowChecks::Bind(context, target.metadata, computed);
    return checked;
  }

  dk::unique_ptr<dk::MergeIntoOperator> Plan(dk::BoundMergeIntoAction& action) const {
    auto planned = dk::make_uniq<dk::MergeIntoOperator>();
    std::set<size_t> computed;
    planned->action_type = action.action_type;
    planned->condition = std::move(action.condition);
    switch (action.action_type) {
      case dk::MergeActionType::MERGE_UPDATE:
        planned->expressions = NewRow(context, op.table, types, action.columns, action.expressions,
                                      op.bound_defaults, computed);
        for (auto& name : RowId()) planned->expressions.push_back(std::move(name));
        planned->op = MakeRowChange(
            context, planner, catalog,
            {Checked(computed), types.size(), types.size() + 1, /*writes_rows=*/true});
        break;
      case dk::MergeActionType::MERGE_DELETE:
        planned->expressions = RowId();
        planned->op =
            MakeRowChange(context, planner, catalog, {target, 0, 1, /*writes_rows=*/false});
        break;
      case dk::MergeActionType::MERGE_INSERT:
        planned->expressions =
            InsertedRow(context, op.table, types, action, op.bound_defaults, computed);
        planned->op = MakeInsertSink(planner, catalog, Checked(computed), types);
        break;
      case dk::MergeActionType::MERGE_ERROR:
        planned->expressions = std::move(action.expressions);
        break;
      case dk::MergeActionType::MERGE_DO_NOTHING:
        break;
      default:
        RefuseUnsupported(context, "this action of MERGE");
    }
    return planned;
  }
};

}  // namespace

dk::PhysicalOperator& LakeCatalog::PlanDelete(dk::ClientContext& context,
                                              dk::PhysicalPlanGenerator& planner,
                                              dk::LogicalDelete& op, dk::PhysicalOperator& rows) {
  RefuseReturning(context, op.return_chunk);
  RowChange change;
  change.target = TargetOf(SessionOf(context), op.table.Cast<LakeTable>());
  change.file_column = op.expressions[0]->Cast<dk::BoundReferenceExpression>().index;
  change.row_column = op.expressions[1]->Cast<dk::BoundReferenceExpression>().index;
  change.whole_files = TakeWholeFiles(context, rows);
  LakeTransaction::Get(context, *this).Name("DELETE");
  auto& sink = MakeRowChange(context, planner, *this, std::move(change));
  sink.children.push_back(rows);
  return sink;
}

dk::PhysicalOperator& LakeCatalog::PlanUpdate(dk::ClientContext& context,
                                              dk::PhysicalPlanGenerator& planner,
                                              dk::LogicalUpdate& op, dk::PhysicalOperator& rows) {
  RefuseReturning(context, op.return_chunk);
  RowChange change;
  change.target = TargetOf(SessionOf(context), op.table.Cast<LakeTable>());
  change.writes_rows = true;
  auto types = TypesOf(change.target.metadata.schema);
  std::set<size_t> computed;
  auto values =
      NewRow(context, op.table, types, op.columns, op.expressions, op.bound_defaults, computed);
  SessionOf(context).Guard(
      [&] { change.target.checks = RowChecks::Bind(context, change.target.metadata, computed); });
  change.file_column = types.size();
  change.row_column = types.size() + 1;
  // The columns that name the row are the last two of the input.
  for (dk::idx_t i = rows.types.size() - 2; i < rows.types.size(); ++i) {
    values.push_back(Input(rows.types[i], i));
    types.push_back(rows.types[i]);
  }
  auto& projection = planner.Make<dk::PhysicalProjection>(std::move(types), std::move(values),
                                                          rows.estimated_cardinality);
  projection.children.push_back(rows);
  LakeTransaction::Get(context, *this).Name("UPDATE");
  auto& sink = MakeRowChange(context, planner, *this, std::move(change));
  sink.children.push_back(projection);
  return sink;
}

dk::PhysicalOperator& LakeCatalog::PlanMergeInto(dk::ClientContext& context,
                                                 dk::PhysicalPlanGenerator& planner,
                                                 dk::LogicalMergeInto& op,
                                                 dk::PhysicalOperator& rows) {
  RefuseReturning(context, op.return_chunk);
  auto& entry = op.table.Cast<LakeTable>();
  auto target = TargetOf(SessionOf(context), entry);
  target.merges = true;
  auto types = TypesOf(target.metadata.schema);
  const MergePlan merge{context,
                        planner,
                        *this,
                        op,
                        std::move(target),
                        std::move(types),
                        {rows.types[op.row_id_start], rows.types[op.row_id_start + 1]}};
  dk::map<dk::MergeActionCondition, dk::vector<dk::unique_ptr<dk::MergeIntoOperator>>> actions;
  SessionOf(context).Guard([&] {
    for (auto& [condition, given] : op.actions) {
      for (auto& action : given) actions[condition].push_back(merge.Plan(*action));
    }
  });
  LakeTransaction::Get(context, *this).Name("MERGE");
  auto& sink = planner.Make<dk::PhysicalMergeInto>(op.types, std::move(actions), op.row_id_start,
                                                   op.source_marker, /*parallel=*/true,
                                                   /*return_chunk=*/false);
  sink.children.push_back(rows);
  return sink;
}

}  // namespace lakehouse::query::duckdb
