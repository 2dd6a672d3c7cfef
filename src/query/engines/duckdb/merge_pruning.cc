#include "query/engines/duckdb/merge_pruning.h"

#include <duckdb/execution/expression_executor.hpp>
#include <duckdb/execution/operator/join/physical_hash_join.hpp>
#include <duckdb/execution/operator/projection/physical_projection.hpp>
#include <duckdb/execution/operator/scan/physical_table_scan.hpp>
#include <duckdb/planner/expression/bound_reference_expression.hpp>
#include <optional>

#include "query/engines/duckdb/file_list.h"

namespace lakehouse::query::duckdb {
namespace {

using Type = dk::PhysicalOperatorType;

/// Hands rows on and notes their keys.
class KeyCollector : public dk::PhysicalOperator {
 public:
  struct Key {
    dk::unique_ptr<dk::Expression> value;  ///< over the rows
    std::shared_ptr<SourceKeys> keys;
  };

  KeyCollector(dk::PhysicalPlan& plan, dk::vector<dk::LogicalType> types, std::vector<Key> keys,
               dk::idx_t rows)
      : PhysicalOperator(plan, Type::EXTENSION, std::move(types), rows), keys_(std::move(keys)) {}

  std::string GetName() const override { return "LAKE_KEYS"; }
  bool ParallelOperator() const override { return true; }

  dk::unique_ptr<dk::OperatorState> GetOperatorState(dk::ExecutionContext& context) const override {
    return dk::make_uniq<State>(context, *this);
  }

  dk::OperatorResultType Execute(dk::ExecutionContext&, dk::DataChunk& input, dk::DataChunk& chunk,
                                 dk::GlobalOperatorState&,
                                 dk::OperatorState& given) const override {
    auto& state = given.Cast<State>();
    for (size_t i = 0; i < keys_.size(); ++i) {
      dk::Vector values(keys_[i].value->return_type);
      state.values[i]->ExecuteExpression(input, values);
      keys_[i].keys->Add(values, input.size());
    }
    chunk.Reference(input);
    return dk::OperatorResultType::NEED_MORE_INPUT;
  }

 private:
  struct State : dk::OperatorState {
    State(dk::ExecutionContext& context, const KeyCollector& op) {
      for (const auto& key : op.keys_) {
        values.push_back(dk::make_uniq<dk::ExpressionExecutor>(context.client, *key.value));
      }
    }
    dk::vector<dk::unique_ptr<dk::ExpressionExecutor>> values;
  };

  const std::vector<Key> keys_;
};

/// Where column `column` of what `rows` gives comes from.
struct Origin {
  dk::PhysicalTableScan& scan;
  size_t column;  ///< as the scan knows it
};

std::optional<Origin> OriginOf(dk::PhysicalOperator& rows, dk::idx_t column) {
  if (rows.type == Type::PROJECTION) {
    const auto& value = *rows.Cast<dk::PhysicalProjection>().select_list[column];
    if (value.GetExpressionClass() != dk::ExpressionClass::BOUND_REF) return std::nullopt;
    return OriginOf(rows.children[0].get(), value.Cast<dk::BoundReferenceExpression>().index);
  }
  if (rows.type == Type::FILTER) return OriginOf(rows.children[0].get(), column);
  if (rows.type != Type::TABLE_SCAN) return std::nullopt;
  auto& scan = rows.Cast<dk::PhysicalTableScan>();
  if (scan.function.name != kScanName) return std::nullopt;
  const auto at = scan.projection_ids.empty() ? column : scan.projection_ids[column];
  if (scan.column_ids[at].HasChildren()) return std::nullopt;
  return Origin{scan, scan.column_ids[at].GetPrimaryIndex()};
}

}  // namespace

void PruneByKeys(dk::PhysicalPlanGenerator& planner, dk::PhysicalOperator& rows,
                 dk::idx_t file_column) {
  auto* below = &rows;
  while (below->type == Type::PROJECTION) {
    const auto& value = *below->Cast<dk::PhysicalProjection>().select_list[file_column];
    if (value.GetExpressionClass() != dk::ExpressionClass::BOUND_REF) return;
    file_column = value.Cast<dk::BoundReferenceExpression>().index;
    below = &below->children[0].get();
  }
  if (below->type != Type::HASH_JOIN) return;
  auto& join = below->Cast<dk::PhysicalHashJoin>();
  const bool wanted =
      join.join_type == dk::JoinType::INNER || join.join_type == dk::JoinType::RIGHT;
  const auto& probe = join.lhs_output_columns.col_idxs;
  if (!wanted || file_column >= probe.size()) return;
  auto& target = join.children[0].get();
  const auto file = OriginOf(target, probe[file_column]);
  if (!file || file->column != kFileColumn) return;
  auto& bound = file->scan.bind_data->Cast<dk::MultiFileBindData>();
  const auto& list = dynamic_cast<const LakeFileList&>(*bound.file_list);
  std::vector<KeyCollector::Key> collected;
  LakeFileList::Keys keys;
  for (const auto& condition : join.conditions) {
    const bool equal = condition.comparison == dk::ExpressionType::COMPARE_EQUAL;
    const auto& left = *condition.left;
    if (!equal || left.GetExpressionClass() != dk::ExpressionClass::BOUND_REF) continue;
    const auto key = OriginOf(target, left.Cast<dk::BoundReferenceExpression>().index);
    const bool known = key && key->column < list.snapshot()->schema().fields.size();
    if (!known || !SourceKeys::Has(left.return_type)) continue;
    auto set = std::make_shared<SourceKeys>(left.return_type);
    keys.emplace_back(key->column, set);
    collected.push_back({condition.right->Copy(), std::move(set)});
  }
  if (keys.empty()) return;
  bound.file_list = list.WithKeys(std::move(keys));
  auto& source = join.children[1].get();
  auto& collector =
      planner.Make<KeyCollector>(source.types, std::move(collected), source.estimated_cardinality);
  collector.children.push_back(source);
  join.children[1] = collector;
}

}  // namespace lakehouse::query::duckdb
