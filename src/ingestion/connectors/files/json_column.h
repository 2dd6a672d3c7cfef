#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace lakehouse::ingestion::connectors {
class Rescue;
}  // namespace lakehouse::ingestion::connectors

namespace lakehouse::ingestion::connectors::files {

/// Builds one column, of any table type, from JSON values. What does not fit becomes null and goes
/// to the rescue with the way to it ("a.b[2]").
class JsonColumn {
 public:
  virtual ~JsonColumn() = default;
  virtual void Append(const nlohmann::ordered_json& value, const std::string& path, int64_t row,
                      Rescue& rescue) = 0;
  virtual void AppendNull() = 0;
  virtual int64_t length() const = 0;
  virtual std::shared_ptr<arrow::Array> Finish() = 0;
};

/// Of the type arrow.json: the JSON text of each value, a string with its quotes.
std::unique_ptr<JsonColumn> MakeJsonColumn(const std::shared_ptr<arrow::DataType>& type);

/// What the JSON values of one place have in common.
class JsonInference {
 public:
  JsonInference();
  ~JsonInference();
  JsonInference(JsonInference&&) noexcept;
  void Observe(const nlohmann::ordered_json& value);
  /// bigint, double, boolean, string, struct or list; values of several kinds are string (JSON
  /// text).
  std::shared_ptr<arrow::DataType> Result() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lakehouse::ingestion::connectors::files
