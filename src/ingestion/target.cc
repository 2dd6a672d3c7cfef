#include "ingestion/target.h"

#include <arrow/extension/json.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "storage/append.h"
#include "storage/arrow_schema.h"
#include "storage/delta/commit/schema_merge.h"
#include "storage/variant_columns.h"

namespace lakehouse::ingestion {

Target::Target(catalog::Lake& lake, const security::Principal& principal, catalog::ObjectName name,
               std::string place)
    : lake_(lake), principal_(principal), name_(std::move(name)), place_(std::move(place)) {
  const auto found = lake_.Find(principal_, catalog::Action::kModify, name_);
  if (!found) return;
  if (!found->table) {
    throw Error(ErrorKind::kInvalidArgument, "LK-5002", "target " + name_.ToString() + " is a view",
                "Name a table, or a name that is not taken.");
  }
  if (!place_.empty() && lake_.stores().Canonical(place_) != found->info.location) {
    throw Error(ErrorKind::kInvalidArgument, "LK-5002",
                "target_path is " + place_ + ", but table " + name_.ToString() + " lies at " +
                    found->info.location,
                "Give the job that target_path or a \"target\", or drop the table first.");
  }
  table_ = found->table;
  snapshot_ = table_->Latest();
  metadata_ = snapshot_->metadata();
  location_ = table_->location();
}

void Target::Plan(const arrow::Schema& schema) {
  metadata_.schema = storage::FromArrow(schema);
  storage::ValidateSchema(metadata_.schema);
  lake_.CreateSchema(principal_, name_.catalog, name_.schema, "", true);
  location_ = lake_.PlanTable(principal_, name_, place_);
}

void Target::ReplaceSchema(const arrow::Schema& schema) {
  storage::Schema replaced = storage::FromArrow(schema);
  storage::ValidateSchema(replaced);
  if (storage::ToArrow(replaced)->Equals(*storage::ToArrow(metadata_.schema))) return;
  for (const std::string& column : metadata_.partition_columns) {
    if (replaced.IndexOf(column)) continue;
    throw Error(ErrorKind::kInvalidSchema, "LK-5033",
                "the source no longer has column " + column + ", by which " + name_.ToString() +
                    " is partitioned",
                "Drop the table, or load into another one.");
  }
  metadata_.schema = std::move(replaced);
  schema_changed_ = true;
}

void Target::AddColumns(const arrow::Schema& schema) {
  auto merged = storage::delta::WithFieldsOf(metadata_, storage::FromArrow(schema).fields,
                                             *lake_.storage_context().random);
  if (merged == metadata_) return;
  metadata_ = std::move(merged);
  schema_changed_ = true;
}

std::shared_ptr<arrow::Schema> Target::SchemaFor(const std::string& source_type) const {
  auto fields = storage::ToArrow(metadata_.schema)->fields();
  for (size_t i = 0; i < fields.size() && source_type != "parquet"; ++i) {
    if (metadata_.schema.fields[i].type->id() != storage::TypeId::kVariant) continue;
    const bool database = source_type == "postgresql";
    fields[i] = fields[i]->WithType(database ? arrow::utf8() : arrow::extension::json());
  }
  return arrow::schema(std::move(fields));
}

void Target::Create() {
  catalog::CreateTableRequest request;
  request.name = name_;
  request.location = place_;
  request.options.schema = metadata_.schema;
  request.description.operation = "CREATE TABLE";
  request.description.user_name = principal_.name;
  lake_.CreateTable(principal_, request);
  table_ = lake_.Resolve(principal_, catalog::Action::kModify, name_).table;
  snapshot_ = table_->Latest();
  metadata_ = snapshot_->metadata();
}

namespace {

/// Sources know nothing of rules that a table has for its rows.
const storage::TableMetadata& WithoutRules(const storage::TableMetadata& metadata) {
  storage::CheckRowRules(storage::RulesOf(metadata), storage::RulesOfAppends(false));
  return metadata;
}

}  // namespace

TargetWriter::TargetWriter(Target& target)
    : target_(target),
      writer_(std::make_unique<storage::parquet::DataFileWriter>(
          target.location_, WithoutRules(target.metadata_),
          storage::parquet::OptionsFor(target.metadata_), target.lake_.storage_context())) {}

TargetWriter::~TargetWriter() = default;

void TargetWriter::Write(const arrow::RecordBatch& batch) {
  auto columns = batch.columns();
  const auto& fields = target_.metadata_.schema.fields;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].type->id() != storage::TypeId::kVariant) continue;
    columns[i] = storage::VariantsOf(columns[i], fields[i].name);
  }
  writer_->Write(*arrow::RecordBatch::Make(storage::ToArrow(target_.metadata_.schema),
                                           batch.num_rows(), std::move(columns)));
}

int64_t TargetWriter::rows_written() const { return writer_->rows_written(); }

int64_t TargetWriter::Commit(const TargetCommit& commit) {
  std::vector<storage::NewFile> files = writer_->Finish();
  storage::CommitDescription description;
  description.user_name = target_.principal_.name;
  description.parameters["mode"] = commit.overwrite ? "\"Overwrite\"" : "\"Append\"";
  description.metrics = commit.operation_metrics;
  description.metrics["numFiles"] = static_cast<int64_t>(files.size());
  description.metrics["numOutputRows"] = writer_->rows_written();
  storage::CommitResult result;
  try {
    if (!target_.exists()) target_.Create();
    auto transaction = target_.table_->Begin(target_.snapshot_);
    transaction->KeepRules(storage::RulesOfAppends(false));
    if (commit.overwrite) transaction->RemoveAllFiles();
    if (target_.schema_changed_) transaction->SetMetadata(target_.metadata_);
    for (auto& file : files) {
      description.metrics["numOutputBytes"] += file.size_bytes;
      transaction->AddFile(std::move(file));
    }
    if (commit.app_transaction) {
      transaction->SetAppTransaction(commit.app_transaction->first, commit.app_transaction->second);
    }
    for (const auto& [domain, state] : commit.domains) transaction->SetDomain(domain, state);
    result = transaction->Commit(description);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kCommitStateUnknown) writer_->Discard();
    throw;
  }
  if (result.outcome == storage::CommitOutcome::kConflict) {
    writer_->Discard();
    throw Error(ErrorKind::kCommitConflict, "LK-5040",
                "another writer changed " + target_.name_.ToString() + " at the same time",
                "Run the job again; nothing of this attempt is visible.")
        .CausedBy(result.reason);
  }
  if (result.outcome == storage::CommitOutcome::kUnknown) {
    throw Error(
        ErrorKind::kCommitStateUnknown, "LK-5041",
        "the store did not say whether the commit to " + target_.name_.ToString() + " happened",
        "Run the job again: it reads from the table what is loaded and loads the rest.")
        .CausedBy(result.reason);
  }
  return result.version;
}

}  // namespace lakehouse::ingestion
