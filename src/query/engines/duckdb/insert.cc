#include "query/engines/duckdb/insert.h"

#include <duckdb/execution/operator/order/physical_order.hpp>
#include <duckdb/execution/operator/projection/physical_projection.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression/bound_reference_expression.hpp>
#include <optional>

#include "query/engines/duckdb/change_writer.h"
#include "query/engines/duckdb/column_defaults.h"
#include "query/engines/duckdb/commands/new_table.h"
#include "query/engines/duckdb/counting_sink.h"
#include "query/engines/duckdb/lake_catalog.h"
#include "query/engines/duckdb/lake_schema.h"
#include "query/engines/duckdb/lake_table.h"
#include "query/engines/duckdb/open_transaction.h"
#include "query/engines/duckdb/row_writer.h"
#include "query/engines/duckdb/types.h"
#include "storage/delta/commit/clustering_columns.h"
#include "storage/maintenance/auto_optimize.h"

namespace lakehouse::query::duckdb {
namespace {

using storage::maintenance::WantsOptimizedWrites;

struct InsertGlobalState : dk::GlobalSinkState {
  std::mutex mutex;
  PendingWrite write;
  std::unique_ptr<SharedWriter> shared;  ///< null: each thread has a writer
};

struct InsertLocalState : dk::LocalSinkState {
  std::optional<RowWriter> writer;
};

}  // namespace

dk::PhysicalOperator& ByPartition(dk::PhysicalPlanGenerator& planner,
                                  const storage::TableMetadata& metadata,
                                  dk::PhysicalOperator& rows) {
  if (metadata.partition_columns.empty() || !WantsOptimizedWrites(metadata.properties)) return rows;
  dk::vector<dk::BoundOrderByNode> orders;
  for (const auto& name : metadata.partition_columns) {
    const auto column = metadata.schema.IndexOf(name).value();
    orders.emplace_back(dk::OrderType::ASCENDING, dk::OrderByNullType::NULLS_FIRST,
                        dk::make_uniq<dk::BoundReferenceExpression>(rows.types[column], column));
  }
  dk::vector<dk::idx_t> all;
  for (dk::idx_t i = 0; i < rows.types.size(); ++i) all.push_back(i);
  auto& sorted = planner.Make<dk::PhysicalOrder>(rows.types, std::move(orders), std::move(all),
                                                 rows.estimated_cardinality);
  sorted.children.push_back(rows);
  return sorted;
}

namespace {

class LakeInsert : public CountingSink {
 public:
  LakeInsert(dk::PhysicalPlan& plan, dk::Catalog& catalog, InsertTarget target,
             dk::vector<dk::LogicalType> row_types)
      : CountingSink(plan, catalog),
        target_(std::move(target)),
        row_types_(std::move(row_types)),
        optimized_(WantsOptimizedWrites(target_.metadata.properties)) {}

  std::string GetName() const override { return "LAKE_INSERT"; }
  // Rows that come by partition must stay in their order.
  bool ParallelSink() const override { return !optimized_; }

  dk::unique_ptr<dk::GlobalSinkState> GetGlobalSinkState(
      dk::ClientContext& context) const override {
    auto state = dk::make_uniq<InsertGlobalState>();
    if (optimized_) state->shared = std::make_unique<SharedWriter>(MakeWriter(context));
    return state;
  }
  dk::unique_ptr<dk::LocalSinkState> GetLocalSinkState(
      dk::ExecutionContext& context) const override {
    auto state = dk::make_uniq<InsertLocalState>();
    if (!optimized_) state->writer.emplace(MakeWriter(context.client));
    return state;
  }

  dk::SinkResultType Sink(dk::ExecutionContext&, dk::DataChunk& chunk,
                          dk::OperatorSinkInput& input) const override {
    if (auto& shared = input.global_state.Cast<InsertGlobalState>().shared) {
      shared->Append(chunk);
    } else {
      input.local_state.Cast<InsertLocalState>().writer->Append(chunk);
    }
    return dk::SinkResultType::NEED_MORE_INPUT;
  }

  dk::SinkCombineResultType Combine(dk::ExecutionContext&,
                                    dk::OperatorSinkCombineInput& input) const override {
    auto& global = input.global_state.Cast<InsertGlobalState>();
    auto& own = input.local_state.Cast<InsertLocalState>().writer;
    if (own) TakeOver(*own, global.mutex, global.write);
    return dk::SinkCombineResultType::FINISHED;
  }

  dk::SinkFinalizeType Finalize(dk::Pipeline&, dk::Event&, dk::ClientContext& context,
                                dk::OperatorSinkFinalizeInput& input) const override {
    auto& global = input.global_state.Cast<InsertGlobalState>();
    auto& write = global.write;
    if (global.shared) TakeOver(global.shared->rows(), global.mutex, write);
    rows_ = write.rows;
    write.inserts_unmatched = target_.merges;
    if (write.change_files.empty()) {
      for (const auto& file : write.files) write.unfed.insert(file.path);
    }
    write.table = target_.table;
    write.base = target_.base;
    write.create = target_.create;
    if (target_.replace) write.replacement = target_.metadata;
    write.domains = target_.domains;
    write.overwrite = target_.overwrite;
    auto& transaction = LakeTransaction::Get(context, catalog_);
    if (target_.table) {
      write.marks = transaction.identities().MarksOf(target_.table->location().uri());
    }
    transaction.AddWrite(std::move(write));
    return dk::SinkFinalizeType::READY;
  }

 private:
  RowWriter MakeWriter(dk::ClientContext& context) const {
    return WriterOf(context, target_, row_types_, target_.merges ? kInserted : nullptr);
  }

  const InsertTarget target_;
  const dk::vector<dk::LogicalType> row_types_;
  const bool optimized_;
};

}  // namespace

dk::PhysicalOperator& CastTo(dk::ClientContext& context, dk::PhysicalPlanGenerator& planner,
                             const dk::vector<dk::LogicalType>& types, dk::PhysicalOperator& rows) {
  if (rows.types == types) return rows;
  dk::vector<dk::unique_ptr<dk::Expression>> casts;
  for (dk::idx_t i = 0; i < types.size(); ++i) {
    casts.push_back(dk::BoundCastExpression::AddCastToType(
        context, dk::make_uniq<dk::BoundReferenceExpression>(rows.types[i], i), types[i]));
  }
  auto& projection =
      planner.Make<dk::PhysicalProjection>(types, std::move(casts), rows.estimated_cardinality);
  projection.children.push_back(rows);
  return projection;
}

dk::vector<dk::LogicalType> TypesOf(const storage::Schema& schema) {
  dk::vector<dk::LogicalType> types;
  for (const auto& field : schema.fields) types.push_back(ToDuckDb(*field.type));
  return types;
}

storage::parquet::DataFileOptions FileOptionsOf(const storage::TableMetadata& metadata,
                                                const storage::Snapshot* base) {
  const auto clustered = base ? storage::delta::ClusteringColumns(*base) : std::nullopt;
  return storage::parquet::OptionsFor(metadata, {},
                                      clustered.value_or(std::vector<storage::ColumnPath>()));
}

RowWriter WriterOf(dk::ClientContext& context, const InsertTarget& target,
                   const dk::vector<dk::LogicalType>& types, const char* change) {
  RowWriter writer(context, target.root, target.metadata, types, target.files);
  writer.SetChecks(target.checks);
  if (change != nullptr && KeepsChanges(target.metadata)) writer.FeedChanges(change);
  return writer;
}

void TakeOver(RowWriter& writer, std::mutex& mutex, PendingWrite& write) {
  auto files = writer.Finish();
  std::vector<storage::NewFile> changes;
  if (writer.changes() != nullptr) changes = writer.changes()->Finish();
  std::lock_guard lock(mutex);
  for (auto& file : changes) write.change_files.push_back(std::move(file));
  if (writer.changes() != nullptr) {
    if (auto discard = writer.changes()->TakeFiles()) write.writers.push_back(std::move(discard));
  }
  write.rows += writer.rows();
  for (auto& file : files) write.files.push_back(std::move(file));
  if (auto discard = writer.TakeFiles()) write.writers.push_back(std::move(discard));
}

dk::PhysicalOperator& MakeInsertSink(dk::PhysicalPlanGenerator& planner, dk::Catalog& catalog,
                                     InsertTarget target, dk::vector<dk::LogicalType> types) {
  return planner.Make<LakeInsert>(catalog, std::move(target), std::move(types));
}

dk::PhysicalOperator& MakeInsert(dk::PhysicalPlanGenerator& planner, dk::Catalog& catalog,
                                 InsertTarget target, dk::PhysicalOperator& rows) {
  auto& sorted = ByPartition(planner, target.metadata, rows);
  auto& insert = MakeInsertSink(planner, catalog, std::move(target), rows.types);
  insert.children.push_back(sorted);
  return insert;
}

InsertTarget TargetOf(LakeSession& session, LakeTable& entry) {
  InsertTarget target;
  target.table = entry.object().table;
  target.base = entry.snapshot();
  target.metadata = target.base->metadata();
  target.root = target.table->location();
  if (session.evolution && session.evolution->uri == target.root.uri()) {
    target.base = session.evolution->base;
    target.metadata = session.evolution->metadata;
  }
  session.Guard([&] {
    if (catalog::FoldCase(entry.ParentSchema().name) == kChangesSchema) {
      throw Error(ErrorKind::kUnsupported, "LK-4012",
                  "the changes of a table can be read, not written");
    }
    if (catalog::FoldCase(entry.ParentSchema().name) == kPathSchema) {
      session.lake->ResolvePath(session.principal, catalog::Action::kModify, target.root.uri());
    } else {
      session.lake->Resolve(session.principal, catalog::Action::kModify, entry.object().info.name);
    }
    if (entry.refused_default()) throw *entry.refused_default();
    if (session.transaction) session.transaction->RequireWritable(*target.table);
  });
  target.files = FileOptionsOf(target.metadata, target.base.get());
  return target;
}

dk::PhysicalOperator& LakeCatalog::PlanInsert(dk::ClientContext& context,
                                              dk::PhysicalPlanGenerator& planner,
                                              dk::LogicalInsert& op,
                                              dk::optional_ptr<dk::PhysicalOperator> plan) {
  if (op.return_chunk) RefuseUnsupported(context, "RETURNING");
  if (op.on_conflict_info.action_type != dk::OnConflictAction::THROW) {
    RefuseUnsupported(context, "ON CONFLICT");
  }
  auto target = TargetOf(SessionOf(context), op.table.Cast<LakeTable>());
  target.overwrite = SessionOf(context).overwrite;
  const auto& schema = target.metadata.schema;
  const auto place = [&](size_t column) {
    return op.column_index_map.empty() ? column : op.column_index_map[dk::PhysicalIndex(column)];
  };
  const auto defaults = [&](size_t column, const char* function) {
    const auto at = place(column);
    return at == dk::DConstants::INVALID_INDEX ? DefaultsOf::kEveryRow
                                               : DefaultsIn(*plan, at, function);
  };
  std::set<size_t> computed;
  std::set<size_t> filled;
  for (const size_t column : GeneratedColumns(schema)) {
    const auto some = defaults(column, kComputedFunction);
    if (some == DefaultsOf::kEveryRow) computed.insert(column);
    if (some == DefaultsOf::kSomeRows) filled.insert(column);
  }
  SessionOf(context).Guard([&] {
    target.checks = RowChecks::Bind(context, target.metadata, computed, filled);
    for (const size_t column : AlwaysIdentity(schema)) {
      if (defaults(column, kIdentityFunction) == DefaultsOf::kEveryRow) continue;
      ThrowIdentityValue(schema.fields[column].name);
    }
  });
  auto* rows = plan.get();
  if (!op.column_index_map.empty()) rows = &planner.ResolveDefaultsProjection(op, *rows);
  auto& cast = CastTo(context, planner, TypesOf(target.metadata.schema), *rows);
  return MakeInsert(planner, *this, std::move(target), cast);
}

namespace {

/// A new table, or with OR REPLACE the new content of the one that has the name: it keeps its
/// identity and its history.
InsertTarget TargetOfCreate(dk::ClientContext& context, const catalog::ObjectName& name,
                            dk::CreateTableInfo& info) {
  auto& session = SessionOf(context);
  InsertTarget target;
  auto request = RequestOf(context, name, info);
  if (info.on_conflict == dk::OnCreateConflict::REPLACE_ON_CONFLICT) {
    if (auto found = session.lake->Find(session.principal, catalog::Action::kModify, name)) {
      if (!found->table) {
        throw Error(ErrorKind::kAlreadyExists, "LK-2013", name.ToString() + " is a view",
                    "drop the view first");
      }
      target.replace = true;
      target.table = found->table;
      target.base = target.table->Latest();
      target.metadata = target.base->metadata();
    }
  }
  target.metadata.schema = request.options.schema;
  target.metadata.partition_columns = request.options.partition_columns;
  if (target.replace) {
    if (!request.location.empty()) RefuseUnsupported(context, "LOCATION of a table to replace");
    if (!request.options.comment.empty()) target.metadata.description = request.options.comment;
    target.root = target.table->location();
    target.metadata.properties = request.options.properties;
    target.metadata = Replacement(target.base->metadata(), std::move(target.metadata),
                                  *session.lake->storage_context().random);
    target.domains = DomainsOfReplacement(*target.base, target.metadata, request.options.domains);
    return target;
  }
  target.metadata.properties = request.options.properties;
  target.create = std::move(request);
  target.create->description.operation = "CREATE TABLE AS SELECT";
  target.root = session.lake->PlanTable(session.principal, name, target.create->location);
  return target;
}

}  // namespace

dk::PhysicalOperator& LakeCatalog::PlanCreateTableAs(dk::ClientContext& context,
                                                     dk::PhysicalPlanGenerator& planner,
                                                     dk::LogicalCreateTable& op,
                                                     dk::PhysicalOperator& plan) {
  auto& session = SessionOf(context);
  InsertTarget target;
  session.Guard([&] {
    auto& base = op.info->Base();
    target = TargetOfCreate(context, op.schema.Cast<LakeSchema>().NameOf(base.table), base);
    target.files = FileOptionsOf(target.metadata, nullptr);
    target.checks = RowChecks::Bind(context, target.metadata, {});
  });
  auto& cast = CastTo(context, planner, TypesOf(target.metadata.schema), plan);
  return MakeInsert(planner, *this, std::move(target), cast);
}

}  // namespace lakehouse::query::duckdb
