#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lakehouse::storage::delta {

/// Corruption LK-3003 unless `status` is ok.
void Check(const arrow::Status& status);

/// One struct column of a checkpoint ("add", "remove", ...), read by field name. A field that is
/// not there is null in every row; one of another type than the protocol's is Corruption LK-3003.
class CheckpointRows {
 public:
  CheckpointRows(const arrow::RecordBatch& batch, const std::string& name);

  bool Has(int64_t row) const;
  bool HasField(const std::string& field, int64_t row) const;
  std::string Text(const std::string& field, int64_t row) const;
  int64_t Number(const std::string& field, int64_t row, int64_t fallback = 0) const;
  bool Flag(const std::string& field, int64_t row) const;
  std::vector<std::string> List(const std::string& field, int64_t row) const;
  std::map<std::string, std::optional<std::string>> Map(const std::string& field,
                                                        int64_t row) const;
  /// A struct in this one.
  CheckpointRows Struct(const std::string& field) const;
  /// A field as it is, or null.
  std::shared_ptr<arrow::Array> Field(const std::string& field) const;
  /// A field of texts, or null.
  std::shared_ptr<arrow::StringArray> Texts(const std::string& field) const;
  /// A field of numbers, of 32 or 64 bits, as one of 64; or null.
  std::shared_ptr<arrow::Int64Array> Numbers(const std::string& field) const;
  /// A field of maps from text to text, or null.
  std::shared_ptr<arrow::MapArray> Maps(const std::string& field) const;

 private:
  explicit CheckpointRows(std::shared_ptr<arrow::StructArray> rows);
  std::shared_ptr<arrow::StructArray> struct_;  ///< null when there is none
  std::map<std::string, std::shared_ptr<arrow::Array>, std::less<>> fields_;
};

}  // namespace lakehouse::storage::delta
