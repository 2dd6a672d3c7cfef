#include "query/engines/duckdb/insert.h"

#include <arrow/api.h>

#include <duckdb/common/arrow/arrow_appender.hpp>
#include <duckdb/execution/operator/projection/physical_projection.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression/bound_reference_expression.hpp>

#include "query/engines/duckdb/arrow_rows.h"
#include "query/engines/duckdb/lake_catalog.h"
#include "query/engines/duckdb/lake_schema.h"
#include "query/engines/duckdb/lake_table.h"
#include "query/engines/duckdb/types.h"
#include "storage/arrow_schema.h"

namespace lakehouse::query::duckdb {
namespace {

using storage::parquet::DataFileWriter;

/// Rows are handed to the file writer in batches of about this many.
constexpr dk::idx_t kBatchRows = 30 * STANDARD_VECTOR_SIZE;

struct InsertGlobalState : dk::GlobalSinkState {
  std::mutex mutex;
  PendingWrite write;
};

struct InsertLocalState : dk::LocalSinkState {
  std::unique_ptr<DataFileWriter> writer;
  dk::unique_ptr<dk::ArrowAppender> rows;
};

struct InsertSourceState : dk::GlobalSourceState {
  bool done = false;
};

class LakeInsert : public dk::PhysicalOperator {
 public:
  LakeInsert(dk::PhysicalPlan& plan, dk::Catalog& catalog, InsertTarget target,
             dk::vector<dk::LogicalType> row_types)
      : PhysicalOperator(plan, dk::PhysicalOperatorType::EXTENSION, {dk::LogicalType::BIGINT}, 1),
        catalog_(catalog),
        target_(std::move(target)),
        row_types_(std::move(row_types)),
        schema_(storage::ToArrow(target_.metadata.schema)) {}

  std::string GetName() const override { return "LAKE_INSERT"; }
  bool IsSink() const override { return true; }
  bool ParallelSink() const override { return true; }
  bool IsSource() const override { return true; }

  dk::unique_ptr<dk::GlobalSinkState> GetGlobalSinkState(dk::ClientContext&) const override {
    return dk::make_uniq<InsertGlobalState>();
  }
  dk::unique_ptr<dk::LocalSinkState> GetLocalSinkState(dk::ExecutionContext&) const override {
    return dk::make_uniq<InsertLocalState>();
  }

  dk::SinkResultType Sink(dk::ExecutionContext& context, dk::DataChunk& chunk,
                          dk::OperatorSinkInput& input) const override {
    auto& local = input.local_state.Cast<InsertLocalState>();
    if (!local.rows) {
      local.rows = dk::make_uniq<dk::ArrowAppender>(
          row_types_, kBatchRows, context.client.GetClientProperties(),
          std::unordered_map<dk::idx_t, const dk::shared_ptr<dk::ArrowTypeExtensionData>>());
    }
    local.rows->Append(chunk, 0, chunk.size(), chunk.size());
    if (local.rows->RowCount() >= kBatchRows) Flush(context.client, local);
    return dk::SinkResultType::NEED_MORE_INPUT;
  }

  dk::SinkCombineResultType Combine(dk::ExecutionContext& context,
                                    dk::OperatorSinkCombineInput& input) const override {
    auto& local = input.local_state.Cast<InsertLocalState>();
    Flush(context.client, local);
    if (!local.writer) return dk::SinkCombineResultType::FINISHED;
    auto files = SessionOf(context.client).Guard([&] { return local.writer->Finish(); });
    auto& global = input.global_state.Cast<InsertGlobalState>();
    std::lock_guard lock(global.mutex);
    global.write.rows += local.writer->rows_written();
    for (auto& file : files) global.write.files.push_back(std::move(file));
    global.write.writers.push_back(std::move(local.writer));
    return dk::SinkCombineResultType::FINISHED;
  }

  dk::SinkFinalizeType Finalize(dk::Pipeline&, dk::Event&, dk::ClientContext& context,
                                dk::OperatorSinkFinalizeInput& input) const override {
    auto& write = input.global_state.Cast<InsertGlobalState>().write;
    written_ = write.rows;
    write.table = target_.table;
    write.base = target_.base;
    write.create = target_.create;
    if (target_.replace) write.replacement = target_.metadata;
    LakeTransaction::Get(context, catalog_).AddWrite(std::move(write));
    return dk::SinkFinalizeType::READY;
  }

  dk::unique_ptr<dk::GlobalSourceState> GetGlobalSourceState(dk::ClientContext&) const override {
    return dk::make_uniq<InsertSourceState>();
  }

 protected:
  dk::SourceResultType GetDataInternal(dk::ExecutionContext&, dk::DataChunk& chunk,
                                       dk::OperatorSourceInput& input) const override {
    auto& state = input.global_state.Cast<InsertSourceState>();
    if (state.done) return dk::SourceResultType::FINISHED;
    state.done = true;
    chunk.SetCardinality(1);
    chunk.SetValue(0, 0, dk::Value::BIGINT(written_));
    return dk::SourceResultType::FINISHED;
  }

 private:
  void Flush(dk::ClientContext& context, InsertLocalState& local) const {
    if (!local.rows || local.rows->RowCount() == 0) return;
    auto& session = SessionOf(context);
    session.Guard([&] {
      dk::vector<std::string> names;
      for (const auto& field : target_.metadata.schema.fields) names.push_back(field.name);
      auto layout = ArrowSchemaOf(row_types_, names, context.GetClientProperties());
      auto batch = ImportRows(local.rows->Finalize(), layout, schema_);
      local.rows.reset();
      CheckNulls(*batch);
      if (!local.writer) {
        local.writer = std::make_unique<DataFileWriter>(
            target_.root, target_.metadata, storage::parquet::OptionsFor(target_.metadata),
            session.lake->storage_context());
      }
      local.writer->Write(*batch);
    });
  }

  void CheckNulls(const arrow::RecordBatch& batch) const {
    for (int i = 0; i < batch.num_columns(); ++i) {
      const auto& field = target_.metadata.schema.fields[static_cast<size_t>(i)];
      if (field.nullable || batch.column(i)->null_count() == 0) continue;
      throw Error(ErrorKind::kInvalidArgument, "LK-4005",
                  "column " + field.name + " must not be null, and a row has null there",
                  "give the column a value, or leave such rows out");
    }
  }

  dk::Catalog& catalog_;
  const InsertTarget target_;
  const dk::vector<dk::LogicalType> row_types_;
  const std::shared_ptr<arrow::Schema> schema_;
  mutable int64_t written_ = 0;  ///< set in Finalize, which runs before any reading
};

/// Casts `rows` to the table's types, where the engine's own types are wider in name only.
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

}  // namespace

dk::PhysicalOperator& MakeInsert(dk::PhysicalPlanGenerator& planner, dk::Catalog& catalog,
                                 InsertTarget target, dk::PhysicalOperator& rows) {
  auto& insert = planner.Make<LakeInsert>(catalog, std::move(target), rows.types);
  insert.children.push_back(rows);
  return insert;
}

dk::PhysicalOperator& LakeCatalog::PlanInsert(dk::ClientContext& context,
                                              dk::PhysicalPlanGenerator& planner,
                                              dk::LogicalInsert& op,
                                              dk::optional_ptr<dk::PhysicalOperator> plan) {
  if (op.return_chunk) RefuseUnsupported(context, "RETURNING");
  if (op.on_conflict_info.action_type != dk::OnConflictAction::THROW) {
    RefuseUnsupported(context, "ON CONFLICT");
  }
  auto& session = SessionOf(context);
  auto& entry = op.table.Cast<LakeTable>();
  InsertTarget target;
  target.table = entry.object().table;
  target.base = entry.snapshot();
  target.metadata = target.base->metadata();
  target.root = target.table->location();
  session.Guard([&] {
    if (catalog::FoldCase(entry.ParentSchema().name) == kPathSchema) {
      session.lake->ResolvePath(session.principal, catalog::Action::kModify, entry.name);
    } else {
      session.lake->Resolve(session.principal, catalog::Action::kModify, entry.object().info.name);
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
    target.root = target.table->location();
    for (const auto& [key, value] : request.options.properties) {
      target.metadata.properties[key] = value;
    }
    return target;
  }
  target.metadata.properties = request.options.properties;
  target.create = std::move(request);
  target.create->description.operation = "CREATE TABLE AS SELECT";
  target.root = session.lake->PlanTable(session.principal, name, "");
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
  });
  auto& cast = CastTo(context, planner, TypesOf(target.metadata.schema), plan);
  return MakeInsert(planner, *this, std::move(target), cast);
}

}  // namespace lakehouse::query::duckdb
