#include "query/engines/duckdb/late_rows.h"

#include <algorithm>
#include <duckdb/storage/buffer_manager.hpp>

#include "base/check.h"
#include "query/engines/duckdb/change_writer.h"
#include "query/engines/duckdb/rewrite_scan.h"

namespace lakehouse::query::duckdb {
namespace {

constexpr char kFileName[] = "lake_file";
constexpr char kRowName[] = "file_row_number";

std::string Quoted(const std::string& name) { return dk::KeywordHelper::WriteQuoted(name, '"'); }

std::string KeptName(size_t column) { return "kept.c" + std::to_string(column); }

}  // namespace

bool CanReadLate(const storage::Schema& schema) {
  return !schema.IndexOf(kFileName) && !schema.IndexOf(kRowName);
}

LateRows::LateRows(dk::ClientContext& context, const LateColumns& columns,
                   const dk::vector<dk::LogicalType>& types)
    : columns_(columns), types_(types), places_(columns.snapshot->file_count()) {
  dk::vector<dk::LogicalType> kept;
  for (const size_t column : columns_.set) kept.push_back(types_[column]);
  kept.push_back(dk::LogicalType::BIGINT);
  values_ = dk::make_uniq<dk::ColumnDataCollection>(dk::BufferManager::GetBufferManager(context),
                                                    std::move(kept));
  values_->InitializeAppend(append_);
}

void LateRows::Append(dk::DataChunk& rows) {
  const dk::idx_t set = columns_.set.size();
  dk::UnifiedVectorFormat files;
  dk::UnifiedVectorFormat numbers;
  rows.data[set].ToUnifiedFormat(rows.size(), files);
  rows.data[set + 1].ToUnifiedFormat(rows.size(), numbers);
  const auto* file_of = dk::UnifiedVectorFormat::GetData<uint64_t>(files);
  const auto* number_of = dk::UnifiedVectorFormat::GetData<int64_t>(numbers);
  dk::Vector places(dk::LogicalType::BIGINT, rows.size());
  auto* place_of = dk::FlatVector::GetData<int64_t>(places);
  for (dk::idx_t i = 0; i < rows.size(); ++i) {
    place_of[i] =
        places_.Of(file_of[files.sel->get_index(i)], number_of[numbers.sel->get_index(i)]);
  }
  dk::DataChunk kept;
  kept.InitializeEmpty(values_->Types());
  for (dk::idx_t i = 0; i < set; ++i) kept.data[i].Reference(rows.data[i]);
  kept.data[set].Reference(places);
  kept.SetCardinality(rows.size());
  values_->Append(append_, kept);
}

void LateRows::Unite(LateRows& other) { values_->Combine(*other.values_); }

/// What the engine reads of the rows, and where it is in its chunks.
class LateRows::Output {
 public:
  Output(const LateRows& rows, const storage::Schema& schema, bool feeds, bool ids)
      : rows_(rows), feeds_(feeds), before_(schema.fields.size()) {
    const auto& set = rows_.columns_.set;
    for (size_t i = 0; i < schema.fields.size(); ++i) {
      const auto at = std::find(set.begin(), set.end(), i);
      const bool is_set = at != set.end();
      Select(is_set ? KeptName(static_cast<size_t>(at - set.begin()))
                    : "old." + Quoted(schema.fields[i].name));
      before_[i] = i;
    }
    for (const size_t column : feeds ? set : std::vector<size_t>()) {
      before_[column] = selected_;
      Select("old." + Quoted(schema.fields[column].name));
    }
    first_id_ = selected_;
    if (ids) Select("old." + std::string(kFileName) + ", old." + kRowName);
  }

  const std::string& columns() const { return columns_; }

  void Write(dk::DataChunk& read, RowIds* ids, const dk::vector<dk::LogicalType>& types,
             RowWriter& writer) const {
    if (feeds_) {
      auto before = Rows(read, {rows_.types_.begin(), rows_.types_.begin() + before_.size()});
      writer.changes()->Append(*before, kBeforeUpdate);
    }
    auto after = dk::make_uniq<dk::DataChunk>();
    after->InitializeEmpty(types);
    for (dk::idx_t i = 0; i < before_.size(); ++i) after->data[i].Reference(read.data[i]);
    if (ids != nullptr) {
      auto& files = read.data[first_id_];
      auto& numbers = read.data[first_id_ + 1];
      files.Flatten(read.size());
      numbers.Flatten(read.size());
      dk::Vector found(dk::LogicalType::BIGINT, read.size());
      ids->Find(dk::FlatVector::GetData<uint64_t>(files), dk::FlatVector::GetData<int64_t>(numbers),
                read.size(), found, nullptr);
      after->data[before_.size()].Reference(found);
      after->data[before_.size() + 1].Reference(dk::Value(dk::LogicalType::BIGINT));
    }
    after->SetCardinality(read.size());
    writer.Append(*after);
  }

 private:
  void Select(const std::string& column) { columns_ += (selected_++ > 0 ? ", " : "") + column; }
  /// The rows as they were.
  dk::unique_ptr<dk::DataChunk> Rows(dk::DataChunk& read,
                                     const dk::vector<dk::LogicalType>& types) const {
    auto rows = dk::make_uniq<dk::DataChunk>();
    rows->InitializeEmpty(types);
    for (dk::idx_t i = 0; i < before_.size(); ++i) rows->data[i].Reference(read.data[before_[i]]);
    rows->SetCardinality(read.size());
    return rows;
  }

  const LateRows& rows_;
  const bool feeds_;
  std::string columns_;
  size_t selected_ = 0;
  std::vector<size_t> before_;  ///< by column of the table
  size_t first_id_ = 0;
};

void LateRows::Write(dk::ClientContext& context, const std::shared_ptr<storage::Table>& table,
                     const DeletedRows& named, RowIds* ids, RowWriter& writer) const {
  if (count() == 0) return;
  const Output output(*this, columns_.snapshot->schema(), writer.changes() != nullptr,
                      ids != nullptr);
  RewriteSource source{table, columns_.snapshot, SelectRows(*columns_.snapshot, named)};
  dk::vector<std::string> names;
  for (size_t i = 0; i < columns_.set.size(); ++i) names.push_back("c" + std::to_string(i));
  names.push_back("place");
  const std::string place =
      places_.Sql("old." + std::string(kFileName), "old." + std::string(kRowName));
  dk::idx_t rows = 0;
  ScanJoined(
      context, std::move(source), {*values_, "kept", std::move(names), "kept.place = " + place},
      [&](dk::DataChunk& read) {
        rows += read.size();
        SessionOf(context).Guard([&] { output.Write(read, ids, types_, writer); });
      },
      output.columns());
  LAKE_CHECK(rows == count());  // each row that changes is read again, and once
}

}  // namespace lakehouse::query::duckdb
