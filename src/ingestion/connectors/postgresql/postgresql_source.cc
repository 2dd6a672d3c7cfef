#include "ingestion/connectors/postgresql/postgresql_source.h"

#include <arrow/array/array_base.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>

#include "base/suggest.h"
#include "ingestion/connectors/arrow_status.h"
#include "ingestion/connectors/batch_queue.h"
#include "ingestion/connectors/options.h"
#include "ingestion/connectors/postgresql/column_plan.h"
#include "ingestion/connectors/postgresql/connection.h"
#include "ingestion/connectors/postgresql/copy_decoder.h"
#include "ingestion/connectors/rescue.h"

namespace lakehouse::ingestion::connectors::postgresql {

namespace {

constexpr int64_t kBatchRows = 65'536;
constexpr int64_t kBatchBytes = 16 << 20;
constexpr size_t kQueuedBatches = 8;
constexpr int64_t kMinPagesPerRange = 1'024;
constexpr int64_t kRangesPerWorker = 4;
constexpr double kMostBeforeTheEnd = 0.99;
constexpr char kRescuedData[] = "_rescued_data";
constexpr int kFirstVersionWithTidRanges = 140'000;

constexpr char kFindRelation[] =
    "SELECT c.oid, c.relkind, pg_relation_size(c.oid) / current_setting('block_size')::bigint,"
    " c.reltuples "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";
constexpr char kListRelations[] =
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1 LIMIT 10000";
// Domains are followed to their base type.
constexpr char kListColumns[] =
    "WITH RECURSIVE base(attnum, name, typ, modifier) AS ("
    "  SELECT attnum, attname::text, atttypid, atttypmod FROM pg_attribute"
    "  WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped"
    "  UNION ALL"
    "  SELECT b.attnum, b.name, t.typbasetype, t.typtypmod"
    "  FROM base b JOIN pg_type t ON t.oid = b.typ WHERE t.typtype = 'd') "
    "SELECT b.name, b.typ, b.modifier,"
    "  CASE WHEN t.typcategory = 'A' AND t.typlen = -1 THEN t.typelem ELSE 0 END "
    "FROM base b JOIN pg_type t ON t.oid = b.typ WHERE t.typtype <> 'd' ORDER BY b.attnum";

struct SourceSettings {
  ConnectionOptions connection;
  std::string schema;
  std::string table;
  int64_t workers = 2;
  SpecialValues special_values = SpecialValues::kError;
  PlanOptions plan;
};

std::shared_ptr<arrow::DataType> ParseNumericOption(const std::string& text) {
  if (text == "string") return nullptr;
  int precision = 0;
  int scale = 0;
  char end = 0;
  if (std::sscanf(text.c_str(), "decimal(%d,%d%c", &precision, &scale, &end) != 3 || end != ')' ||
      precision < 1 || precision > 38 || scale < 0 || scale > precision) {
    ThrowBadOption("numeric", text, "must be string or decimal(p,s) with p up to 38");
  }
  return arrow::decimal128(precision, scale);
}

SourceSettings ParseSettings(const SourceOptions& options) {
  CheckOptionKeys(options,
                  {"host", "port", "database", "table", "schema", "username", "password", "sslmode",
                   "connect_timeout_ms", "workers", "special_values", "numeric", "arrays"},
                  {"host", "database", "table", "username"});
  SourceSettings settings;
  settings.connection.host = TextOption(options, "host", "");
  if (options.contains("port")) {
    settings.connection.port = std::to_string(IntegerOption(options, "port", 0, 1, 65'535));
  }
  settings.connection.database = TextOption(options, "database", "");
  settings.connection.user = TextOption(options, "username", "");
  settings.connection.password = TextOption(options, "password", "");
  settings.connection.ssl_mode =
      ChoiceOption(options, "sslmode", "prefer",
                   {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"});
  settings.connection.connect_timeout_ms =
      IntegerOption(options, "connect_timeout_ms", 10'000, 1, 600'000);
  settings.table = TextOption(options, "table", "");
  settings.schema = TextOption(options, "schema", "");
  const size_t dot = settings.table.find('.');
  if (settings.schema.empty() && dot != std::string::npos) {
    settings.schema = settings.table.substr(0, dot);
    settings.table = settings.table.substr(dot + 1);
  }
  if (settings.schema.empty()) settings.schema = "public";
  settings.workers = IntegerOption(options, "workers", 2, 1, 64);
  const std::string special =
      ChoiceOption(options, "special_values", "error", {"error", "null", "rescue"});
  if (special == "null") settings.special_values = SpecialValues::kNull;
  if (special == "rescue") settings.special_values = SpecialValues::kRescue;
  settings.plan.unconstrained_numeric =
      ParseNumericOption(TextOption(options, "numeric", "string"));
  settings.plan.arrays_as_text =
      ChoiceOption(options, "arrays", "list", {"list", "text"}) == "text";
  return settings;
}

/// Equal but for the name of a list's elements.
bool SameType(const arrow::DataType& a, const arrow::DataType& b) {
  if (a.id() == arrow::Type::LIST && b.id() == arrow::Type::LIST) {
    return SameType(*static_cast<const arrow::ListType&>(a).value_type(),
                    *static_cast<const arrow::ListType&>(b).value_type());
  }
  return a.Equals(b);
}

class PostgresqlSource : public Source {
 public:
  explicit PostgresqlSource(SourceSettings settings) : settings_(std::move(settings)) {}
  ~PostgresqlSource() override { StopWorkers(); }

  Discovery Discover(const SourceContext& context) override {
    outer_cancel_ = context.cancel;
    on_cancel_ = outer_cancel_.OnCancel([token = worker_cancel_]() mutable { token.Cancel(); });
    main_ = std::make_unique<Connection>(settings_.connection, worker_cancel_);
    main_->Query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    FindRelation();
    PlanColumns();
    return {.anything = true, .parts_new = 1, .parts_skipped = 0};
  }

  std::shared_ptr<arrow::Schema> ProposeSchema() override {
    std::vector<std::shared_ptr<arrow::Field>> fields;
    for (size_t i = 0; i < plan_.size(); ++i) {
      fields.push_back(arrow::field(target_names_[i], plan_[i].type));
    }
    if (settings_.special_values == SpecialValues::kRescue) {
      fields.push_back(arrow::field(kRescuedData, arrow::utf8()));
    }
    return arrow::schema(std::move(fields));
  }

  void Start(std::shared_ptr<arrow::Schema> target) override {
    target_ = std::move(target);
    MatchColumns();
    if (relation_is_plain_) {
      snapshot_ = *main_->Query("SELECT pg_export_snapshot()").at(0).at(0);
    }
    MakeRanges();
    const size_t workers = std::min(static_cast<size_t>(settings_.workers), ranges_.size());
    queue_ = std::make_unique<RowQueue>(kQueuedBatches, static_cast<int>(workers));
    for (size_t i = 0; i < workers; ++i) workers_.emplace_back([this] { RunWorker(); });
  }

  bool Next(SourceBatch& batch) override {
    auto rows = queue_->Pop();
    if (!rows) outer_cancel_.ThrowIfStopped();
    if (rows) batch = *std::move(rows);
    rows_read_ += rows ? batch.rows->num_rows() : 0;
    batch.bytes_read = bytes_read_;
    batch.fraction = Fraction(!rows);
    return rows.has_value();
  }

 private:
  using RowQueue = BatchQueue<SourceBatch>;

  /// By the server's estimate of the rows, which is -1 before the first ANALYZE.
  double Fraction(bool at_end) const {
    if (at_end) return 1;
    if (estimated_rows_ <= 0) return -1;
    return std::min(kMostBeforeTheEnd, static_cast<double>(rows_read_) / estimated_rows_);
  }

  std::string FullName() const { return settings_.schema + "." + settings_.table; }

  void FindRelation() {
    const auto rows = main_->Query(kFindRelation, {settings_.schema, settings_.table});
    if (rows.empty()) {
      std::vector<std::string> names;
      for (const Row& row : main_->Query(kListRelations, {settings_.schema})) {
        names.push_back(*row[0]);
      }
      throw Error(ErrorKind::kNotFound, "LK-5022",
                  "no table " + FullName() + " in " + main_->server(),
                  names.empty() ? "Schema " + settings_.schema + " has no tables."
                                : DidYouMean(settings_.table, names));
    }
    relation_oid_ = *rows[0][0];
    relation_is_plain_ = *rows[0][1] == "r" || *rows[0][1] == "m";
    pages_ = rows[0][2] ? std::stoll(*rows[0][2]) : 0;
    estimated_rows_ = rows[0][3] ? std::stod(*rows[0][3]) : -1;
  }

  void PlanColumns() {
    std::vector<std::string> names;
    for (const Row& row : main_->Query(kListColumns, {relation_oid_})) {
      const ServerColumn column{.name = *row[0],
                                .type_oid = static_cast<uint32_t>(std::stoul(*row[1])),
                                .type_modifier = std::stoi(*row[2]),
                                .element_oid = static_cast<uint32_t>(std::stoul(*row[3]))};
      plan_.push_back(PlanColumn(column, settings_.plan));
      names.push_back(column.name);
    }
    if (plan_.empty()) {
      throw Error(ErrorKind::kInvalidSchema, "LK-5033", "table " + FullName() + " has no columns",
                  "There is nothing to copy.");
    }
    target_names_ = TableColumnNames(names);
  }

  void MatchColumns() {
    for (int at = 0; at < target_->num_fields(); ++at) {
      const arrow::Field& field = *target_->field(at);
      if (FoldCase(field.name()) == kRescuedData && field.type()->id() == arrow::Type::STRING) {
        rescued_at_ = at;
      }
    }
    for (size_t i = 0; i < plan_.size(); ++i) {
      int at = -1;
      for (int j = 0; j < target_->num_fields(); ++j) {
        if (FoldCase(target_->field(j)->name()) == FoldCase(target_names_[i])) at = j;
      }
      if (at < 0 || !SameType(*plan_[i].type, *target_->field(at)->type())) {
        throw Error(ErrorKind::kInvalidSchema, "LK-5033",
                    "column " + plan_[i].name + " of " + FullName() + " is " +
                        plan_[i].type->ToString() + ", and in the target " +
                        (at < 0 ? "missing" : target_->field(at)->type()->ToString()),
                    "Use write_mode overwrite, which takes the source's columns, or another "
                    "target.");
      }
      target_index_.push_back(at);
    }
  }

  /// Page ranges of a plain table; everything else is one range. The last one is open, so rows are
  /// in exactly one range whatever the size was.
  void MakeRanges() {
    ranges_ = {""};
    if (!relation_is_plain_ || main_->server_version() < kFirstVersionWithTidRanges) return;
    const int64_t count =
        std::clamp<int64_t>(pages_ / kMinPagesPerRange, 1, settings_.workers * kRangesPerWorker);
    if (count == 1) return;
    ranges_.clear();
    const auto tid = [](int64_t page) { return "'(" + std::to_string(page) + ",0)'::tid"; };
    for (int64_t i = 0; i < count; ++i) {
      std::string where = " WHERE ctid >= " + tid(pages_ * i / count);
      if (i + 1 < count) where += " AND ctid < " + tid(pages_ * (i + 1) / count);
      ranges_.push_back(std::move(where));
    }
  }

  std::optional<std::string> TakeRange() {
    const std::lock_guard lock(ranges_mutex_);
    if (next_range_ == ranges_.size()) return std::nullopt;
    return ranges_[next_range_++];
  }

  void RunWorker() {
    std::exception_ptr error;
    try {
      std::unique_ptr<Connection> own;
      Connection* connection = main_.get();
      if (!snapshot_.empty()) {
        own = std::make_unique<Connection>(settings_.connection, worker_cancel_);
        connection = own.get();
        connection->Query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        connection->Query("SET TRANSACTION SNAPSHOT '" + snapshot_ + "'");
      }
      while (const auto range = TakeRange()) {
        if (!CopyRange(*connection, *range)) break;
      }
    } catch (...) {
      error = std::current_exception();
    }
    queue_->WriterDone(error);
  }

  /// False when the reader has gone.
  bool CopyRange(Connection& connection, const std::string& where) {
    std::string columns;
    for (const ColumnPlan& column : plan_) {
      columns += (columns.empty() ? "" : ", ") + column.expression;
    }
    CopyDecoder decoder = MakeDecoder(!connection.server_has_utf8());
    connection.StartCopy("COPY (SELECT " + columns + " FROM " + QuoteIdentifier(settings_.schema) +
                         "." + QuoteIdentifier(settings_.table) + where +
                         ") TO STDOUT (FORMAT binary)");
    while (const auto chunk = connection.NextCopyChunk()) {
      bytes_read_ += static_cast<int64_t>(chunk->size());
      decoder.Feed(*chunk);
      if (decoder.pending_rows() >= kBatchRows || decoder.pending_bytes() >= kBatchBytes) {
        if (!queue_->Push(ToTarget(decoder))) return false;
      }
    }
    decoder.Finish();
    if (decoder.pending_rows() == 0) return true;
    return queue_->Push(ToTarget(decoder));
  }

  CopyDecoder MakeDecoder(bool check_utf8) const {
    std::vector<std::unique_ptr<ValueDecoder>> decoders;
    std::vector<std::shared_ptr<arrow::Field>> fields;
    for (size_t i = 0; i < plan_.size(); ++i) {
      const auto& field = target_->field(target_index_[i]);
      fields.push_back(field);
      decoders.push_back(MakeValueDecoder(plan_[i].form, plan_[i].element, field->type(),
                                          {.column = plan_[i].name,
                                           .special_values = settings_.special_values,
                                           .check_utf8 = check_utf8}));
    }
    return CopyDecoder(arrow::schema(std::move(fields)), std::move(decoders));
  }

  /// The decoded rows in the form of the target.
  SourceBatch ToTarget(CopyDecoder& decoder) const {
    Rescue rescue(FullName(), rescued_at_ >= 0);
    const auto decoded = decoder.TakeBatch(rescue);
    const arrow::RecordBatch& batch = *decoded;
    std::vector<std::shared_ptr<arrow::Array>> columns(static_cast<size_t>(target_->num_fields()));
    for (size_t i = 0; i < target_index_.size(); ++i) {
      columns[static_cast<size_t>(target_index_[i])] = batch.column(static_cast<int>(i));
    }
    if (rescued_at_ >= 0) {
      columns[static_cast<size_t>(rescued_at_)] = rescue.Finish(batch.num_rows());
    }
    for (int at = 0; at < target_->num_fields(); ++at) {
      auto& column = columns[static_cast<size_t>(at)];
      if (column == nullptr) {
        column = ValueOrThrow(arrow::MakeArrayOfNull(target_->field(at)->type(), batch.num_rows()));
      }
      if (!target_->field(at)->nullable() && column->null_count() > 0) {
        throw Error(ErrorKind::kInvalidSchema, "LK-5033",
                    "column " + target_->field(at)->name() +
                        " is NOT NULL in the target and has nulls in " + FullName(),
                    "Make the column nullable in the table.");
      }
    }
    SourceBatch result;
    result.rows = arrow::RecordBatch::Make(target_, batch.num_rows(), std::move(columns));
    result.rows_rescued = rescue.rows();
    return result;
  }

  void StopWorkers() {
    worker_cancel_.Cancel();
    if (queue_) queue_->Close();
    for (std::thread& worker : workers_) worker.join();
    workers_.clear();
  }

  const SourceSettings settings_;
  CancellationToken outer_cancel_;
  CancellationToken worker_cancel_;
  std::shared_ptr<void> on_cancel_;
  std::unique_ptr<Connection> main_;  ///< holds the snapshot open
  std::string snapshot_;              ///< empty: one worker copies through main_
  std::string relation_oid_;
  bool relation_is_plain_ = false;
  int64_t pages_ = 0;
  double estimated_rows_ = -1;
  int64_t rows_read_ = 0;
  std::vector<ColumnPlan> plan_;
  std::vector<std::string> target_names_;
  std::shared_ptr<arrow::Schema> target_;
  std::vector<int> target_index_;  ///< by plan
  int rescued_at_ = -1;            ///< column of the target for rescued values
  std::mutex ranges_mutex_;
  std::vector<std::string> ranges_;
  size_t next_range_ = 0;  ///< guarded by ranges_mutex_ once workers run
  std::unique_ptr<RowQueue> queue_;
  std::atomic<int64_t> bytes_read_ = 0;
  std::vector<std::thread> workers_;
};

}  // namespace

std::unique_ptr<Source> MakePostgresqlSource(const SourceOptions& options) {
  return std::make_unique<PostgresqlSource>(ParseSettings(options));
}

}  // namespace lakehouse::ingestion::connectors::postgresql
