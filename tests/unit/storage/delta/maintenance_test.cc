// VACUUM, RESTORE, CLONE and CONVERT TO DELTA on tables with real files.
#include "storage/maintenance.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "error_code.h"
#include "io/fault_store.h"
#include "storage/delta/log/log_properties.h"
#include "storage/file_place.h"
#include "table_states.h"

namespace lakehouse::storage::delta {
namespace {

class Maintenance : public testing::Test {
 protected:
  /// Version 0; nothing in it.
  void Create(std::map<std::string, std::string> properties = {}, bool partitioned = false) {
    CreateTableOptions options;
    options.schema = IdAndPart();
    options.properties = std::move(properties);
    if (partitioned) options.partition_columns = {"part"};
    table_ = CreateTable(location_, kSystemContext, options, {});
  }
  void Rows(int64_t first, int64_t count, WriteMode mode = WriteMode::kAppend) {
    AppendOptions options;
    options.mode = mode;
    ASSERT_EQ(AppendRows(*table_, first, count, options).outcome, CommitOutcome::kCommitted);
  }
  StorageContext In(int64_t hours) {
    clocks_.push_back(std::make_unique<ManualClock>(SystemClock().NowMs() + hours * kHourMs));
    return {clocks_.back().get(), &SystemRandom(), &stores_};
  }
  VacuumReport RunVacuum(int64_t hours_later, VacuumOptions options = {}) {
    return Vacuum(*table_, In(hours_later), options);
  }
  size_t Files() {
    size_t count = 0;
    for (const auto& object : store_->List("t", {.start_after = {}, .recursive = true})) {
      count +=
          object.path.ends_with(".parquet") && object.path.find("_delta_log") == std::string::npos;
    }
    return count;
  }
  std::vector<int64_t> Ids() { return IdsOf(location_, *table_->Latest()); }
  std::vector<int64_t> IdsOfClone(const io::Location& at) {
    const auto snapshot = OpenTable(at, In(0))->Latest();
    std::vector<int64_t> ids;
    for (size_t i = 0; i < snapshot->file_count(); ++i) {
      const std::string path(snapshot->file(i).path);
      const auto place = LocateFile(path, at, &stores_);
      const auto reader = parquet::OpenParquet(place.store->Open(place.path), {"id"});
      std::shared_ptr<arrow::RecordBatch> batch;
      while (reader->ReadNext(&batch).ok() && batch) {
        const auto& column = static_cast<const arrow::Int64Array&>(*batch->column(0));
        for (int64_t row = 0; row < column.length(); ++row) ids.push_back(column.Value(row));
      }
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  CloneReport RunClone(const io::Location& to, bool deep) {
    CloneOptions options;
    options.deep = deep;
    const StorageContext context = In(0);
    const auto job = PrepareClone(table_->Latest(), location_, to, options, context);
    const auto table =
        IsDeltaTable(to) ? OpenTable(to, context) : CreateTable(to, context, job->table(), {});
    return job->Commit(*table);
  }

  std::shared_ptr<io::ObjectStore> store_ = io::MakeMemoryStore();
  io::Stores stores_{store_, {}};
  io::Location location_{store_, "t"};
  std::vector<std::unique_ptr<ManualClock>> clocks_;  ///< tables go on using theirs
  std::shared_ptr<Table> table_;
};

TEST_F(Maintenance, VacuumDeletesWhatNoYoungVersionHas) {
  Create();
  Rows(1, 2);
  Rows(10, 3, WriteMode::kOverwrite);
  store_->Write("t/orphan.parquet", "x");
  store_->Write("t/_change_data/cdc.parquet", "x");
  store_->Write("t/deletion_vector_1.bin", "x");
  for (const char* path : {"t/_hidden/x.parquet", "t/.staging/x.parquet", "t/_SUCCESS"}) {
    store_->Write(path, "x");
  }
  EXPECT_EQ(RunVacuum(0).paths.size(), 0u);
  VacuumOptions dry;
  dry.dry_run = true;
  const int64_t before = table_->Latest()->version();
  EXPECT_EQ(RunVacuum(200, dry).paths.size(), 4u);
  EXPECT_EQ(table_->Latest()->version(), before);
  EXPECT_EQ(Files(), 6u);
  const VacuumReport report = RunVacuum(200);
  ASSERT_EQ(report.paths.size(), 4u);
  EXPECT_EQ(report.paths[0], "_change_data/cdc.parquet");
  EXPECT_EQ(report.directories, 2);
  EXPECT_EQ(Files(), 3u);
  EXPECT_TRUE(store_->Head("t/_SUCCESS"));
  EXPECT_EQ(Ids(), (std::vector<int64_t>{10, 11, 12}));
  const auto history = table_->History(2);
  EXPECT_EQ(history[0].operation, "VACUUM END");
  EXPECT_EQ(history[0].metrics.at("numDeletedFiles"), "4");
  EXPECT_EQ(history[0].parameters.at("status"), "COMPLETED");
  EXPECT_EQ(history[1].operation, "VACUUM START");
  EXPECT_EQ(history[1].metrics.at("numFilesToDelete"), "4");
}

TEST_F(Maintenance, VacuumRefusesATooShortRetention) {
  Create();
  VacuumOptions options;
  options.retain_ms = 0;
  EXPECT_EQ(CodeOf([&] { RunVacuum(0, options); }), "LK-3045");
  options.retain_ms = 167 * kHourMs;
  EXPECT_EQ(CodeOf([&] { RunVacuum(0, options); }), "LK-3045");
  options.retain_ms = 168 * kHourMs;
  RunVacuum(0, options);
}

TEST_F(Maintenance, TheTablesOwnRetentionMayBeShort) {
  Create({{"delta.deletedFileRetentionDuration", "interval 0 hours"}});
  Rows(1, 2);
  Rows(10, 3, WriteMode::kOverwrite);
  VacuumOptions options;
  options.retain_ms = 0;
  EXPECT_EQ(RunVacuum(1, options).paths.size(), 1u);
  EXPECT_EQ(Ids(), (std::vector<int64_t>{10, 11, 12}));
}

TEST_F(Maintenance, ALongerRetentionKeepsWhatTheLogRemovedSince) {
  Create();
  Rows(1, 2);
  Rows(10, 3, WriteMode::kOverwrite);
  VacuumOptions options;
  options.retain_ms = 1000 * kHourMs;
  EXPECT_EQ(RunVacuum(999, options).paths.size(), 0u);
  EXPECT_EQ(RunVacuum(1001, options).paths.size(), 1u);
}

TEST_F(Maintenance, PartitionFoldersMayHaveAnyName) {
  CreateTableOptions options;
  options.schema = {{{"id", DataType::Primitive(TypeId::kLong), true, {}},
                     {"_part", DataType::Primitive(TypeId::kString), true, {}}}};
  options.partition_columns = {"_part"};
  table_ = CreateTable(location_, kSystemContext, options, {});
  store_->Write("t/_part=1/orphan.parquet", "x");
  store_->Write("t/inner/_delta_log/00000000000000000000.json", "{}");
  store_->Write("t/inner/data.parquet", "x");
  const auto paths = RunVacuum(200).paths;
  ASSERT_EQ(paths.size(), 1u);
  EXPECT_EQ(paths[0], "_part=1/orphan.parquet");
}

TEST_F(Maintenance, VacuumLiteGoesByTheLog) {
  Create();
  Rows(1, 2);
  Rows(10, 3, WriteMode::kOverwrite);
  store_->Write("t/orphan.parquet", "x");
  VacuumOptions lite;
  lite.mode = VacuumOptions::kLite;
  EXPECT_EQ(RunVacuum(0, lite).paths.size(), 0u);
  EXPECT_EQ(RunVacuum(200, lite).paths.size(), 1u);
  EXPECT_EQ(RunVacuum(200, lite).paths.size(), 0u);
  EXPECT_TRUE(store_->Head("t/orphan.parquet"));
  EXPECT_EQ(Ids(), (std::vector<int64_t>{10, 11, 12}));
  table_->Checkpoint();
  store_->Delete("t/_delta_log/_last_vacuum_info");
  store_->Delete("t/_delta_log/" + Log::CommitName(0));
  EXPECT_EQ(CodeOf([&] { RunVacuum(200, lite); }), "LK-3046");
}

TEST_F(Maintenance, RestoreCommitsTheDifference) {
  Create();
  Rows(1, 2);
  Rows(10, 3, WriteMode::kOverwrite);
  Rows(20, 1);
  const RestoreReport report = Restore(*table_, *table_->At(1), {}, In(0));
  EXPECT_EQ(report.version, 4);
  EXPECT_EQ(report.num_removed_files, 2);
  EXPECT_EQ(report.num_restored_files, 1);
  EXPECT_EQ(report.num_of_files_after_restore, 1);
  EXPECT_EQ(report.table_size_after_restore, table_->Latest()->total_bytes());
  EXPECT_EQ(report.restored_files_size, report.table_size_after_restore);
  EXPECT_EQ(Ids(), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(table_->History(1)[0].operation, "RESTORE");
  EXPECT_EQ(Restore(*table_, *table_->At(3), {}, In(0)).version, 5);
  EXPECT_EQ(Ids(), (std::vector<int64_t>{10, 11, 12, 20}));
}

TEST_F(Maintenance, RestoreBringsBackMetadata) {
  Create();
  Rows(1, 2);
  const auto change = table_->Begin(table_->Latest());
  TableMetadata metadata = table_->Latest()->metadata();
  metadata.schema.fields.push_back({"more", DataType::Primitive(TypeId::kLong), true, {}});
  metadata.properties["k"] = "v";
  change->SetMetadata(metadata);
  ASSERT_EQ(change->Commit({}).outcome, CommitOutcome::kCommitted);
  Restore(*table_, *table_->At(1), {}, In(0));
  EXPECT_EQ(table_->Latest()->schema(), IdAndPart());
  EXPECT_EQ(table_->Latest()->metadata().properties.count("k"), 0u);
}

TEST_F(Maintenance, RestoreNeedsItsFiles) {
  Create();
  Rows(1, 2);
  Rows(10, 3, WriteMode::kOverwrite);
  RunVacuum(200);
  EXPECT_EQ(CodeOf([&] { Restore(*table_, *table_->At(1), {}, In(0)); }), "LK-3047");
  EXPECT_EQ(Ids(), (std::vector<int64_t>{10, 11, 12}));
}

TEST_F(Maintenance, AShallowCloneRefersToTheSource) {
  Create({{"k", "v"}}, true);
  Rows(1, 4);
  const io::Location clone{store_, "clone"};
  const CloneReport report = RunClone(clone, false);
  EXPECT_EQ(report.source_num_of_files, 3);
  EXPECT_EQ(report.num_copied_files, 0);
  EXPECT_EQ(IdsOfClone(clone), Ids());
  const auto made = OpenTable(clone, In(0));
  EXPECT_EQ(made->Latest()->metadata().properties.at("k"), "v");
  EXPECT_EQ(made->Latest()->metadata().partition_columns, std::vector<std::string>{"part"});
  EXPECT_NE(made->Latest()->metadata().id, table_->Latest()->metadata().id);
  EXPECT_EQ(made->History(1)[0].operation, "CLONE");
  // The clone's changes are its own, and its VACUUM spares the source.
  Vacuum(*made, In(200), {});
  EXPECT_EQ(Ids().size(), 4u);
}

TEST_F(Maintenance, VacuumLeavesAloneWhatAShallowCloneRefersTo) {
  const io::Location clone{store_, "c"};
  Create();
  Rows(1, 2);
  RunClone(clone, false);
  Rows(10, 1, WriteMode::kOverwrite);
  VacuumOptions options;
  options.referrers = {OpenTable(clone, In(0))};
  EXPECT_EQ(RunVacuum(200, options).paths.size(), 0u);
  EXPECT_EQ(IdsOfClone(clone), (std::vector<int64_t>{1, 2}));
  // The clone goes on without them; its older versions need them until they are as old.
  AppendOptions overwrite;
  overwrite.mode = WriteMode::kOverwrite;
  ASSERT_EQ(AppendRows(*OpenTable(clone, In(0)), 20, 1, overwrite).outcome,
            CommitOutcome::kCommitted);
  VacuumOptions lite;
  lite.mode = VacuumOptions::kLite;
  lite.referrers = {OpenTable(clone, In(0))};
  EXPECT_EQ(RunVacuum(100, lite).paths.size(), 0u);
  EXPECT_EQ(RunVacuum(200, options).paths.size(), 1u);
}

TEST_F(Maintenance, ADeepCloneIsRepeatedByWhatIsNew) {
  Create();
  Rows(1, 4);
  const io::Location clone{store_, "clone"};
  EXPECT_EQ(RunClone(clone, true).num_copied_files, 1);
  EXPECT_EQ(IdsOfClone(clone), Ids());
  Rows(10, 2);
  CloneReport report = RunClone(clone, true);
  EXPECT_EQ(report.num_copied_files, 1);
  EXPECT_EQ(report.num_removed_files, 0);
  EXPECT_EQ(IdsOfClone(clone), Ids());
  Rows(20, 1, WriteMode::kOverwrite);
  report = RunClone(clone, true);
  EXPECT_EQ(report.num_copied_files, 1);
  EXPECT_EQ(report.num_removed_files, 2);
  EXPECT_EQ(IdsOfClone(clone), (std::vector<int64_t>{20}));
  for (const auto& object : store_->List("t")) store_->Delete(object.path);
  EXPECT_EQ(IdsOfClone(clone), (std::vector<int64_t>{20}));
}

TEST_F(Maintenance, ACloneThatFailsLeavesNoCopies) {
  Create();
  Rows(1, 4);
  const io::Location clone{store_, "clone"};
  RunClone(clone, true);
  Rows(10, 2);
  const auto job = PrepareClone(table_->Latest(), location_, clone, {.deep = true}, In(0));
  const auto made = OpenTable(clone, In(0));
  const auto other = made->Begin(made->Latest());
  other->RemoveAllFiles();
  ASSERT_EQ(other->Commit({}).outcome, CommitOutcome::kCommitted);
  EXPECT_EQ(CodeOf([&] { job->Commit(*made); }), "LK-3048");
}

TEST_F(Maintenance, AnUnknownOutcomeKeepsTheCopies) {
  Create();
  Rows(1, 4);
  const auto faulty = std::make_shared<io::FaultStore>(io::MakeMemoryStore("to"), SystemClock());
  const io::Location clone{faulty, "clone"};
  {
    const auto job = PrepareClone(table_->Latest(), location_, clone, {.deep = true}, In(0));
    const auto made = CreateTable(clone, kSystemContext, job->table(), {});
    made->Latest();
    faulty->Reset();
    io::Fault lost;
    lost.effect = io::Fault::Effect::kFail;
    lost.calls = io::Fault::kForever;
    lost.error = Error(ErrorKind::kCommitStateUnknown, "LK-8006", "lost");
    lost.writes_only = true;
    faulty->Inject(lost);
    EXPECT_EQ(CodeOf([&] { job->Commit(*made); }), "LK-3049");
    faulty->Reset();
  }
  EXPECT_EQ(static_cast<io::ObjectStore&>(*faulty).List("clone").size(), 1u);
}

TEST_F(Maintenance, ParquetFilesBecomeATable) {
  Create({}, true);
  Rows(1, 6);
  const auto ids = Ids();
  for (const auto& object : store_->List("t/_delta_log")) store_->Delete(object.path);
  store_->Write("t/_SUCCESS", "");
  ConvertOptions options;
  EXPECT_EQ(CodeOf([&] { ConvertToDelta(location_, options, kSystemContext); }), "LK-3051");
  options.partition_columns = {{{"wrong", DataType::Primitive(TypeId::kString), true, {}}}};
  EXPECT_EQ(CodeOf([&] { ConvertToDelta(location_, options, kSystemContext); }), "LK-3051");
  options.partition_columns = {{{"part", DataType::Primitive(TypeId::kString), true, {}}}};
  EXPECT_EQ(ConvertToDelta(location_, options, kSystemContext).num_converted_files, 3);
  const auto snapshot = OpenTable(location_, kSystemContext)->Latest();
  EXPECT_EQ(IdsOf(location_, *snapshot), ids);
  EXPECT_EQ(snapshot->total_records(), 6);
  EXPECT_EQ(snapshot->partition_value(0, 0), Value{std::string("p0")});
  const auto bounds = snapshot->Bounds({"id"});
  EXPECT_EQ(bounds->min[0], Value{int64_t{3}});
  EXPECT_EQ(bounds->max[0], Value{int64_t{6}});
  EXPECT_EQ(bounds->null_count[0], 0);
  EXPECT_EQ(CodeOf([&] { ConvertToDelta(location_, options, kSystemContext); }), "LK-3006");
  EXPECT_EQ(CodeOf([&] { ConvertToDelta({store_, "empty"}, {}, kSystemContext); }), "LK-3050");
}

}  // namespace
}  // namespace lakehouse::storage::delta
