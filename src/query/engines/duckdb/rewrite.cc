#include "query/engines/duckdb/rewrite.h"

#include <fmt/format.h>

#include <algorithm>
#include <duckdb/parser/expression/columnref_expression.hpp>
#include <duckdb/parser/parsed_expression_iterator.hpp>
#include <duckdb/parser/parser.hpp>
#include <optional>
#include <set>

#include "base/suggest.h"
#include "query/engines/duckdb/changed_files.h"
#include "query/engines/duckdb/curve_key.h"
#include "query/engines/duckdb/insert.h"
#include "query/engines/duckdb/lake_catalog.h"
#include "query/engines/duckdb/result_reader.h"
#include "query/engines/duckdb/row_ids.h"
#include "query/engines/duckdb/row_writer.h"
#include "query/engines/duckdb/types.h"
#include "storage/maintenance/clustering.h"

namespace lakehouse::query::duckdb {
namespace {

/// Ranges of values are found by about this many rows.
constexpr size_t kSampleRows = 100'000;
/// Partitions that one query judges.
constexpr size_t kPartitionsPerQuery = 1000;

/// Lets queries of the connection read the rows of a job as long as it lives.
class RowsInView {
 public:
  RowsInView(LakeSession& session, const RewriteJob& job) : session_(session) {
    auto selection = std::make_shared<ScanSelection>();
    selection->files = job.files;
    std::sort(selection->files.begin(), selection->files.end());
    session_.rewrite = RewriteSource{job.table, job.base, std::move(selection)};
  }
  ~RowsInView() { session_.rewrite.reset(); }
  RowsInView(const RowsInView&) = delete;
  RowsInView& operator=(const RowsInView&) = delete;

  std::string from() const {
    return " FROM " + dk::KeywordHelper::WriteOptionallyQuoted(session_.lake->default_catalog()) +
           "." + kRewriteSchema + ".rows";
  }

 private:
  LakeSession& session_;
};

/// Less memory for the engine as long as it lives: to order rows in a lot of it is hardly faster
/// than to spill them.
class LessMemory {
 public:
  LessMemory(dk::ClientContext& context, int64_t bytes)
      : buffers_(dk::BufferManager::GetBufferManager(context)), before_(buffers_.GetMaxMemory()) {
    if (bytes > 0) buffers_.SetMemoryLimit(std::min(before_, static_cast<dk::idx_t>(bytes)));
  }
  ~LessMemory() { buffers_.SetMemoryLimit(before_); }
  LessMemory(const LessMemory&) = delete;
  LessMemory& operator=(const LessMemory&) = delete;

 private:
  dk::BufferManager& buffers_;
  const dk::idx_t before_;
};

std::string Quoted(const std::string& name) { return dk::KeywordHelper::WriteQuoted(name, '"'); }

/// The columns of the order as SQL: rows."a"."b"
std::string ColumnList(const RewriteJob& job) {
  std::string list;
  for (const auto& path : job.columns) {
    list += list.empty() ? "rows" : ", rows";
    for (const auto& part : path) list += fmt::format(".{}", Quoted(part));
  }
  return list;
}

/// A pseudo-random number of a row (the finalizer of MurmurHash3), so that a sample follows no
/// pattern in the data.
uint64_t Scattered(uint64_t row) {
  row = (row ^ (row >> 33)) * 0xff51afd7ed558ccdULL;
  row = (row ^ (row >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return row ^ (row >> 33);
}

/// Chooses rows evenly from any number of them, as long as they come.
class RowSampler {
 public:
  explicit RowSampler(const dk::vector<dk::LogicalType>& types) {
    for (const auto& type : types) columns_.emplace_back(type);
  }

  void Add(dk::DataChunk& chunk) {
    dk::SelectionVector chosen(chunk.size());
    dk::idx_t count = 0;
    for (dk::idx_t i = 0; i < chunk.size(); ++i) {
      const uint64_t mark = Scattered(seen_++);
      if ((mark & mask_) != 0) continue;
      marks_.push_back(mark);
      chosen.set_index(count++, i);
    }
    if (count == 0) return;
    for (size_t i = 0; i < columns_.size(); ++i) columns_[i].Add(chunk.data[i], chosen, count);
    while (marks_.size() > 2 * kSampleRows) Halve();
  }

  std::vector<ColumnRanks> Finish() {
    std::vector<ColumnRanks> ranks;
    for (auto& column : columns_) ranks.push_back(std::move(column).Finish());
    return ranks;
  }

 private:
  void Halve() {
    mask_ = mask_ * 2 + 1;
    std::vector<size_t> kept;
    for (size_t i = 0; i < marks_.size(); ++i) {
      if ((marks_[i] & mask_) == 0) kept.push_back(i);
    }
    for (auto& column : columns_) column.Keep(kept);
    std::erase_if(marks_, [&](uint64_t mark) { return (mark & mask_) != 0; });
  }

  std::vector<ColumnRanks::Sample> columns_;
  std::vector<uint64_t> marks_;
  uint64_t mask_ = 0;
  uint64_t seen_ = 0;
};

/// Sees whether rows come file by file, those of a file in its order. Their last two columns are
/// the file and the row in it.
class OrderSeen {
 public:
  void Add(dk::DataChunk& rows) {
    const dk::idx_t columns = rows.ColumnCount();
    rows.data[columns - 2].Flatten(rows.size());
    rows.data[columns - 1].Flatten(rows.size());
    const auto* const files = dk::FlatVector::GetData<uint64_t>(rows.data[columns - 2]);
    const auto* const places = dk::FlatVector::GetData<int64_t>(rows.data[columns - 1]);
    for (dk::idx_t i = 0; i < rows.size() && kept_; ++i) {
      if (files_.empty() || files_.back() != files[i]) {
        kept_ = seen_.insert(files[i]).second;
        files_.push_back(files[i]);
      } else {
        kept_ = places[i] > last_;
      }
      last_ = places[i];
    }
  }

  /// The files of the job in the order of their rows, those without rows last; empty: it was not
  /// kept.
  std::vector<size_t> FilesOf(const RewriteJob& job) const {
    if (!kept_) return {};
    std::vector<size_t> files(files_.begin(), files_.end());
    for (const size_t file : job.files) {
      if (seen_.count(file) == 0) files.push_back(file);
    }
    return files;
  }

 private:
  std::vector<uint64_t> files_;
  std::set<uint64_t> seen_;
  int64_t last_ = -1;
  bool kept_ = true;
};

/// Checks the columns of a condition over partition columns, and gives them their bare names.
void CheckCondition(dk::unique_ptr<dk::ParsedExpression>& expression,
                    const storage::TableMetadata& metadata) {
  if (expression->GetExpressionClass() == dk::ExpressionClass::SUBQUERY) {
    throw Error(ErrorKind::kUnsupported, "LK-4012",
                "a subquery in the WHERE of OPTIMIZE or REORG is not supported",
                "name the partitions by values");
  }
  if (expression->GetExpressionClass() != dk::ExpressionClass::COLUMN_REF) {
    dk::ParsedExpressionIterator::EnumerateChildren(
        *expression,
        [&](dk::unique_ptr<dk::ParsedExpression>& child) { CheckCondition(child, metadata); });
    return;
  }
  const std::string name = expression->Cast<dk::ColumnRefExpression>().GetColumnName();
  const auto position = metadata.schema.IndexOf(name);
  if (!position) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4002", "the table has no column " + name,
                DidYouMean(name, metadata.partition_columns));
  }
  const auto& column = metadata.schema.fields[*position].name;
  const auto& parts = metadata.partition_columns;
  if (std::find(parts.begin(), parts.end(), column) == parts.end()) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4075",
                "WHERE chooses whole partitions, and " + column + " is no partition column",
                parts.empty() ? "the table has no partitions; leave WHERE out"
                              : "the table is partitioned by " + parts.front() +
                                    (parts.size() > 1 ? " and other columns" : ""));
  }
  expression = dk::make_uniq<dk::ColumnRefExpression>(column);
}

/// Has the table columns that hide those that name a row?
bool HidesNamesOfRows(const storage::Schema& schema) {
  return schema.IndexOf("lake_file") || schema.IndexOf("file_row_number");
}

void CheckNamesOfRows(const storage::Schema& schema) {
  if (!HidesNamesOfRows(schema)) return;
  throw Error(ErrorKind::kUnsupported, "LK-3020",
              "a table that tracks rows has a column lake_file or file_row_number",
              "Rename the column.");
}

/// SELECT of the numbers of the partitions [first, last) for which the condition holds.
std::string PartitionQuery(const storage::Snapshot& base,
                           const std::vector<storage::maintenance::FileGroup>& partitions,
                           size_t first, size_t last, const std::string& condition) {
  const auto& metadata = base.metadata();
  std::string values;
  for (size_t i = first; i < last; ++i) {
    values += values.empty() ? "(" : ", (";
    values += std::to_string(i);
    for (size_t column = 0; column < metadata.partition_columns.size(); ++column) {
      const auto position = metadata.schema.IndexOf(metadata.partition_columns[column]).value();
      const auto& type = *metadata.schema.fields[position].type;
      const auto value = base.partition_value(partitions[i].files.front(), column);
      values += fmt::format(", CAST({} AS {})", ToDuckDb(value, type).ToSQLString(),
                            ToDuckDb(type).ToString());
    }
    values += ')';
  }
  std::string names = "lake_partition";
  for (const auto& column : metadata.partition_columns) {
    names += ", ";
    names += Quoted(column);
  }
  return fmt::format(
      "SELECT CAST(lake_partition AS BIGINT) FROM (VALUES {}) AS partitions({}) WHERE {}", values,
      names, condition);
}

}  // namespace

void EngineRewriter::CheckStopped() {
  if (session_.stop().cancelled()) throw dk::InterruptException();
}

void EngineRewriter::Query(const std::string& sql, const Take& take) {
  const auto fail = [&](dk::ErrorData error) {
    if (auto kept = session_.TakeError()) throw *kept;
    error.Throw();
  };
  CheckStopped();
  SetGather(*connection_.context, false);
  session_.keeps_variants = true;
  auto pending = connection_.PendingQuery(sql, dk::QueryResultOutputType::ALLOW_STREAMING);
  session_.keeps_variants = false;
  if (pending->HasError()) fail(pending->GetErrorObject());
  // The engine forgets an end that was asked for before it had planned the query.
  if (session_.stop().cancelled()) connection_.Interrupt();
  auto result = pending->Execute();
  if (result->HasError()) fail(result->GetErrorObject());
  while (true) {
    CheckStopped();
    const auto chunk = NextChunk(*result, fail);
    if (!chunk) return;
    take(*chunk);
  }
}

std::vector<size_t> EngineRewriter::FilesWhere(const storage::SnapshotPtr& base,
                                               const std::string& condition) {
  auto parsed = dk::Parser::ParseExpressionList(condition);
  if (parsed.size() != 1) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4001",
                "WHERE needs one condition, there are " + std::to_string(parsed.size()));
  }
  CheckCondition(parsed.front(), base->metadata());
  const std::string checked = parsed.front()->ToString();
  std::vector<size_t> all(base->file_count());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  const auto partitions = storage::maintenance::GroupByPartition(*base, all);
  std::vector<size_t> files;
  for (size_t first = 0; first < partitions.size(); first += kPartitionsPerQuery) {
    const size_t last = std::min(first + kPartitionsPerQuery, partitions.size());
    Query(PartitionQuery(*base, partitions, first, last, checked), [&](dk::DataChunk& chunk) {
      for (dk::idx_t i = 0; i < chunk.size(); ++i) {
        const auto& group =
            partitions[static_cast<size_t>(chunk.GetValue(0, i).GetValue<int64_t>())];
        files.insert(files.end(), group.files.begin(), group.files.end());
      }
    });
  }
  std::sort(files.begin(), files.end());
  return files;
}

CurvePtr EngineRewriter::MakeCurve(const RewriteJob& job) {
  const RowsInView rows(session_, job);
  std::unique_ptr<RowSampler> sampler;
  Query("SELECT " + ColumnList(job) + rows.from(), [&](dk::DataChunk& chunk) {
    if (!sampler) sampler = std::make_unique<RowSampler>(chunk.GetTypes());
    sampler->Add(chunk);
  });
  if (!sampler) return nullptr;
  auto curve = std::make_shared<Curve>();
  curve->hilbert = job.order == RowOrder::kHilbert;
  curve->columns = sampler->Finish();
  return curve;
}

WrittenFiles EngineRewriter::Rewrite(const RewriteJob& job) {
  std::string order;
  CurvePtr curve;
  if (job.order != RowOrder::kAsRead && job.columns.size() == 1) {
    order = fmt::format(" ORDER BY {} NULLS FIRST", ColumnList(job));
  } else if (job.order != RowOrder::kAsRead) {
    curve = MakeCurve(job);
    if (!curve) return {};  // no row
    order = fmt::format(" ORDER BY {}({})", kCurveFunction, ColumnList(job));
  }
  const LessMemory memory(*connection_.context, order.empty() ? 0 : order_bytes_);
  const RowsInView rows(session_, job);
  const CurveInUse in_use(*connection_.context, std::move(curve));
  const bool tracked = TracksRows(job.base->metadata());
  if (tracked) CheckNamesOfRows(job.base->schema());
  const auto& next = job.metadata ? *job.metadata : job.base->metadata();
  const auto metadata = tracked ? WithRowIdColumns(next) : next;
  const auto types = TypesOf(metadata.schema);
  const auto clustering = storage::maintenance::ClusteringColumns(*job.base);
  auto options = storage::parquet::OptionsFor(
      metadata, {}, clustering.value_or(std::vector<storage::ColumnPath>{}));
  options.target_file_bytes = job.target_file_bytes;
  RowWriter writer(*connection_.context, job.table->location(), metadata, types, options);
  writer.WriteInBackground();
  const bool in_order = job.order == RowOrder::kAsRead && !HidesNamesOfRows(job.base->schema());
  const std::string select =
      tracked || in_order ? "SELECT *, lake_file, file_row_number" : "SELECT *";
  OrderSeen seen;
  std::optional<RowIds> ids;
  if (tracked) ids.emplace(session_, job.table->location(), job.base);
  Query(select + rows.from() + order, [&](dk::DataChunk& chunk) {
    if (in_order) seen.Add(chunk);
    if (ids) return AppendWithIds(*ids, types, chunk, writer);
    for (int i = 0; in_order && i < 2; ++i) chunk.data.pop_back();
    writer.Append(chunk);
  });
  WrittenFiles written;
  if (in_order) written.sources = seen.FilesOf(job);
  written.files = writer.Finish();
  written.writer = writer.TakeFiles();
  return written;
}

}  // namespace lakehouse::query::duckdb
