#include "query/engines/duckdb/row_changes.h"

#include "query/engines/duckdb/change_writer.h"
#include "query/engines/duckdb/counting_sink.h"
#include "storage/maintenance/auto_optimize.h"

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
  std::unique_ptr<LateRows> late;
  std::unique_ptr<SharedWriter> shared;  ///< null: each thread has a writer
};

struct ChangeLocalState : dk::LocalSinkState {
  std::optional<RowWriter> writer;
  std::unique_ptr<LateRows> late;  ///< instead of `writer`
  std::map<size_t, std::vector<uint64_t>> lots;
  DeletedRows deleted;
  int64_t named = 0;  ///< rows of the input
};

void AddLot(ChangeLocalState& local, size_t file, std::vector<uint64_t>& rows) {
  local.deleted[file].Add(rows);
  rows.clear();
}

class LakeRowChange : public CountingSink {
 public:
  LakeRowChange(dk::PhysicalPlan& plan, dk::Catalog& catalog, RowChange change)
      : CountingSink(plan, catalog),
        change_(std::move(change)),
        row_types_(TypesOf(change_.target.metadata.schema)),
        shares_(change_.writes_rows && !change_.late &&
                storage::maintenance::WantsOptimizedWrites(change_.target.metadata.properties)) {}

  std::string GetName() const override {
    return change_.writes_rows ? "LAKE_UPDATE" : "LAKE_DELETE";
  }
  // Rows that come by partition must stay in their order.
  bool ParallelSink() const override { return !shares_; }

  dk::unique_ptr<dk::GlobalSinkState> GetGlobalSinkState(
      dk::ClientContext& context) const override {
    auto state = dk::make_uniq<ChangeGlobalState>();
    if (shares_) state->shared = std::make_unique<SharedWriter>(MakeWriter(context));
    return state;
  }
  dk::unique_ptr<dk::LocalSinkState> GetLocalSinkState(
      dk::ExecutionContext& context) const override {
    auto state = dk::make_uniq<ChangeLocalState>();
    if (change_.late) {
      state->late = std::make_unique<LateRows>(context.client, *change_.late, row_types_);
    } else if (change_.writes_rows && !shares_) {
      state->writer.emplace(MakeWriter(context.client));
    }
    return state;
  }

  dk::SinkResultType Sink(dk::ExecutionContext& context, dk::DataChunk& chunk,
                          dk::OperatorSinkInput& input) const override {
    auto& local = input.local_state.Cast<ChangeLocalState>();
    TakeNames(chunk, local);
    if (local.late) {
      SessionOf(context.client).Guard([&] { local.late->Append(chunk); });
    } else if (change_.writes_rows) {
      dk::DataChunk rows;
      rows.InitializeEmpty(row_types_);
      for (dk::idx_t i = 0; i < change_.file_column; ++i) rows.data[i].Reference(chunk.data[i]);
      rows.SetCardinality(chunk.size());
      if (change_.ids) SessionOf(context.client).Guard([&] { SetIds(chunk, rows); });
      auto& shared = input.global_state.Cast<ChangeGlobalState>().shared;
      shared ? shared->Append(rows) : local.writer->Append(rows);
    }
    return dk::SinkResultType::NEED_MORE_INPUT;
  }

  dk::SinkCombineResultType Combine(dk::ExecutionContext& context,
                                    dk::OperatorSinkCombineInput& input) const override {
    auto& local = input.local_state.Cast<ChangeLocalState>();
    auto& global = input.global_state.Cast<ChangeGlobalState>();
    for (auto& [file, rows] : local.lots) AddLot(local, file, rows);
    if (local.writer) TakeOver(*local.writer, global.mutex, global.write);
    std::lock_guard lock(global.mutex);
    SessionOf(context.client).Guard([&] {
      if (change_.writes_rows && CountRows(local.deleted) != local.named) ThrowTwice();
      global.write.repeated += local.named - CountRows(local.deleted);
      global.write.repeated +=
          UniteDeleted(global.write.deleted, local.deleted, change_.writes_rows);
    });
    // An empty part among others would be read as the end of them.
    if (!local.late || local.late->count() == 0) return dk::SinkCombineResultType::FINISHED;
    if (global.late) {
      global.late->Unite(*local.late);
    } else {
      global.late = std::move(local.late);
    }
    return dk::SinkCombineResultType::FINISHED;
  }

  dk::SinkFinalizeType Finalize(dk::Pipeline&, dk::Event&, dk::ClientContext& context,
                                dk::OperatorSinkFinalizeInput& input) const override {
    auto& global = input.global_state.Cast<ChangeGlobalState>();
    auto& write = global.write;
    if (global.late) WriteLate(context, global);
    if (global.shared) TakeOver(global.shared->rows(), global.mutex, write);
    SessionOf(context).Guard([&] { TakeWholeFiles(write); });
    rows_ = CountRows(write.deleted);
    if (change_.writes_rows) write.updated = write.deleted;
    write.table = change_.target.table;
    write.base = change_.target.base;
    write.updates = change_.writes_rows;
    SessionOf(context).Guard(
        [&] { LakeTransaction::Get(context, catalog_).AddWrite(std::move(write)); });
    return dk::SinkFinalizeType::READY;
  }

 private:
  RowWriter MakeWriter(dk::ClientContext& context) const {
    const char* change = change_.writes_rows ? kAfterUpdate : nullptr;
    return WriterOf(context, change_.target, row_types_, change);
  }

  /// Reads what is missing of the updated rows, and writes them.
  void WriteLate(dk::ClientContext& context, ChangeGlobalState& global) const {
    auto writer = MakeWriter(context);
    const bool feeds = writer.changes() != nullptr;
    SessionOf(context).Guard([&] {
      global.late->Write(context, change_.target.table, global.write.deleted, change_.ids.get(),
                         writer);
    });
    global.late.reset();
    if (feeds) global.write.fed = global.write.deleted;
    TakeOver(writer, global.mutex, global.write);
  }

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

  /// A row that is updated keeps its id; the version that changed it is that of the commit.
  void SetIds(dk::DataChunk& chunk, dk::DataChunk& rows) const {
    dk::Vector ids(dk::LogicalType::BIGINT, chunk.size());
    auto& files = chunk.data[change_.file_column];
    auto& numbers = chunk.data[change_.row_column];
    files.Flatten(chunk.size());
    numbers.Flatten(chunk.size());
    change_.ids->Find(dk::FlatVector::GetData<uint64_t>(files),
                      dk::FlatVector::GetData<int64_t>(numbers), chunk.size(), ids, nullptr);
    rows.data[change_.file_column].Reference(ids);
    rows.data[change_.file_column + 1].Reference(dk::Value(dk::LogicalType::BIGINT));
  }

  /// Every row that is left in the files that go whole.
  void TakeWholeFiles(PendingWrite& write) const {
    const auto& base = *change_.target.base;
    for (const size_t file : change_.whole_files) {
      const auto count = static_cast<uint64_t>(base.file(file).num_records);
      const auto gone = base.DeletedRows(file);
      auto& rows = write.deleted[file];
      rows = (gone ? *gone : storage::RowSet()).Complement(count);
    }
  }

  static int64_t CountRows(const DeletedRows& deleted) {
    int64_t rows = 0;
    for (const auto& [file, set] : deleted) rows += set.size();
    return rows;
  }

  const RowChange change_;
  const dk::vector<dk::LogicalType> row_types_;
  const bool shares_;  ///< one writer for all threads
};

}  // namespace

dk::PhysicalOperator& MakeRowChange(dk::ClientContext& context, dk::PhysicalPlanGenerator& planner,
                                    dk::Catalog& catalog, RowChange change) {
  auto& target = change.target;
  if (change.writes_rows && TracksRows(target.metadata)) {
    SessionOf(context).Guard([&] { target.metadata = WithRowIdColumns(target.metadata); });
    change.ids = std::make_shared<RowIds>(SessionOf(context), target.root, target.base);
  }
  return planner.Make<LakeRowChange>(catalog, std::move(change));
}

int64_t UniteDeleted(DeletedRows& rows, const DeletedRows& more, bool strict) {
  int64_t in_both = 0;
  for (const auto& [file, set] : more) {
    in_both += set.size() - rows[file].Unite(set);
    if (strict && in_both > 0) ThrowTwice();
  }
  return in_both;
}

}  // namespace lakehouse::query::duckdb
