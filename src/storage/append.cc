#include "storage/append.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/suggest.h"
#include "storage/arrow_schema.h"
#include "storage/arrow_status.h"
#include "storage/variant_columns.h"

namespace lakehouse::storage {
namespace {

[[noreturn]] void ThrowMisfit(const std::string& why, const std::string& candidates = {}) {
  throw Error(ErrorKind::kInvalidSchema, "LK-3521", why,
              (candidates.empty() ? "" : candidates + " ") +
                  "Match the table's columns, or cast the rows before they are written.");
}

/// Arrow's safe cast lets a double lose digits in a float: refused unless every value comes back.
bool KeepsFloats(const arrow::Array& before, const arrow::Array& after) {
  if (before.type_id() != arrow::Type::DOUBLE || after.type_id() != arrow::Type::FLOAT) return true;
  const auto& wide = static_cast<const arrow::DoubleArray&>(before);
  const auto& narrow = static_cast<const arrow::FloatArray&>(after);
  for (int64_t i = 0; i < wide.length(); ++i) {
    if (wide.IsNull(i) || std::isnan(wide.Value(i))) continue;
    if (static_cast<double>(narrow.Value(i)) != wide.Value(i)) return false;
  }
  return true;
}

/// Brings batches into the table's shape: for each table column its position in the rows, or -1.
class Shaper {
 public:
  Shaper(const Schema& table, const arrow::Schema& rows) : table_(table), schema_(ToArrow(table)) {
    source_.assign(table.fields.size(), -1);
    for (int i = 0; i < rows.num_fields(); ++i) {
      const std::string& name = rows.field(i)->name();
      const auto at = table.IndexOf(name);
      if (!at) {
        ThrowMisfit("the table has no column " + name, DidYouMean(name, table.Names()));
      }
      if (source_[*at] >= 0) ThrowMisfit("the rows have the column " + name + " twice");
      source_[*at] = i;
    }
    for (size_t c = 0; c < table.fields.size(); ++c) {
      const Field& field = table.fields[c];
      if (source_[c] < 0 && !field.nullable) ThrowMisfit("the rows lack the column " + field.name);
    }
  }

  /// Has every column of the table its values in the rows?
  bool complete() const {
    return std::none_of(source_.begin(), source_.end(), [](int source) { return source < 0; });
  }

  std::shared_ptr<arrow::RecordBatch> Shape(const arrow::RecordBatch& batch) const {
    std::vector<std::shared_ptr<arrow::Array>> columns;
    for (int c = 0; c < schema_->num_fields(); ++c) {
      const auto at = static_cast<size_t>(c);
      const bool variants = table_.fields[at].type->id() == TypeId::kVariant;
      columns.push_back(Column(batch, *schema_->field(c), source_[at], variants));
    }
    return arrow::RecordBatch::Make(schema_, batch.num_rows(), std::move(columns));
  }

 private:
  static std::shared_ptr<arrow::Array> Column(const arrow::RecordBatch& batch,
                                              const arrow::Field& field, int source,
                                              bool variants) {
    if (source < 0) {
      auto nulls = arrow::MakeArrayOfNull(field.type(), batch.num_rows());
      if (!nulls.ok()) ThrowMisfit(nulls.status().message());
      return *nulls;
    }
    std::shared_ptr<arrow::Array> column = batch.column(source);
    if (variants) {
      column = VariantsOf(column, field.name());
    } else if (!column->type()->Equals(*field.type())) {
      auto cast = arrow::compute::Cast(*column, field.type(), arrow::compute::CastOptions::Safe());
      if (!cast.ok()) ThrowMisfit("column " + field.name() + ": " + cast.status().message());
      if (!KeepsFloats(*column, **cast)) {
        ThrowMisfit("column " + field.name() + " has doubles that do not fit a float");
      }
      column = *cast;
    }
    if (!field.nullable() && column->null_count() > 0) {
      ThrowMisfit("column " + field.name() + " has nulls and the table allows none");
    }
    return column;
  }

  const Schema& table_;
  const std::shared_ptr<arrow::Schema> schema_;
  std::vector<int> source_;
};

CommitDescription Describe(const AppendOptions& options, const SnapshotPtr& base,
                           const std::vector<NewFile>& files, int64_t rows) {
  CommitDescription description = options.description;
  const bool overwrite = options.mode == WriteMode::kOverwrite;
  description.parameters.emplace("mode", overwrite ? "\"Overwrite\"" : "\"Append\"");
  description.metrics["numFiles"] = static_cast<int64_t>(files.size());
  description.metrics["numOutputRows"] = rows;
  int64_t bytes = 0;
  for (const NewFile& file : files) bytes += file.size_bytes;
  description.metrics["numOutputBytes"] = bytes;
  if (overwrite) {
    description.metrics["numRemovedFiles"] = static_cast<int64_t>(base->file_count());
  }
  return description;
}

/// The conflict is the news; a file that stays is in no table.
void DiscardQuietly(parquet::DataFileWriter& writer) {
  try {
    writer.Discard();
  } catch (const Error&) {
    return;
  }
}

}  // namespace

RowRules RulesOfAppends(bool all_columns) {
  RowRules kept;
  kept.defaults = all_columns;  // then nothing is left to a default
  // Rows are added, or replace all others: the files say what changed, and none is copied.
  kept.change_feed = true;
  kept.row_ids = true;
  kept.column_mapping = true;
  return kept;
}

CommitResult Append(Table& table, arrow::RecordBatchReader& rows, const AppendOptions& options,
                    const StorageContext& context) {
  const SnapshotPtr base = table.Latest();
  if (options.app_transaction) {
    const auto known = base->transactions().find(options.app_transaction->first);
    if (known != base->transactions().end() &&
        known->second.version >= options.app_transaction->second) {
      return {.outcome = CommitOutcome::kCommitted, .version = base->version()};
    }
  }
  const TableMetadata metadata =
      options.evolve ? options.evolve(base->metadata()) : base->metadata();
  const Shaper shaper(metadata.schema, *rows.schema());
  const RowRules kept = RulesOfAppends(shaper.complete());
  CheckRowRules(RulesOf(metadata), kept);
  parquet::DataFileWriter writer(table.location(), metadata,
                                 parquet::OptionsFor(metadata, options.files), context);
  std::shared_ptr<arrow::RecordBatch> batch;
  while (true) {
    if (const arrow::Status status = rows.ReadNext(&batch); !status.ok()) {
      ThrowErrorIn(status);
      throw Error(ErrorKind::kIoError, "LK-3523", "cannot read the rows: " + status.message());
    }
    if (!batch) break;
    writer.Write(*shaper.Shape(*batch));
  }
  std::vector<NewFile> files = writer.Finish();
  const auto transaction = table.Begin(base);
  transaction->KeepRules(kept);
  const CommitDescription description = Describe(options, base, files, writer.rows_written());
  if (options.mode == WriteMode::kOverwrite) transaction->RemoveAllFiles();
  if (metadata != base->metadata()) transaction->SetMetadata(metadata);
  for (NewFile& file : files) transaction->AddFile(std::move(file));
  if (options.app_transaction) {
    transaction->SetAppTransaction(options.app_transaction->first, options.app_transaction->second);
  }
  for (const auto& [domain, state] : options.domains) transaction->SetDomain(domain, state);
  const CommitResult result = transaction->Commit(description);
  if (result.outcome == CommitOutcome::kConflict) DiscardQuietly(writer);
  return result;
}

}  // namespace lakehouse::storage
