#include "ingestion/connectors/rescue.h"

#include <arrow/array/builder_binary.h>

#include <nlohmann/json.hpp>

#include "ingestion/connectors/arrow_status.h"
#include "ingestion/connectors/options.h"

namespace lakehouse::ingestion::connectors {

void Rescue::Add(int64_t row, std::string_view column, std::string_view raw) {
  if (!enabled_) {
    throw Error(ErrorKind::kInvalidSchema, "LK-5033",
                "a value of column " + PrintableUtf8(column) + " in " + origin_ +
                    " does not fit the target: " + PrintableUtf8(raw.substr(0, 100)),
                "Give the table a nullable string column _rescued_data, or correct the file.");
  }
  values_[row].emplace_back(PrintableUtf8(column), PrintableUtf8(raw));
}

std::shared_ptr<arrow::Array> Rescue::Finish(int64_t row_count) const {
  arrow::StringBuilder builder;
  ThrowUnlessOk(builder.Reserve(row_count));
  int64_t next = 0;
  for (const auto& [row, columns] : values_) {
    ThrowUnlessOk(builder.AppendNulls(row - next));
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    for (const auto& [column, raw] : columns) json[column] = raw;
    json["_file_path"] = PrintableUtf8(origin_);
    ThrowUnlessOk(builder.Append(json.dump()));
    next = row + 1;
  }
  ThrowUnlessOk(builder.AppendNulls(row_count - next));
  return ValueOrThrow(builder.Finish());
}

}  // namespace lakehouse::ingestion::connectors
