// Writes and reads tables for tests/python/test_interop.py:
//   table_tool write DIRECTORY    a table with many types, partitions, 14 commits and a checkpoint
//   table_tool many DIRECTORY [KEY=VALUE...]   a table with these properties, and two commits of
//                                              300 rows in three files each
//   table_tool append DIRECTORY [FIRST COUNT]   to an existing table, COUNT commits of one row with
//                                               ids from FIRST on; without: one row (id 1000)
//   table_tool delete DIRECTORY DIVISOR   the rows whose id it divides, by deletion vectors
//   table_tool appenders DIRECTORY WRITERS COMMITS [group]   a new table, to which so many threads
//                                               append one row so often; prints commits a second
//   table_tool ids DIRECTORY [VERSION]   the values of column id, one a line, sorted
#include <arrow/api.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "storage/append.h"
#include "storage/arrow_schema.h"
#include "storage/delta/delta_table.h"
#include "storage/parquet/parquet_file.h"

namespace lakehouse::storage {
namespace {

const StorageContext kContext{&SystemClock(), &SystemRandom()};
constexpr int kCommits = 13;

Schema TestSchema() {
  const auto type = [](TypeId id) { return DataType::Primitive(id); };
  return {{{"id", type(TypeId::kLong)},
           {"part", type(TypeId::kString)},
           {"price", DataType::Decimal(12, 2)},
           {"ratio", type(TypeId::kDouble)},
           {"day", type(TypeId::kDate)},
           {"at", type(TypeId::kTimestamp)},
           {"ok", type(TypeId::kBoolean)}}};
}

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> One(Builder&& builder, const Value& value) {
  if (!builder.Append(value).ok()) std::abort();
  return *builder.Finish();
}

/// One row whose values follow from its id.
std::shared_ptr<arrow::RecordBatch> Row(int64_t id) {
  const auto schema = ToArrow(TestSchema());
  const auto pool = arrow::default_memory_pool();
  const std::string part = id % 3 == 0 ? "a b/c" : id % 3 == 1 ? "x=1%" : "z";
  return arrow::RecordBatch::Make(
      schema, 1,
      {One(arrow::Int64Builder(), id), One(arrow::StringBuilder(), part),
       One(arrow::Decimal128Builder(arrow::decimal128(12, 2)), arrow::Decimal128(id * 100 + 5)),
       One(arrow::DoubleBuilder(), static_cast<double>(id) / 4),
       One(arrow::Date32Builder(), static_cast<int32_t>(15706 + id)),
       One(arrow::TimestampBuilder(schema->field(5)->type(), pool),
           1'357'000'000'123'456 + id * 1'000'000),
       One(arrow::BooleanBuilder(), id % 2 == 0)});
}

void AppendRow(Table& table, int64_t id) {
  const auto rows = *arrow::RecordBatchReader::Make({Row(id)});
  if (Append(table, *rows, {}, kContext).outcome != CommitOutcome::kCommitted) std::abort();
}

int WriteMany(const io::Location& location, const std::vector<const char*>& properties) {
  CreateTableOptions options;
  for (const std::string property : properties) {
    const size_t equals = property.find('=');
    options.properties[property.substr(0, equals)] = property.substr(equals + 1);
  }
  options.schema = TestSchema();
  options.partition_columns = {"part"};
  const auto table = delta::CreateTable(location, kContext, options, {});
  for (const int64_t first : {0, 300}) {
    std::vector<std::shared_ptr<arrow::RecordBatch>> rows;
    for (int64_t id = first; id < first + 300; ++id) rows.push_back(Row(id));
    const auto reader = *arrow::RecordBatchReader::Make(rows);
    if (Append(*table, *reader, {}, kContext).outcome != CommitOutcome::kCommitted) return 1;
  }
  return 0;
}

int Write(const io::Location& location) {
  CreateTableOptions options;
  options.schema = TestSchema();
  options.partition_columns = {"part"};
  const auto table = delta::CreateTable(location, kContext, options, {});
  for (int64_t id = 0; id < kCommits; ++id) AppendRow(*table, id);
  return 0;
}

/// The ids in file `index`, by position.
std::vector<int64_t> IdsIn(const io::Location& location, const Snapshot& snapshot, size_t index) {
  const std::string path = io::JoinPath(location.path, snapshot.file(index).path);
  const auto reader = parquet::OpenParquet(location.store->Open(path), {"id"});
  std::vector<int64_t> ids;
  std::shared_ptr<arrow::RecordBatch> batch;
  while (reader->ReadNext(&batch).ok() && batch) {
    const auto& column = static_cast<const arrow::Int64Array&>(*batch->column(0));
    for (int64_t row = 0; row < column.length(); ++row) ids.push_back(column.Value(row));
  }
  return ids;
}

int Delete(const io::Location& location, int64_t divisor) {
  const auto table = delta::OpenTable(location, kContext);
  const auto transaction = table->Begin(table->Latest());
  const Snapshot& base = *transaction->base();
  for (size_t i = 0; i < base.file_count(); ++i) {
    const auto gone = base.DeletedRows(i);
    const std::vector<int64_t> ids = IdsIn(location, base, i);
    std::vector<uint64_t> rows;
    for (uint64_t row = 0; row < ids.size(); ++row) {
      if (ids[row] % divisor == 0 && (!gone || !gone->Contains(row))) rows.push_back(row);
    }
    RowSet set;
    set.Add(rows);
    transaction->DeleteRows(i, std::move(set));
  }
  CommitDescription description;
  description.operation = "DELETE";
  return transaction->Commit(description).outcome == CommitOutcome::kCommitted ? 0 : 1;
}

int RunAppenders(const io::Location& location, int writers, int commits, bool group) {
  StorageContext context = kContext;
  context.group_commits = group;
  CreateTableOptions options;
  options.schema = TestSchema();
  const auto table = delta::CreateTable(location, context, options, {});
  std::atomic<int> failures = 0;
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int w = 0; w < writers; ++w) {
    threads.emplace_back([&, w] {
      for (int i = 0; i < commits; ++i) {
        const auto rows = *arrow::RecordBatchReader::Make({Row(w * commits + i)});
        const auto result = Append(*table, *rows, {}, context);
        if (result.outcome != CommitOutcome::kCommitted) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("%d appends in %.2f s, %.0f a second, %ld versions, %d failures\n", writers * commits,
              seconds.count(), writers * commits / seconds.count(), table->Latest()->version(),
              failures.load());
  return failures;
}

int PrintIds(const io::Location& location, const char* version) {
  const auto table = delta::OpenTable(location, kContext);
  const SnapshotPtr snapshot = version ? table->At(std::atoll(version)) : table->Latest();
  std::vector<int64_t> ids;
  for (size_t i = 0; i < snapshot->file_count(); ++i) {
    const auto gone = snapshot->DeletedRows(i);
    const std::vector<int64_t> all = IdsIn(location, *snapshot, i);
    for (uint64_t row = 0; row < all.size(); ++row) {
      if (!gone || !gone->Contains(row)) ids.push_back(all[row]);
    }
  }
  std::sort(ids.begin(), ids.end());
  for (const int64_t id : ids) std::printf("%ld\n", id);
  return 0;
}

int Run(const std::string& command, const std::string& directory,
        const std::vector<const char*>& arguments) {
  const size_t slash = directory.rfind('/');
  const io::Location location{io::MakeLocalStore(directory.substr(0, slash)),
                              directory.substr(slash + 1)};
  if (command == "write") return Write(location);
  if (command == "many") return WriteMany(location, arguments);
  if (command == "appenders") {
    return RunAppenders(location, std::atoi(arguments.at(0)), std::atoi(arguments.at(1)),
                        arguments.size() > 2);
  }
  if (command == "delete") return Delete(location, std::atoll(arguments.at(0)));
  if (command == "ids") return PrintIds(location, arguments.empty() ? nullptr : arguments[0]);
  const auto table = delta::OpenTable(location, kContext);
  const int64_t first = arguments.size() > 0 ? std::atoll(arguments[0]) : 1000;
  const int64_t count = arguments.size() > 1 ? std::atoll(arguments[1]) : 1;
  for (int64_t id = first; id < first + count; ++id) AppendRow(*table, id);
  return 0;
}

}  // namespace
}  // namespace lakehouse::storage

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  try {
    return lakehouse::storage::Run(argv[1], argv[2], {argv + 3, argv + argc});
  } catch (const lakehouse::Error& error) {
    std::fprintf(stderr, "error %s\n", error.what());
    return 1;
  }
}
