#include <arrow/array/array_base.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/utf8.h>

#include <algorithm>

#include "ingestion/connectors/arrow_status.h"
#include "ingestion/connectors/files/column_converter.h"
#include "ingestion/connectors/files/csv_parts.h"
#include "ingestion/connectors/files/format_reader.h"
#include "ingestion/connectors/files/rescue.h"
#include "ingestion/connectors/files/type_inference.h"
#include "ingestion/connectors/options.h"

namespace lakehouse::ingestion::connectors::files {

namespace {

constexpr int32_t kBatchRows = 65'536;

std::string_view View(const uint8_t* data, uint32_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

bool IsNullText(const FileOptions& options, std::string_view cell, bool quoted) {
  return !quoted && std::find(options.null_values.begin(), options.null_values.end(), cell) !=
                        options.null_values.end();
}

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
      : options_(options), target_(std::move(target)), parts_(file.path, options) {}

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

  /// Calls `take(row, cell, quoted)` for the cells of a column, without the rejected rows.
  template <typename Take>
  void ForEachCell(const arrow::csv::BlockParser& block, int column, Take&& take) {
    size_t row = 0;
    int64_t kept = 0;
    ThrowUnlessOk(
        block.VisitColumn(column, [&](const uint8_t* data, uint32_t size, bool quoted, bool) {
          if (skipped_.empty() || !skipped_[row]) take(kept++, View(data, size), quoted);
          ++row;
          return arrow::Status::OK();
        }));
  }

  std::shared_ptr<arrow::Array> ConvertColumn(const arrow::csv::BlockParser& block, int column,
                                              const arrow::Field& field, Rescue& rescue) {
    auto converter = MakeColumnConverter(field.type());
    converter->Reserve(block.num_rows());
    ForEachCell(block, column, [&](int64_t row, std::string_view cell, bool quoted) {
      if (IsNullText(options_, cell, quoted) || (cell.empty() && !converter->takes_any_text())) {
        converter->AppendNull();
      } else if (!converter->Append(cell)) {
        converter->AppendNull();
        rescue.Add(row, field.name(), cell);
      }
    });
    auto array = converter->Finish();
    if (!field.nullable() && array->null_count() > 0) {
      throw Error(ErrorKind::kInvalidSchema, "LK-5033",
                  "column " + field.name() + " of " + parts_.part_name() + " has " +
                      std::to_string(array->null_count()) +
                      " rows without a value, and is NOT NULL in the target",
                  "Correct the file, or make the column nullable in the table.");
    }
    return array;
  }

  void Convert(const arrow::csv::BlockParser& block, SourceBatch& batch) {
    skipped_.clear();
    if (!parts_.block_is_utf8()) RejectBadText(block, batch);
    const int64_t rows = block.num_rows() - std::count(skipped_.begin(), skipped_.end(), true);
    if (rows == 0) return;
    const auto& schema = target_->schema();
    Rescue rescue(parts_.part_name(), target_->rescued() >= 0);
    std::vector<std::shared_ptr<arrow::Array>> columns(static_cast<size_t>(schema->num_fields()));
    for (int cell = 0; cell < block.num_cols(); ++cell) {
      const std::string& name = names_[static_cast<size_t>(cell)];
      const int at = target_->Find(name);
      if (at >= 0 && columns[static_cast<size_t>(at)] == nullptr) {
        columns[static_cast<size_t>(at)] = ConvertColumn(block, cell, *schema->field(at), rescue);
        continue;
      }
      ForEachCell(block, cell, [&](int64_t row, std::string_view text, bool quoted) {
        if (!IsNullText(options_, text, quoted)) rescue.Add(row, name, text);
      });
    }
    for (int at = 0; at < schema->num_fields(); ++at) {
      auto& column = columns[static_cast<size_t>(at)];
      if (at == target_->rescued()) column = rescue.Finish(rows);
      if (column == nullptr) column = target_->Nulls(at, rows, parts_.part_name());
    }
    batch.rows = arrow::RecordBatch::Make(schema, rows, std::move(columns));
    batch.rows_rescued += rescue.rows();
  }

  const FileOptions& options_;
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
  CsvParts parts(file.path, options);
  if (!parts.NextPart()) return std::nullopt;
  const std::vector<std::string> names = CellNames(parts, options, nullptr);
  std::vector<TypeInference> types(names.size());
  std::vector<RejectedRow> rejected;
  auto block = parts.NextBlock(static_cast<int32_t>(options.infer_rows), rejected);
  for (int column = 0; block != nullptr && column < block->num_cols(); ++column) {
    ThrowUnlessOk(
        block->VisitColumn(column, [&](const uint8_t* data, uint32_t size, bool quoted, bool) {
          const std::string_view cell = View(data, size);
          if (!cell.empty() && !IsNullText(options, cell, quoted)) {
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
