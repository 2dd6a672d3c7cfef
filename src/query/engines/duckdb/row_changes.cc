#include "query/engines/duckdb/row_changes.h"

namespace lakehouse::query::duckdb {
namespace {

/// Positions of one file are put into its set in lots of about this many.
constexpr size_t kLotRows = 64 << 10;

[[noreturn]] void ThrowTwice() {
  throw Error(ErrorKind::kInvalidArgument, "LK-4040",
              "a row of the table is changed by more than one row of the source",
              "Make the source unique by the columns of the condition, for example with a GROUP BY "
              "or QUALIFY row_number() OVER (...) = 1.");
}

struct ChangeGlobalState : dk::GlobalSinkState {
  std::mutex mutex;
  PendingWrite write;
  int64_t rows = 0;
};

struct ChangeLocalState : dk::LocalSinkState {
  explicit ChangeLocalState(RowWriter rows) : writer(std::move(rows)) {}
  RowWriter writer;
  std::map<size_t, std::vector<uint64_t>> lots;
  DeletedRows deleted;
  int64_t named = 0;  ///< rows of the input
};

void AddLot(ChangeLocalState& local, size_t file, std::vector<uint64_t>& rows) {
  local.deleted[file].Add(rows);
  rows.clear();
}

class LakeRowChange : public dk::PhysicalOperator {
 public:
  LakeRowChange(dk::PhysicalPlan& plan, dk::Catalog& catalog, RowChange change)
      : PhysicalOperator(plan, dk::PhysicalOperatorType::EXTENSION, {dk::LogicalType::BIGINT}, 1),
        catalog_(catalog),
        change_(std::move(change)),
        row_types_(TypesOf(change_.target.metadata.schema)) {}

  std::string GetName() const override {
    return change_.writes_rows ? "LAKE_UPDATE" : "LAKE_DELETE";
  }
  bool IsSink() const override { return true; }
  bool ParallelSink() const override { return true; }
  bool IsSource() const override { return true; }

  dk::unique_ptr<dk::GlobalSinkState> GetGlobalSinkState(dk::ClientContext&) const override {
    return dk::make_uniq<ChangeGlobalState>();
  }
  dk::unique_ptr<dk::LocalSinkState> GetLocalSinkState(
      dk::ExecutionContext& context) const override {
    const auto& target = change_.target;
    return dk::make_uniq<ChangeLocalState>(
        RowWriter(context.client, target.root, target.metadata, row_types_));
  }

  dk::SinkResultType Sink(dk::ExecutionContext&, dk::DataChunk& chunk,
                          dk::OperatorSinkInput& input) const override {
    auto& local = input.local_state.Cast<ChangeLocalState>();
    TakeNames(chunk, local);
    if (change_.writes_rows) {
      dk::DataChunk rows;
      rows.InitializeEmpty(row_types_);
      for (dk::idx_t i = 0; i < row_types_.size(); ++i) rows.data[i].Reference(chunk.data[i]);
      rows.SetCardinality(chunk.size());
      local.writer.Append(rows);
    }
    return dk::SinkResultType::NEED_MORE_INPUT;
  }

  dk::SinkCombineResultType Combine(dk::ExecutionContext& context,
                                    dk::OperatorSinkCombineInput& input) const override {
    auto& local = input.local_state.Cast<ChangeLocalState>();
    auto& global = input.global_state.Cast<ChangeGlobalState>();
    for (auto& [file, rows] : local.lots) AddLot(local, file, rows);
    TakeOver(local.writer, global.mutex, global.write);
    std::lock_guard lock(global.mutex);
    SessionOf(context.client).Guard([&] {
      if (change_.writes_rows && CountRows(local.deleted) != local.named) ThrowTwice();
      UniteDeleted(global.write.deleted, local.deleted, change_.writes_rows);
    });
    return dk::SinkCombineResultType::FINISHED;
  }

  dk::SinkFinalizeType Finalize(dk::Pipeline&, dk::Event&, dk::ClientContext& context,
                                dk::OperatorSinkFinalizeInput& input) const override {
    auto& write = input.global_state.Cast<ChangeGlobalState>().write;
    changed_ = CountRows(write.deleted);
    write.table = change_.target.table;
    write.base = change_.target.base;
    write.updates = change_.writes_rows;
    SessionOf(context).Guard(
        [&] { LakeTransaction::Get(context, catalog_).AddWrite(std::move(write)); });
    return dk::SinkFinalizeType::READY;
  }

  dk::unique_ptr<dk::GlobalSourceState> GetGlobalSourceState(dk::ClientContext&) const override {
    return dk::make_uniq<CountSourceState>();
  }

 protected:
  dk::SourceResultType GetDataInternal(dk::ExecutionContext&, dk::DataChunk& chunk,
                                       dk::OperatorSourceInput& input) const override {
    return EmitCount(chunk, input, changed_);
  }

 private:
  void TakeNames(dk::DataChunk& chunk, ChangeLocalState& local) const {
    dk::UnifiedVectorFormat files;
    dk::UnifiedVectorFormat rows;
    chunk.data[change_.file_column].ToUnifiedFormat(chunk.size(), files);
    chunk.data[change_.row_column].ToUnifiedFormat(chunk.size(), rows);
    auto* file_of = dk::UnifiedVectorFormat::GetData<uint64_t>(files);
    auto* row_of = dk::UnifiedVectorFormat::GetData<int64_t>(rows);
    for (dk::idx_t i = 0; i < chunk.size(); ++i) {
      size_t file = file_of[files.sel->get_index(i)];
      auto& lot = local.lots[file];
      lot.push_back(static_cast<uint64_t>(row_of[rows.sel->get_index(i)]));
      if (lot.size() >= kLotRows) AddLot(local, file, lot);
    }
    local.named += static_cast<int64_t>(chunk.size());
  }

  static int64_t CountRows(const DeletedRows& deleted) {
    int64_t rows = 0;
    for (const auto& [file, set] : deleted) rows += set.size();
    return rows;
  }

  dk::Catalog& catalog_;
  const RowChange change_;
  const dk::vector<dk::LogicalType> row_types_;
  mutable int64_t changed_ = 0;  ///< set in Finalize, which runs before any reading
};

/// Calls `take` with every chunk of the rows of `files` that stay.
void ScanStaying(dk::ClientContext& context, const PendingWrite& write, std::vector<size_t> files,
                 const std::function<void(dk::DataChunk&)>& take) {
  auto& session = SessionOf(context);
  auto selection = std::make_shared<ScanSelection>();
  for (size_t file : files) selection->hidden.emplace(file, write.deleted.at(file));
  selection->files = std::move(files);
  dk::Connection inner(*context.db);
  auto own = dk::make_shared_ptr<LakeSession>(session.principal, session.lake);
  own->rewrite = RewriteSource{write.table, write.base, std::move(selection)};
  inner.context->registered_state->Insert("lake_session", own);
  const std::string sql =
      "SELECT * FROM " + dk::KeywordHelper::WriteOptionallyQuoted(session.lake->default_catalog()) +
      "." + kRewriteSchema + ".rows";
  auto fail = [&](dk::ErrorData error) {
    if (auto kept = own->TakeError()) throw *kept;
    error.Throw();
  };
  auto result = inner.SendQuery(sql);
  if (result->HasError()) fail(result->GetErrorObject());
  while (true) {
    if (context.interrupted) throw dk::InterruptException();
    dk::unique_ptr<dk::DataChunk> chunk;
    dk::ErrorData error;
    if (!result->TryFetch(chunk, error)) fail(error);
    if (!chunk || chunk->size() == 0) return;
    take(*chunk);
  }
}

}  // namespace

dk::PhysicalOperator& MakeRowChange(dk::PhysicalPlanGenerator& planner, dk::Catalog& catalog,
                                    RowChange change) {
  return planner.Make<LakeRowChange>(catalog, std::move(change));
}

void UniteDeleted(DeletedRows& rows, const DeletedRows& more, bool strict) {
  for (const auto& [file, set] : more) {
    const int64_t added = rows[file].Unite(set);
    if (strict && added != set.size()) ThrowTwice();
  }
}

DeleteOutcome RewriteDeleted(dk::ClientContext& context, PendingWrite& write,
                             storage::Transaction& commit) {
  DeleteOutcome outcome;
  std::vector<size_t> partly;
  for (const auto& [file, rows] : write.deleted) {
    if (rows.empty()) continue;
    commit.RemoveFile(file);
    ++outcome.removed_files;
    if (write.base->file(file).live_records() != rows.size()) partly.push_back(file);
  }
  if (partly.empty()) return outcome;
  const auto& metadata = write.base->metadata();
  const auto types = TypesOf(metadata.schema);
  RowWriter writer(context, write.table->location(), metadata, types);
  ScanStaying(context, write, std::move(partly), [&](dk::DataChunk& rows) { writer.Append(rows); });
  for (auto& file : writer.Finish()) write.files.push_back(std::move(file));
  outcome.copied_rows = writer.rows();
  if (auto files = writer.TakeFiles()) write.writers.push_back(std::move(files));
  return outcome;
}

}  // namespace lakehouse::query::duckdb
