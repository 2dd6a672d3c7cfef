#include <arrow/array/array_base.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/parallel.h>
#include <arrow/util/utf8.h>

#include <algorithm>
#include <exception>
#include <set>

#include "ingestion/connectors/arrow_status.h"
#include "ingestion/connectors/files/column_converter.h"
#include "ingestion/connectors/files/csv_parts.h"
#include "ingestion/connectors/files/format_reader.h"
#include "ingestion/connectors/files/type_inference.h"
#include "ingestion/connectors/options.h"
#include "ingestion/connectors/rescue.h"

namespace lakehouse::ingestion::connectors::files {

namespace {

constexpr int32_t kBatchRows = 16'384;  // of a batch that stays in the processor's cache

std::string_view View(const uint8_t* data, uint32_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// The texts that stand for null where they are not quoted.
class NullTexts {
 public:
  explicit NullTexts(const std::vector<std::string>& texts) : texts_(texts) {
    for (const std::string& text : texts_) longest_ = std::max(longest_, text.size());
  }
  bool Contains(std::string_view cell, bool quoted) const {
    if (quoted || cell.size() > longest_) return false;
    return std::find(texts_.begin(), texts_.end(), cell) != texts_.end();
  }

 private:
  const std::vector<std::string>& texts_;
  size_t longest_ = 0;
};

/// Names of the cells of a part: from its header, else from the options or the target, by position.
std::vector<std::string> CellNames(const CsvParts& parts, const FileOptions& options,
                                   const TargetColumns* target) {
  if (options.header) return TableColumnNames(parts.first_row());
  std::vector<std::string> names(parts.first_row().size());
  std::vector<std::string> known;
  for (const auto& [name, type] : options.columns) known.push_back(name);
  if (known.empty() && target != nullptr) known = target->FillableNames();
  std::copy_n(known.begin(), std::min(known.size(), names.size()), names.begin());
  return TableColumnNames(names);
}

class CsvReader : public FormatReader {
 public:
  CsvReader(const SourceFile& file, const FileOptions& options,
            std::shared_ptr<const TargetColumns> target)
      : options_(options),
        nulls_(options.null_values),
        target_(std::move(target)),
        parts_(file, options) {}

  bool Next(SourceBatch& batch) override {
    while (true) {
      if (!in_part_) {
        if (!parts_.NextPart()) return false;
        names_ = CellNames(parts_, options_, target_.get());
        in_part_ = true;
      }
      const size_t rejected_before = batch.rejected.size();
      auto block = parts_.NextBlock(kBatchRows, batch.rejected);
      if (block == nullptr) {
        in_part_ = false;
        continue;
      }
      Convert(*block, batch);
      if (batch.rows != nullptr || batch.rejected.size() > rejected_before) return true;
    }
  }
  int64_t position() const override { return parts_.position(); }

 private:
  /// Marks the rows with bytes that are not UTF-8 and rejects them.
  void RejectBadText(const arrow::csv::BlockParser& block, SourceBatch& batch) {
    skipped_.assign(static_cast<size_t>(block.num_rows()), false);
    std::vector<std::string> raw(skipped_.size());
    for (int column = 0; column < block.num_cols(); ++column) {
      size_t row = 0;
      ThrowUnlessOk(block.VisitColumn(column, [&](const uint8_t* data, uint32_t size, bool, bool) {
        if (!arrow::util::ValidateUTF8(data, size)) skipped_[row] = true;
        if (column > 0) raw[row] += options_.delimiter;
        raw[row++] += View(data, size);
        return arrow::Status::OK();
      }));
    }
    for (size_t row = 0; row < skipped_.size(); ++row) {
      if (!skipped_[row]) continue;
      batch.rejected.push_back({.file_path = parts_.part_name(),
                                .line = parts_.block_line() + static_cast<int64_t>(row),
                                .reason = "the row is not UTF-8",
                                .raw = PrintableUtf8(raw[row])});
    }
  }

  /// The cells of one column, without the rejected rows.
  std::vector<TextCell> CellsOf(const arrow::csv::BlockParser& block, int column) const {
    std::vector<TextCell> cells;
    cells.reserve(static_cast<size_t>(block.num_rows()));
    size_t row = 0;
    ThrowUnlessOk(
        block.VisitColumn(column, [&](const uint8_t* data, uint32_t size, bool quoted, bool) {
          if (skipped_.empty() || !skipped_[row]) {
            cells.push_back({View(data, size), nulls_.Contains(View(data, size), quoted)});
          }
          ++row;
          return arrow::Status::OK();
        }));
    return cells;
  }

  /// One column of a block on its way to the target.
  struct Column {
    int target = -1;  ///< -1: the target has no such column, all of it is rescued
    std::vector<std::pair<size_t, std::string_view>> misfits;  ///< row and text
    std::shared_ptr<arrow::Array> array;
  };

  void ConvertColumn(const arrow::csv::BlockParser& block, int cell, Column& column) const {
    const std::vector<TextCell> cells = CellsOf(block, cell);
    if (column.target < 0) {
      for (size_t row = 0; row < cells.size(); ++row) {
        if (!cells[row].is_null) column.misfits.emplace_back(row, cells[row].text);
      }
      return;
    }
    const arrow::Field& field = *target_->schema()->field(column.target);
    std::vector<size_t> misfits;
    auto converter = MakeColumnConverter(field.type());
    converter->AppendCells(cells, misfits);
    column.array = converter->Finish();
    for (const size_t row : misfits) column.misfits.emplace_back(row, cells[row].text);
    if (field.nullable() || column.array->null_count() == 0) return;
    throw Error(ErrorKind::kInvalidSchema, "LK-5033",
                "column " + field.name() + " of " + parts_.part_name() + " has " +
                    std::to_string(column.array->null_count()) +
                    " rows without a value, and is NOT NULL in the target",
                "Correct the file, or make the column nullable in the table.");
  }

  /// Every column on its own, on as many cores as there are.
  std::vector<Column> ConvertColumns(const arrow::csv::BlockParser& block) const {
    std::vector<Column> columns(static_cast<size_t>(block.num_cols()));
    std::vector<std::exception_ptr> errors(columns.size());
    std::set<int> taken;
    for (size_t cell = 0; cell < columns.size(); ++cell) {
      const int at = target_->Find(names_[cell]);
      if (at >= 0 && taken.insert(at).second) columns[cell].target = at;
    }
    ThrowUnlessOk(arrow::internal::ParallelFor(block.num_cols(), [&](int cell) {
      const auto at = static_cast<size_t>(cell);
      try {
        ConvertColumn(block, cell, columns[at]);
      } catch (...) {
        errors[at] = std::current_exception();
      }
      return arrow::Status::OK();
    }));
    for (const std::exception_ptr& error : errors) {
      if (error) std::rethrow_exception(error);
    }
    return columns;
  }

  void Convert(const arrow::csv::BlockParser& block, SourceBatch& batch) {
    skipped_.clear();
    if (!parts_.block_is_utf8()) RejectBadText(block, batch);
    const int64_t rows = block.num_rows() - std::count(skipped_.begin(), skipped_.end(), true);
    if (rows == 0) return;
    const auto& schema = target_->schema();
    Rescue rescue(parts_.part_name(), target_->rescued() >= 0);
    std::vector<std::shared_ptr<arrow::Array>> arrays(static_cast<size_t>(schema->num_fields()));
    std::vector<Column> columns = ConvertColumns(block);
    for (size_t cell = 0; cell < columns.size(); ++cell) {
      const int at = columns[cell].target;
      const std::string& name = at < 0 ? names_[cell] : schema->field(at)->name();
      for (const auto& [row, text] : columns[cell].misfits) {
        rescue.Add(static_cast<int64_t>(row), name, text);
      }
      if (at >= 0) arrays[static_cast<size_t>(at)] = std::move(columns[cell].array);
    }
    for (int at = 0; at < schema->num_fields(); ++at) {
      auto& array = arrays[static_cast<size_t>(at)];
      if (at == target_->rescued()) array = rescue.Finish(rows);
      if (array == nullptr) array = target_->Nulls(at, rows, parts_.part_name());
    }
    batch.rows = arrow::RecordBatch::Make(schema, rows, std::move(arrays));
    batch.rows_rescued += rescue.rows();
  }

  const FileOptions& options_;
  const NullTexts nulls_;
  std::shared_ptr<const TargetColumns> target_;
  CsvParts parts_;
  bool in_part_ = false;
  std::vector<std::string> names_;
  std::vector<bool> skipped_;  ///< rows of the block that were rejected; empty: none
};

}  // namespace

std::unique_ptr<FormatReader> OpenCsv(const SourceFile& file, const FileOptions& options,
                                      std::shared_ptr<const TargetColumns> target) {
  return std::make_unique<CsvReader>(file, options, std::move(target));
}

std::optional<Fields> InferCsv(const SourceFile& file, const FileOptions& options) {
  CsvParts parts(file, options);
  if (!parts.NextPart()) return std::nullopt;
  const std::vector<std::string> names = CellNames(parts, options, nullptr);
  const NullTexts nulls(options.null_values);
  std::vector<TypeInference> types(names.size());
  std::vector<RejectedRow> rejected;
  auto block = parts.NextBlock(static_cast<int32_t>(options.infer_rows), rejected);
  for (int column = 0; block != nullptr && column < block->num_cols(); ++column) {
    ThrowUnlessOk(
        block->VisitColumn(column, [&](const uint8_t* data, uint32_t size, bool quoted, bool) {
          const std::string_view cell = View(data, size);
          if (!cell.empty() && !nulls.Contains(cell, quoted)) {
            types[static_cast<size_t>(column)].Observe(cell);
          }
          return arrow::Status::OK();
        }));
  }
  Fields fields;
  for (size_t i = 0; i < names.size(); ++i) {
    fields.push_back(arrow::field(names[i], types[i].Result()));
  }
  return fields;
}

}  // namespace lakehouse::ingestion::connectors::files
