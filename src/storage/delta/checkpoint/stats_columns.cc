#include "storage/delta/checkpoint/stats_columns.h"

#include <arrow/api.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "storage/arrow_schema.h"
#include "storage/delta/log/protocol.h"

namespace lakehouse::storage::delta {
namespace {

constexpr int64_t kIndexedColumns = 32;  // the default of delta.dataSkippingNumIndexedCols

bool IsOrdered(TypeId id) {
  return id != TypeId::kBoolean && id != TypeId::kBinary && id < TypeId::kVoid;
}

int BudgetOf(const TableMetadata& metadata) {
  const bool named = metadata.properties.count("delta.dataSkippingStatsColumns") > 0;
  const int64_t count =
      NumberProperty(metadata, "delta.dataSkippingNumIndexedCols").value_or(kIndexedColumns);
  // Named columns may be any: those without statistics are null.
  return named || count < 0 || count > INT32_MAX ? INT32_MAX : static_cast<int>(count);
}

template <typename Builder, typename Number>
void AppendAs(arrow::ArrayBuilder& builder, Number number) {
  using Native = typename Builder::value_type;
  CheckBuilt(static_cast<Builder&>(builder).Append(static_cast<Native>(number)));
}

}  // namespace

void CheckBuilt(const arrow::Status& status) {
  if (!status.ok()) {
    throw Error(ErrorKind::kInternal, "LK-0001", "writing a checkpoint: " + status.message());
  }
}

void AppendValue(const Value& value, const DataType& type, arrow::ArrayBuilder& builder) {
  if (value.is_null()) return CheckBuilt(builder.AppendNull());
  switch (type.id()) {
    case TypeId::kBoolean:
      return CheckBuilt(
          static_cast<arrow::BooleanBuilder&>(builder).Append(std::get<bool>(value.data)));
    case TypeId::kByte:
      return AppendAs<arrow::Int8Builder>(builder, std::get<int64_t>(value.data));
    case TypeId::kShort:
      return AppendAs<arrow::Int16Builder>(builder, std::get<int64_t>(value.data));
    case TypeId::kInteger:
      return AppendAs<arrow::Int32Builder>(builder, std::get<int64_t>(value.data));
    case TypeId::kLong:
      return AppendAs<arrow::Int64Builder>(builder, std::get<int64_t>(value.data));
    case TypeId::kFloat:
      return AppendAs<arrow::FloatBuilder>(builder, std::get<double>(value.data));
    case TypeId::kDouble:
      return AppendAs<arrow::DoubleBuilder>(builder, std::get<double>(value.data));
    case TypeId::kDate:
      return AppendAs<arrow::Date32Builder>(builder, std::get<int64_t>(value.data));
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      return AppendAs<arrow::TimestampBuilder>(builder, std::get<int64_t>(value.data));
    case TypeId::kDecimal: {
      const Int128 number = std::get<Int128>(value.data);
      return CheckBuilt(static_cast<arrow::Decimal128Builder&>(builder).Append(
          arrow::Decimal128(static_cast<int64_t>(number >> 64), static_cast<uint64_t>(number))));
    }
    case TypeId::kString:
      return CheckBuilt(
          static_cast<arrow::StringBuilder&>(builder).Append(std::get<std::string>(value.data)));
    case TypeId::kBinary:
      return CheckBuilt(
          static_cast<arrow::BinaryBuilder&>(builder).Append(std::get<std::string>(value.data)));
    default:
      return CheckBuilt(builder.AppendNull());
  }
}

StatsColumns::StatsColumns(const TableMetadata& metadata, ColumnMapping mapping) {
  std::vector<Field> fields;
  const auto& parts = metadata.partition_columns;
  for (const Field& field : metadata.schema.fields) {
    if (std::find(parts.begin(), parts.end(), field.name) == parts.end()) fields.push_back(field);
  }
  ColumnPath path;
  int budget = BudgetOf(metadata);
  nodes_ = NodesOf(fields, mapping, path, budget);
  std::vector<std::shared_ptr<arrow::Field>> groups = {
      arrow::field("numRecords", arrow::int64()), arrow::field("tightBounds", arrow::boolean())};
  const auto add = [&](const char* name, Group group) {
    const auto type = TypeOf(nodes_, group);
    if (type->num_fields() > 0) groups.push_back(arrow::field(name, type));
  };
  add("minValues", Group::kMin);
  add("maxValues", Group::kMax);
  add("nullCount", Group::kNullCount);
  type_ = arrow::struct_(std::move(groups));
}

std::vector<StatsColumns::Node> StatsColumns::NodesOf(const std::vector<Field>& fields,
                                                      ColumnMapping mapping, ColumnPath& path,
                                                      int& budget) {
  std::vector<Node> nodes;
  for (const Field& field : fields) {
    Node node{PhysicalName(field, mapping), -1, {}};
    path.push_back(node.name);
    if (field.type->id() == TypeId::kStruct) {
      node.children = NodesOf(field.type->fields(), mapping, path, budget);
    } else if (budget > 0 && field.type->id() != TypeId::kVoid) {
      --budget;
      node.leaf = static_cast<int>(leaves_.size());
      leaves_.push_back({path, field.type});
    }
    path.pop_back();
    if (node.leaf >= 0 || !node.children.empty()) nodes.push_back(std::move(node));
  }
  return nodes;
}

bool StatsColumns::HasBounds(const Node& node) const {
  if (node.leaf >= 0) return IsOrdered(leaves_[static_cast<size_t>(node.leaf)].type->id());
  return std::any_of(node.children.begin(), node.children.end(),
                     [&](const Node& child) { return HasBounds(child); });
}

std::shared_ptr<arrow::DataType> StatsColumns::TypeOf(const std::vector<Node>& nodes,
                                                      Group group) const {
  std::vector<std::shared_ptr<arrow::Field>> fields;
  for (const Node& node : nodes) {
    if (group != Group::kNullCount && !HasBounds(node)) continue;
    const auto type = node.leaf < 0                ? TypeOf(node.children, group)
                      : group == Group::kNullCount ? arrow::int64()
                                                   : ToArrow(*leaves_[node.leaf].type);
    fields.push_back(arrow::field(node.name, type));
  }
  return arrow::struct_(std::move(fields));
}

void StatsColumns::AppendGroup(const std::vector<Node>& nodes, Group group,
                               const ParsedStats& stats, arrow::StructBuilder& builder) const {
  CheckBuilt(builder.Append());
  int position = 0;
  for (const Node& node : nodes) {
    if (group != Group::kNullCount && !HasBounds(node)) continue;
    arrow::ArrayBuilder& slot = *builder.field_builder(position++);
    if (node.leaf < 0) {
      AppendGroup(node.children, group, stats, static_cast<arrow::StructBuilder&>(slot));
      continue;
    }
    const LeafStats& leaf = stats.leaves[static_cast<size_t>(node.leaf)];
    if (group != Group::kNullCount) {
      const Value& bound = group == Group::kMin ? leaf.min : leaf.max;
      AppendValue(bound, *leaves_[static_cast<size_t>(node.leaf)].type, slot);
    } else if (leaf.null_count >= 0) {
      CheckBuilt(static_cast<arrow::Int64Builder&>(slot).Append(leaf.null_count));
    } else {
      CheckBuilt(slot.AppendNull());
    }
  }
}

void StatsColumns::Append(std::string_view stats, arrow::StructBuilder& builder) const {
  const auto parsed = stats.empty() ? std::nullopt : ParseStats(stats, leaves_);
  if (!parsed) return CheckBuilt(builder.AppendNull());
  CheckBuilt(builder.Append());
  auto& count = static_cast<arrow::Int64Builder&>(*builder.field_builder(0));
  CheckBuilt(parsed->num_records >= 0 ? count.Append(parsed->num_records) : count.AppendNull());
  auto& tight = static_cast<arrow::BooleanBuilder&>(*builder.field_builder(1));
  CheckBuilt(parsed->tight_bounds ? tight.Append(*parsed->tight_bounds) : tight.AppendNull());
  for (int i = 2; i < builder.num_fields(); ++i) {
    const std::string& name = type_->field(i)->name();
    const Group group = name == "minValues"   ? Group::kMin
                        : name == "maxValues" ? Group::kMax
                                              : Group::kNullCount;
    AppendGroup(nodes_, group, *parsed,
                static_cast<arrow::StructBuilder&>(*builder.field_builder(i)));
  }
}

}  // namespace lakehouse::storage::delta
