#include <arrow/array/util.h>
#include <arrow/type.h>

#include "ingestion/connectors/arrow_status.h"
#include "ingestion/connectors/files/format_reader.h"
#include "ingestion/connectors/options.h"

namespace lakehouse::ingestion::connectors::files {

TargetColumns::TargetColumns(std::shared_ptr<arrow::Schema> schema, const std::string& rescued)
    : schema_(std::move(schema)) {
  for (int i = 0; i < schema_->num_fields(); ++i) {
    const auto& field = *schema_->field(i);
    if (!rescued.empty() && FoldCase(field.name()) == FoldCase(rescued) &&
        field.type()->id() == arrow::Type::STRING) {
      rescued_ = i;
    } else {
      by_name_.emplace(FoldCase(field.name()), i);
    }
  }
}

int TargetColumns::Find(std::string_view source_name) const {
  auto found = by_name_.find(FoldCase(source_name));
  if (found == by_name_.end()) {
    found = by_name_.find(FoldCase(TableColumnNames({std::string(source_name)}).front()));
  }
  return found == by_name_.end() ? -1 : found->second;
}

std::vector<std::string> TargetColumns::FillableNames() const {
  std::vector<std::string> names;
  for (int i = 0; i < schema_->num_fields(); ++i) {
    if (i != rescued_) names.push_back(schema_->field(i)->name());
  }
  return names;
}

std::shared_ptr<arrow::Array> TargetColumns::Nulls(int column, int64_t rows,
                                                   const std::string& path) const {
  const auto& field = schema_->field(column);
  if (!field->nullable() && rows > 0) {
    throw Error(ErrorKind::kInvalidSchema, "LK-5033",
                path + " has no column " + field->name() + ", which is NOT NULL in the target",
                "Add the column to the file, or make it nullable in the table.");
  }
  return ValueOrThrow(arrow::MakeArrayOfNull(field->type(), rows));
}

}  // namespace lakehouse::ingestion::connectors::files
