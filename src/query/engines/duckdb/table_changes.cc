#include "query/engines/duckdb/table_changes.h"

#include <charconv>
#include <duckdb/parser/parsed_data/create_table_function_info.hpp>
#include <duckdb/parser/tableref/basetableref.hpp>
#include <duckdb/parser/tableref/table_function_ref.hpp>

#include "query/engines/duckdb/lake_catalog.h"

namespace lakehouse::query::duckdb {
namespace {

constexpr char kFunction[] = "table_changes";
constexpr int64_t kMicrosPerMilli = 1000;
constexpr char kSeparator = '|';

[[noreturn]] void ThrowArgument(const std::string& what) {
  throw Error(ErrorKind::kInvalidArgument, "LK-4004", std::string(kFunction) + ": " + what,
              "table_changes('schema.table', 3, 5), or with timestamps in place of versions");
}

/// "7" for a version, "@1700000000000" for a moment in Unix milliseconds.
std::string EndText(dk::ClientContext& context, const dk::Value& end) {
  if (end.IsNull()) ThrowArgument("a version is NULL");
  if (end.type().IsIntegral()) return end.DefaultCastAs(dk::LogicalType::BIGINT).ToString();
  dk::Value moment;
  std::string error;
  if (!end.TryCastAs(context, dk::LogicalType::TIMESTAMP_TZ, moment, &error) || moment.IsNull()) {
    ThrowArgument(end.ToString() + " is neither a version nor a timestamp");
  }
  const int64_t micros = moment.GetValue<dk::timestamp_tz_t>().value;
  return "@" + std::to_string(micros / kMicrosPerMilli);
}

dk::unique_ptr<dk::TableRef> StandFor(dk::ClientContext& context,
                                      dk::TableFunctionBindInput& input) {
  auto& session = SessionOf(context);
  auto table = dk::make_uniq<dk::BaseTableRef>();
  session.Guard([&] {
    const auto& inputs = input.inputs;
    if (inputs[0].IsNull()) ThrowArgument("the table is NULL");
    std::string name = EndText(context, inputs[1]) + kSeparator;
    if (inputs.size() > 2) name += EndText(context, inputs[2]);
    table->table_name = name + kSeparator + inputs[0].ToString();
  });
  table->catalog_name = session.lake->default_catalog();
  table->schema_name = kChangesSchema;
  table->alias = input.ref.alias.empty() ? kFunction : input.ref.alias;
  table->column_name_alias = input.ref.column_name_alias;
  return table;
}

int64_t Number(const std::string& text) {
  int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) {
    ThrowArgument("'" + text + "' is no version");
  }
  return number;
}

int64_t FirstVersion(storage::Table& table, const std::string& from) {
  if (!from.starts_with('@')) return Number(from);
  const int64_t moment = Number(from.substr(1));
  const auto at = table.AtTimestamp(moment);
  return at->timestamp_ms() < moment ? at->version() + 1 : at->version();
}

int64_t LastVersion(storage::Table& table, const std::string& to) {
  if (to.empty()) return table.Latest()->version();
  return to.starts_with('@') ? table.AtTimestamp(Number(to.substr(1)))->version() : Number(to);
}

/// Of "delta.`/path`".
std::optional<std::string> PathIn(const std::string& name) {
  constexpr std::string_view kBegin = "delta.`";
  if (!name.starts_with(kBegin) || !name.ends_with('`') || name.size() <= kBegin.size() + 1) {
    return std::nullopt;
  }
  return name.substr(kBegin.size(), name.size() - kBegin.size() - 1);
}

}  // namespace

void RegisterTableChanges(dk::Connection& connection) {
  dk::TableFunctionSet functions(kFunction);
  for (const size_t ends : {1, 2}) {
    dk::vector<dk::LogicalType> arguments(1 + ends, dk::LogicalType::ANY);
    arguments[0] = dk::LogicalType::VARCHAR;
    dk::TableFunction function(kFunction, std::move(arguments), nullptr);
    function.bind_replace = StandFor;
    functions.AddFunction(std::move(function));
  }
  auto& context = *connection.context;
  context.RunFunctionInTransaction([&] {
    dk::CreateTableFunctionInfo info(std::move(functions));
    dk::Catalog::GetSystemCatalog(context).CreateTableFunction(context, info);
  });
}

std::optional<TableChanges> FindChanges(LakeSession& session, const std::string& name) {
  const size_t first = name.find(kSeparator);
  const size_t second = first == std::string::npos ? first : name.find(kSeparator, first + 1);
  if (second == std::string::npos) return std::nullopt;
  const std::string table = name.substr(second + 1);
  TableChanges found;
  const auto action = catalog::Action::kSelect;
  if (const auto path = PathIn(table)) {
    found.object = session.lake->ResolvePath(session.principal, action, *path);
  } else {
    found.object = session.lake->Resolve(
        session.principal, action,
        catalog::ObjectName::Parse(table, session.lake->default_catalog(), session.schema));
  }
  if (!found.object.table) ThrowArgument(table + " is a view; changes are those of tables");
  const int64_t from = FirstVersion(*found.object.table, name.substr(0, first));
  const int64_t to = LastVersion(*found.object.table, name.substr(first + 1, second - first - 1));
  found.snapshot = found.object.table->Changes(from, to);
  return found;
}

}  // namespace lakehouse::query::duckdb
