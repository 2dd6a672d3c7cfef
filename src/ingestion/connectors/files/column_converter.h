#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace lakehouse::ingestion::connectors::files {

/// A cell of text, or none.
struct TextCell {
  std::string_view text;
  bool is_null = false;
};

/// Builds one column from text cells. Not thread-safe.
class ColumnConverter {
 public:
  virtual ~ColumnConverter() = default;
  /// Appends many cells. An empty text is null unless every text is a value; a text that is no
  /// value is appended as null, and its index added to `misfits`.
  virtual void AppendCells(std::span<const TextCell> cells, std::vector<size_t>& misfits);
  /// Appends the cell's value; false when the text is no value of the type, and nothing was
  /// appended.
  virtual bool Append(std::string_view cell) = 0;
  virtual void AppendNull() = 0;
  virtual std::shared_ptr<arrow::Array> Finish() = 0;
  /// Is every text a value (string, binary)? Then the empty text is one too, not null.
  virtual bool takes_any_text() const { return false; }
};

/// For arrow.json the texts that are variants, as plain strings. For nested types and others
/// without a text form: a converter that takes no cell.
std::unique_ptr<ColumnConverter> MakeColumnConverter(const std::shared_ptr<arrow::DataType>& type);

}  // namespace lakehouse::ingestion::connectors::files
