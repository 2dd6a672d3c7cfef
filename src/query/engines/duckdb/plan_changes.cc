// How DELETE, UPDATE and MERGE become sinks of row_changes.h and insert.h.
#include <algorithm>
#include <duckdb/execution/operator/persistent/physical_merge_into.hpp>
#include <duckdb/execution/operator/projection/physical_projection.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_reference_expression.hpp>
#include <duckdb/planner/operator/logical_delete.hpp>
#include <duckdb/planner/operator/logical_merge_into.hpp>
#include <duckdb/planner/operator/logical_update.hpp>

#include "query/engines/duckdb/column_defaults.h"
#include "query/engines/duckdb/joined_rows.h"
#include "query/engines/duckdb/lake_catalog.h"
#include "query/engines/duckdb/lake_table.h"
#include "query/engines/duckdb/merge_pruning.h"
#include "query/engines/duckdb/row_changes.h"
#include "query/engines/duckdb/whole_files.h"

namespace lakehouse::query::duckdb {
namespace {

using Expressions = dk::vector<dk::unique_ptr<dk::Expression>>;
using MergeActions =
    dk::map<dk::MergeActionCondition, dk::vector<dk::unique_ptr<dk::MergeIntoOperator>>>;

dk::unique_ptr<dk::Expression> Input(const dk::LogicalType& type, dk::idx_t index) {
  return dk::make_uniq<dk::BoundReferenceExpression>(type, index);
}

/// A value that the rows do not bring: RowChecks computes it.
dk::unique_ptr<dk::Expression> ToCompute(const dk::LogicalType& type) {
  return dk::make_uniq<dk::BoundConstantExpression>(dk::Value(type));
}

/// The new row of an UPDATE, column by column of the table, cast to its types; null for a column
/// without a value. Puts the generated columns without a value of their own into `computed`.
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
  return row;
}

/// Leaves out the columns without a value, which are read late.
LateColumns LeaveOutLate(Expressions& row, storage::SnapshotPtr snapshot) {
  LateColumns late;
  late.snapshot = std::move(snapshot);
  Expressions set;
  for (size_t i = 0; i < row.size(); ++i) {
    if (!row[i]) continue;
    late.set.push_back(i);
    set.push_back(std::move(row[i]));
  }
  row = std::move(set);
  return late;
}

/// The new row of an INSERT in a MERGE; what it does not name has its default. `given` are its
/// values.
Expressions InsertedRow(dk::ClientContext& context, const dk::TableCatalogEntry& table,
                        const dk::vector<dk::LogicalType>& types,
                        const dk::BoundMergeIntoAction& action, const Expressions& given,
                        const Expressions& defaults, std::set<size_t>& computed) {
  const auto& schema = table.Cast<LakeTable>().snapshot()->schema();
  const auto generated = GeneratedColumns(schema);
  const auto always = AlwaysIdentity(schema);
  Expressions row;
  for (auto& column : table.GetColumns().Physical()) {
    const auto at = column.StorageOid();
    dk::idx_t from = at;
    if (!action.column_index_map.empty()) from = action.column_index_map[column.Physical()];
    const bool left_out = from == dk::DConstants::INVALID_INDEX;
    const auto is_default = [&](const char* function) {
      return left_out || IsCallOf(*given[from], function);
    };
    if (generated.count(at) > 0 && is_default(kComputedFunction)) {
      row.push_back(ToCompute(types[at]));
      computed.insert(at);
      continue;
    }
    if (always.count(at) > 0 && !is_default(kIdentityFunction)) {
      ThrowIdentityValue(schema.fields[at].name);
    }
    auto value = left_out ? defaults[at]->Copy() : given[from]->Copy();
    row.push_back(dk::BoundCastExpression::AddCastToType(context, std::move(value), types[at]));
  }
  return row;
}

/// MERGE as the engine does it. A row that several rows of the source delete is counted once.
class LakeMerge : public dk::PhysicalMergeInto {
 public:
  LakeMerge(dk::PhysicalPlan& plan, dk::Catalog& catalog, dk::vector<dk::LogicalType> types,
            MergeActions actions, dk::idx_t file_column, dk::optional_idx marker)
      : PhysicalMergeInto(plan, std::move(types), std::move(actions), file_column, marker,
                          /*parallel=*/true, /*return_chunk=*/false),
        catalog_(catalog) {}

  dk::SourceResultType GetDataInternal(dk::ExecutionContext& context, dk::DataChunk& chunk,
                                       dk::OperatorSourceInput& input) const override {
    const auto result = PhysicalMergeInto::GetDataInternal(context, chunk, input);
    if (chunk.size() == 0) return result;
    const auto named = chunk.GetValue(0, 0).GetValue<int64_t>();
    const auto repeated = LakeTransaction::Get(context.client, catalog_).Repeated();
    chunk.SetValue(0, 0, dk::Value::BIGINT(named - repeated));
    return result;
  }

 private:
  dk::Catalog& catalog_;
};

void RefuseReturning(dk::ClientContext& context, bool returns) {
  if (returns) RefuseUnsupported(context, "RETURNING");
}

/// Types and operators of one MERGE.
struct MergePlan {
  dk::ClientContext& context;
  dk::PhysicalPlanGenerator& planner;
  dk::Catalog& catalog;
  dk::LogicalMergeInto& op;
  const JoinedRows& joined;
  const InsertTarget target;
  const dk::vector<dk::LogicalType> types;

  Expressions RowId() const {
    Expressions names;
    for (dk::idx_t i = op.row_id_start; i < op.row_id_start + 2; ++i) {
      const dk::idx_t at = joined.PlaceOf(i);
      names.push_back(Input(joined.rows().types[at], at));
    }
    return names;
  }

  Expressions OverJoined(Expressions values) const {
    for (auto& value : values) value = joined.Over(std::move(value));
    return values;
  }

  InsertTarget Checked(const std::set<size_t>& computed) const {
    InsertTarget checked = target;
    checked.checks = RowChecks::Bind(context, target.metadata, computed);
    return checked;
  }

  void PlanUpdate(dk::BoundMergeIntoAction& action, dk::MergeIntoOperator& planned) const {
    std::set<size_t> computed;
    auto row = NewRow(context, op.table, types, action.columns, action.expressions,
                      op.bound_defaults, computed);
    RowChange change{Checked(computed)};
    change.writes_rows = true;
    const bool partly =
        std::any_of(row.begin(), row.end(), [](const auto& value) { return !value; });
    if (partly) change.late = LeaveOutLate(row, op.table.Cast<LakeTable>().snapshot());
    change.file_column = row.size();
    change.row_column = row.size() + 1;
    planned.expressions = OverJoined(std::move(row));
    for (auto& name : RowId()) planned.expressions.push_back(std::move(name));
    planned.op = MakeRowChange(context, planner, catalog, std::move(change));
  }

  dk::unique_ptr<dk::MergeIntoOperator> Plan(dk::BoundMergeIntoAction& action) const {
    auto planned = dk::make_uniq<dk::MergeIntoOperator>();
    planned->action_type = action.action_type;
    if (action.condition) planned->condition = joined.Over(std::move(action.condition));
    switch (action.action_type) {
      case dk::MergeActionType::MERGE_UPDATE:
        PlanUpdate(action, *planned);
        break;
      case dk::MergeActionType::MERGE_DELETE:
        planned->expressions = RowId();
        planned->op = MakeRowChange(context, planner, catalog, {target, 0, 1});
        break;
      case dk::MergeActionType::MERGE_INSERT: {
        std::set<size_t> computed;
        const auto given = OverJoined(std::move(action.expressions));
        planned->expressions =
            InsertedRow(context, op.table, types, action, given, op.bound_defaults, computed);
        planned->op = MakeInsertSink(planner, catalog, Checked(computed), types);
        break;
      }
      case dk::MergeActionType::MERGE_ERROR:
        planned->expressions = OverJoined(std::move(action.expressions));
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
  auto& sorted = ByPartition(planner, change.target.metadata, projection);
  auto& sink = MakeRowChange(context, planner, *this, std::move(change));
  sink.children.push_back(sorted);
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
  std::vector<dk::idx_t> names = {op.row_id_start, op.row_id_start + 1};
  if (op.source_marker.IsValid()) names.push_back(op.source_marker.GetIndex());
  const JoinedRows joined(rows, names);
  const MergePlan merge{context, planner, *this, op, joined, std::move(target), std::move(types)};
  MergeActions actions;
  SessionOf(context).Guard([&] {
    for (auto& [condition, given] : op.actions) {
      for (auto& action : given) actions[condition].push_back(merge.Plan(*action));
    }
  });
  const bool inserts = SessionOf(context).replaces.has_value();
  LakeTransaction::Get(context, *this).Name(inserts ? "WRITE" : "MERGE");
  PruneByKeys(planner, joined.rows(), joined.PlaceOf(op.row_id_start));
  dk::optional_idx marker;
  if (op.source_marker.IsValid()) marker = joined.PlaceOf(op.source_marker.GetIndex());
  auto& sink = planner.Make<LakeMerge>(*this, op.types, std::move(actions),
                                       joined.PlaceOf(op.row_id_start), marker);
  sink.children.push_back(joined.rows());
  return sink;
}

}  // namespace lakehouse::query::duckdb
