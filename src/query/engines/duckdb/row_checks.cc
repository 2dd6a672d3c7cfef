#include "query/engines/duckdb/row_checks.h"

#include <duckdb/planner/expression/bound_comparison_expression.hpp>
#include <duckdb/planner/expression/bound_operator_expression.hpp>
#include <duckdb/planner/expression/bound_reference_expression.hpp>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "query/engines/duckdb/spark_expression.h"
#include "query/engines/duckdb/types.h"
#include "storage/field_keys.h"

namespace lakehouse::query::duckdb {
namespace {

constexpr char kInvariants[] = "delta.invariants";
// A message shows so much of a row.
constexpr size_t kMaxShownColumns = 8;
constexpr size_t kMaxShownText = 40;

/// A text in a field's metadata; nothing when it is not there.
std::optional<std::string> TextOf(const storage::Field& field, const char* key) {
  const auto found = field.metadata.find(key);
  if (found == field.metadata.end()) return std::nullopt;
  const auto json = nlohmann::json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  return json.is_string() ? json.get<std::string>() : found->second;
}

/// The expression in {"expression": {"expression": "x > 3"}}.
std::string InvariantIn(const std::string& text, const std::string& column) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto outer = json.is_object() ? json.find("expression") : json.end();
  if (json.is_object() && outer != json.end() && outer->is_object()) {
    const auto inner = outer->find("expression");
    if (inner != outer->end() && inner->is_string()) return inner->get<std::string>();
  }
  throw Error(ErrorKind::kUnsupported, "LK-3020",
              "the invariant of column " + column + " is not understood: " + text,
              "Write the rows with the engine that set it.");
}

/// A name and an expression that must be true for every row.
struct Condition {
  std::string what;
  std::string expression;
};

void CollectInvariants(const std::vector<storage::Field>& fields, const std::string& prefix,
                       std::vector<Condition>& conditions) {
  for (const auto& field : fields) {
    const std::string name = prefix + field.name;
    if (const auto text = TextOf(field, kInvariants)) {
      conditions.push_back({"the invariant of column " + name, InvariantIn(*text, name)});
    }
    const bool is_struct = field.type->id() == storage::TypeId::kStruct;
    // Elements of lists and maps have no name that an expression could use.
    if (is_struct) CollectInvariants(field.type->fields(), name + ".", conditions);
  }
}

std::vector<Condition> ConditionsOf(const storage::TableMetadata& metadata) {
  std::vector<Condition> conditions;
  for (auto it = metadata.properties.lower_bound(storage::kConstraintPrefix);
       it != metadata.properties.end() && it->first.starts_with(storage::kConstraintPrefix); ++it) {
    const std::string name = it->first.substr(sizeof(storage::kConstraintPrefix) - 1);
    conditions.push_back({"the CHECK constraint " + name, it->second});
  }
  CollectInvariants(metadata.schema.fields, "", conditions);
  return conditions;
}

std::string Cut(std::string text) {
  if (text.size() <= kMaxShownText) return text;
  size_t end = kMaxShownText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string ShowRow(const dk::vector<std::string>& names, dk::DataChunk& rows, dk::idx_t row) {
  std::string shown;
  const size_t count = std::min<size_t>(names.size(), kMaxShownColumns);
  for (size_t i = 0; i < count; ++i) {
    shown += (i > 0 ? ", " : "") + names[i] + " = " + Cut(rows.GetValue(i, row).ToString());
  }
  return names.size() > count ? shown + ", ..." : shown;
}

}  // namespace

std::set<size_t> GeneratedColumns(const storage::Schema& schema) {
  std::set<size_t> columns;
  for (size_t i = 0; i < schema.fields.size(); ++i) {
    if (schema.fields[i].metadata.count(storage::kGenerationKey) > 0) columns.insert(i);
  }
  return columns;
}

std::shared_ptr<const RowChecks> RowChecks::Bind(dk::ClientContext& context,
                                                 const storage::TableMetadata& metadata,
                                                 const std::set<size_t>& computed,
                                                 const std::set<size_t>& filled) {
  auto checks = std::make_shared<RowChecks>();
  dk::vector<dk::LogicalType> types;
  for (const auto& field : metadata.schema.fields) {
    checks->names_.push_back(field.name);
    types.push_back(ToDuckDb(*field.type));
  }
  const auto bind = [&](const std::string& text, const std::string& what,
                        const dk::LogicalType& type) {
    return BindToRow(context, *ParseSparkExpression(text, what), checks->names_, types, type, what);
  };
  for (const auto& condition : ConditionsOf(metadata)) {
    checks->rules_.push_back(
        {condition.what + " (" + condition.expression + ")", "LK-4041",
         bind(condition.expression, condition.what, dk::LogicalType::BOOLEAN)});
  }
  for (const size_t column : GeneratedColumns(metadata.schema)) {
    const auto& field = metadata.schema.fields[column];
    const std::string what = "the generated column " + field.name;
    const std::string text = *TextOf(field, storage::kGenerationKey);
    auto value = bind(text, what, types[column]);
    if (computed.count(column) > 0) {
      checks->computed_.push_back({column, std::move(value)});
      continue;
    }
    auto given = dk::make_uniq<dk::BoundReferenceExpression>(types[column], column);
    if (filled.count(column) > 0) {
      auto either = dk::make_uniq<dk::BoundOperatorExpression>(
          dk::ExpressionType::OPERATOR_COALESCE, types[column]);
      either->children.push_back(given->Copy());
      either->children.push_back(value->Copy());
      checks->computed_.push_back({column, std::move(either)});
    }
    checks->rules_.push_back(
        {what + " (" + text + ")", "LK-4042",
         dk::make_uniq<dk::BoundComparisonExpression>(dk::ExpressionType::COMPARE_NOT_DISTINCT_FROM,
                                                      std::move(given), std::move(value))});
  }
  return checks->rules_.empty() && checks->computed_.empty() ? nullptr : checks;
}

RowChecker::RowChecker(dk::ClientContext& context, std::shared_ptr<const RowChecks> checks)
    : checks_(std::move(checks)) {
  for (const auto& rule : checks_->rules_) {
    rules_.push_back(std::make_unique<dk::ExpressionExecutor>(context, *rule.holds));
  }
  for (const auto& column : checks_->computed_) {
    computed_.push_back(std::make_unique<dk::ExpressionExecutor>(context, *column.value));
  }
}

void RowChecker::Apply(dk::DataChunk& rows) {
  if (rows.size() == 0) return;
  for (size_t i = 0; i < computed_.size(); ++i) {
    const auto& computed = checks_->computed_[i];
    dk::Vector values(computed.value->return_type, rows.size());
    computed_[i]->ExecuteExpression(rows, values);
    rows.data[computed.column].Reference(values);
  }
  for (size_t i = 0; i < rules_.size(); ++i) Check(checks_->rules_[i], *rules_[i], rows);
}

void RowChecker::Check(const RowChecks::Rule& rule, dk::ExpressionExecutor& executor,
                       dk::DataChunk& rows) {
  dk::SelectionVector good(rows.size());
  dk::SelectionVector bad(rows.size());
  const dk::idx_t passed = executor.SelectExpression(rows, &good, &bad, nullptr, rows.size());
  if (passed == rows.size()) return;
  const bool generated = std::string_view(rule.code) == "LK-4042";
  throw Error(
      ErrorKind::kInvalidArgument, rule.code,
      rule.what + " does not hold for the row: " + ShowRow(checks_->names_, rows, bad.get_index(0)),
      generated ? "Leave the column out and it is computed, or give the value that its "
                  "expression has."
                : "Correct the row, or leave it out; a rule that gives NULL is broken too.");
}

}  // namespace lakehouse::query::duckdb
