#include "query/engines/duckdb/session_settings.h"

#include <duckdb/catalog/catalog_search_path.hpp>
#include <duckdb/common/string_util.hpp>
#include <duckdb/main/client_config.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/statement/set_statement.hpp>

#include "base/error.h"

namespace lakehouse::query::duckdb {
namespace {

constexpr char kTimeZone[] = "timezone";
constexpr char kIsolation[] = "default_transaction_isolation";
constexpr char kOverwriteMode[] = "partition_overwrite_mode";
constexpr char kAutoMerge[] = "schema_auto_merge";

std::string NameOf(const dk::SetStatement& statement) { return catalog::FoldCase(statement.name); }

std::string TextOf(const dk::SetStatement& statement) {
  const auto& value = *statement.Cast<dk::SetVariableStatement>().value;
  if (value.GetExpressionType() == dk::ExpressionType::VALUE_CONSTANT) {
    const auto& constant = value.Cast<dk::ConstantExpression>().value;
    if (constant.type().id() == dk::LogicalTypeId::VARCHAR && !constant.IsNull()) {
      return constant.ToString();
    }
  }
  throw Error(ErrorKind::kInvalidArgument, "LK-4005",
              statement.name + " cannot be set to " + value.ToString(),
              "give a name in quotes, as in SET TimeZone = 'Europe/Berlin'");
}

/// The catalog's own error for a schema that is not there, with its candidates.
[[noreturn]] void Missing(LakeSession& session, const std::string& catalog,
                          const std::string& schema) {
  session.lake->Resolve(session.principal, catalog::Action::kSelect,
                        {.catalog = catalog, .schema = schema, .name = "x"});
  throw Error(ErrorKind::kNotFound, "LK-2011", "there is no schema " + schema + " in " + catalog,
              "SHOW SCHEMAS lists what is there");
}

/// The schema's name as the lakehouse spells it.
std::string SchemaOf(const dk::CatalogSearchEntry& entry, const std::string& initial,
                     LakeSession& session) {
  const auto& lake = session.lake->default_catalog();
  if (!entry.catalog.empty() && catalog::FoldCase(entry.catalog) != catalog::FoldCase(lake)) {
    Missing(session, entry.catalog, entry.schema);
  }
  const auto folded = catalog::FoldCase(entry.schema);
  if (folded == catalog::FoldCase(initial)) return initial;
  for (const auto& schema : session.lake->ListSchemas(session.principal, lake)) {
    if (catalog::FoldCase(schema.name) == folded) return schema.name;
  }
  if (entry.catalog.empty() && folded == catalog::FoldCase(lake)) return initial;  // USE lake
  Missing(session, lake, entry.schema);
}

std::vector<dk::CatalogSearchEntry> EntriesOf(const dk::SetStatement& statement) {
  const auto text = TextOf(statement);
  std::vector<dk::CatalogSearchEntry> entries;
  try {
    for (auto& entry : dk::CatalogSearchEntry::ParseList(text)) {
      dk::StringUtil::Trim(entry.catalog.empty() ? entry.schema : entry.catalog);
      entries.push_back(entry);
    }
  } catch (const dk::Exception&) {
    entries.clear();
  }
  const bool one = NameOf(statement) == "schema";
  if (entries.empty() || (one && entries.size() > 1)) {
    throw Error(ErrorKind::kInvalidArgument, "LK-4005", text + " is no name of a schema",
                "write schema or catalog.schema");
  }
  return entries;
}

/// The names of zones that look like the unknown one, as the engine lists them.
Error UnknownZone(const std::string& zone, const std::string& message) {
  const auto end = message.find('\n');
  std::string candidates = end == std::string::npos ? "" : message.substr(end + 1);
  for (auto& c : candidates) c = c == '\n' ? ' ' : c;
  return {ErrorKind::kInvalidArgument, "LK-4005", "there is no time zone " + zone, candidates};
}

}  // namespace

void CheckSetting(const dk::SetStatement& statement) {
  const auto name = NameOf(statement);
  const bool known = name == "schema" || name == "search_path" || name == kTimeZone ||
                     name == kOverwriteMode || name == kAutoMerge || name == kIsolation ||
                     name == kTransactionIsolation;
  const bool own = statement.scope == dk::SetScope::AUTOMATIC ||
                   statement.scope == dk::SetScope::SESSION ||
                   statement.scope == dk::SetScope::LOCAL;
  if (known && own) return;
  const bool global = statement.scope == dk::SetScope::GLOBAL;
  const bool variable = statement.scope == dk::SetScope::VARIABLE;
  throw Error(ErrorKind::kPermissionDenied, "LK-4010",
              std::string(statement.set_type == dk::SetType::SET ? "SET " : "RESET ") +
                  (global     ? "GLOBAL "
                   : variable ? "VARIABLE "
                              : "") +
                  statement.name + " is not allowed",
              "a session may set schema, search_path, TimeZone, partition_overwrite_mode, "
              "schema_auto_merge and default_transaction_isolation; "
              "the rest belongs to the configuration");
}

std::optional<storage::IsolationLevel> IsolationIn(const dk::SetStatement& statement) {
  if (statement.set_type == dk::SetType::RESET) return std::nullopt;
  std::string level;
  for (const char c : catalog::FoldCase(TextOf(statement))) {
    if (c != ' ' && c != '_' && c != '-') level += c;
  }
  if (level == "serializable") return storage::IsolationLevel::kSerializable;
  if (level == "writeserializable") return storage::IsolationLevel::kWriteSerializable;
  if (level == "snapshot" || level == "snapshotisolation") {
    return storage::IsolationLevel::kSnapshot;
  }
  throw Error(ErrorKind::kInvalidArgument, "LK-4005",
              "there is no isolation level " + TextOf(statement),
              "There are SERIALIZABLE, WRITE SERIALIZABLE and SNAPSHOT.");
}

SessionSettings Changed(const SessionSettings& current, const SessionSettings& initial,
                        const dk::SetStatement& statement, LakeSession& session) {
  CheckSetting(statement);
  SessionSettings changed = current;
  const bool reset = statement.set_type == dk::SetType::RESET;
  if (NameOf(statement) == kTimeZone) {
    changed.time_zone = reset ? initial.time_zone : TextOf(statement);
    return changed;
  }
  if (NameOf(statement) == kIsolation) {
    changed.isolation = IsolationIn(statement);
    return changed;
  }
  if (NameOf(statement) == kOverwriteMode) {
    const std::string mode = reset ? "static" : catalog::FoldCase(TextOf(statement));
    if (mode != "static" && mode != "dynamic") {
      throw Error(ErrorKind::kInvalidArgument, "LK-4005",
                  mode + " is no mode of overwriting partitions", "write static or dynamic");
    }
    changed.dynamic_overwrite = mode == "dynamic";
    return changed;
  }
  if (NameOf(statement) == kAutoMerge) {
    const std::string merge = reset ? "false" : catalog::FoldCase(TextOf(statement));
    if (merge != "true" && merge != "false") {
      throw Error(ErrorKind::kInvalidArgument, "LK-4005",
                  statement.name + " cannot be set to " + merge, "write true or false");
    }
    changed.schema_auto_merge = merge == "true";
    return changed;
  }
  changed.schemas.clear();
  if (reset) {
    changed.schemas = initial.schemas;
    return changed;
  }
  for (const auto& entry : EntriesOf(statement)) {
    changed.schemas.push_back(SchemaOf(entry, initial.schemas.front(), session));
  }
  return changed;
}

void Apply(const SessionSettings& settings, const std::string& lake_name,
           dk::ClientContext& context) {
  dk::ExtensionOption option;
  if (!dk::DBConfig::GetConfig(context).TryGetExtensionOption(dk::String("TimeZone"), option)) {
    throw Error(ErrorKind::kInternal, "LK-4030", "the SQL engine knows no time zones");
  }
  dk::Value zone(settings.time_zone);
  try {
    option.set_function(context, dk::SetScope::SESSION, zone);
  } catch (const dk::Exception& error) {
    throw UnknownZone(settings.time_zone, dk::ErrorData(error).RawMessage());
  }
  dk::ClientConfig::GetConfig(context).user_settings.SetUserSetting(option.setting_index.GetIndex(),
                                                                    zone);
  dk::vector<dk::CatalogSearchEntry> path;
  for (const auto& schema : settings.schemas) path.emplace_back(lake_name, schema);
  context.RunFunctionInTransaction([&] {
    dk::ClientData::Get(context).catalog_search_path->Set(std::move(path),
                                                          dk::CatalogSetPathType::SET_SCHEMAS);
  });
}

}  // namespace lakehouse::query::duckdb
