#include "query/engines/duckdb/errors.h"

#include <algorithm>
#include <optional>

#include "query/engines/duckdb/error_place.h"
#include "query/engines/duckdb/function_rules.h"
#include "query/engines/duckdb/insert_sql.h"

namespace lakehouse::query::duckdb {
namespace {

/// Longer lists of candidates help nobody.
constexpr size_t kCandidatesBytes = 300;

/// The engine's message without the lines that repeat the statement: what is wrong and where, and
/// its candidates, one line, empty when there are none.
struct Said {
  std::string what;
  std::string candidates;
};

Said SaidBy(const dk::ErrorData& error, const std::string& sql) {
  std::string message = error.RawMessage();
  message = message.substr(0, message.find("\n\nLINE"));
  const auto end = message.find('\n');
  Said said{message.substr(0, end) + PlaceOf(error.RawMessage(), sql), ""};
  if (end == std::string::npos) return said;
  for (const char c : message.substr(end)) {
    const bool blank = c == '\n' || c == '\t' || c == ' ';
    if (!blank) said.candidates += c;
    if (blank && !said.candidates.empty() && said.candidates.back() != ' ') said.candidates += ' ';
  }
  if (said.candidates.size() > kCandidatesBytes) {
    said.candidates.erase(said.candidates.rfind(' ', kCandidatesBytes));
    said.candidates += " ...";
  }
  while (said.candidates.ends_with(' ')) said.candidates.pop_back();
  return said;
}

/// What stands between `before` and the next blank, without quotes; nothing when it is not there.
std::optional<std::string> WordAfter(const std::string& message, const std::string& before) {
  const auto at = message.find(before);
  if (at == std::string::npos) return std::nullopt;
  const auto begin = at + before.size();
  auto word = message.substr(begin, message.find_first_of(" !\n", begin) - begin);
  std::erase(word, '"');
  return word;
}

/// The catalog's own error for a name that is not there: it has the candidates the principal may
/// know. Nothing when the catalog knows the name.
std::optional<Error> AskCatalog(LakeSession* session, const std::string& name) {
  if (session == nullptr) return std::nullopt;
  try {
    const auto missed = session->Missed(name);
    session->lake->Resolve(session->principal, catalog::Action::kSelect,
                           missed ? *missed
                                  : catalog::ObjectName::Parse(
                                        name, session->lake->default_catalog(), session->schema));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kNotFound) return error;
  }
  return std::nullopt;
}

Error OfCatalog(const Said& said, LakeSession* session) {
  const std::string& message = said.what;
  if (const auto function = WordAfter(message, "unction with name ")) {
    if (message.starts_with("Pragma ")) {
      return {ErrorKind::kPermissionDenied, "LK-4010", "PRAGMA " + *function + " is not allowed",
              "SQL queries and changes tables of the lakehouse"};
    }
    const bool elsewhere = message.find("it exists in the") != std::string::npos;
    if (elsewhere || RuleOf(*function) == FunctionRule::kRefused) {
      return {ErrorKind::kPermissionDenied, "LK-4011",
              "the function " + *function + " may not be used",
              "SQL reads and writes tables of the lakehouse only; lakehouse ingest loads files"};
    }
    return {ErrorKind::kNotFound, "LK-4003", message, said.candidates};
  }
  if (const auto end = message.find(" is not an table"); end != std::string::npos) {
    return {ErrorKind::kInvalidArgument, "LK-2025",
            message.substr(0, end) + " is a view, not a table",
            "name the table that the view reads"};
  }
  if (message.find("already exists") != std::string::npos) {
    return {ErrorKind::kAlreadyExists, "LK-2013", message};
  }
  for (const char* kind : {"Table with name ", "View with name "}) {
    const auto name = WordAfter(message, kind);
    if (!name) continue;
    if (auto asked = AskCatalog(session, *name)) return *asked;
  }
  if (message.find("chema with name") != std::string::npos ||
      message.find("No catalog + schema named") != std::string::npos) {
    return {ErrorKind::kNotFound, "LK-2011", message, "SHOW SCHEMAS lists what is there"};
  }
  return {ErrorKind::kNotFound, "LK-2012", message, "SHOW TABLES lists what is there"};
}

Error OfBinder(const Said& said, LakeSession* session) {
  if (said.what.starts_with("Catalog \"")) {
    if (auto asked = AskCatalog(session, *WordAfter(said.what, "Catalog ") + ".x.x")) return *asked;
    return {ErrorKind::kNotFound, "LK-2010", said.what, "SHOW CATALOGS lists what is there"};
  }
  for (const char* column : {"olumn \"", "update column", "not found in FROM", "column with name",
                             "Referenced table", "column named", "Could not find key"}) {
    if (said.what.find(column) == std::string::npos) continue;
    if (said.what.find("GROUP BY clause") != std::string::npos) break;
    return {ErrorKind::kInvalidArgument, "LK-4002", said.what, said.candidates};
  }
  return {ErrorKind::kInvalidArgument, "LK-4004", said.what, said.candidates};
}

}  // namespace

bool IsFatal(const dk::ErrorData& error) {
  return error.Type() == dk::ExceptionType::FATAL || error.Type() == dk::ExceptionType::INTERNAL;
}

Error Cancelled() { return {ErrorKind::kCancelled, "LK-4023", "the statement was cancelled"}; }

Error Translate(dk::ErrorData error, LakeSession* session, const std::string& sql) {
  if (session != nullptr) {
    if (auto kept = session->TakeError()) {
      return kept->kind() == ErrorKind::kCancelled ? Cancelled() : *kept;
    }
  }
  const Said said = SaidBy(error, sql);
  const std::string& message = said.what;
  if (error.Type() == dk::ExceptionType::INVALID_INPUT || error.Type() == dk::ExceptionType::IO) {
    // Only the scan of a data file speaks of one.
    if (const auto at = message.find(kFileScheme); at != std::string::npos) {
      return {ErrorKind::kCorruption, "LK-3510",
              std::string(message).erase(at, std::string_view(kFileScheme).size()),
              "restore the file, or read a version of the table without it"};
    }
  }
  if (const auto at = message.find(kReplaceWhereMark); at != std::string::npos) {
    return {ErrorKind::kInvalidArgument, "LK-4070",
            "a new row does not match the condition of " + message.substr(at),
            "every row that is inserted has to match it"};
  }
  switch (error.Type()) {
    case dk::ExceptionType::PARSER:
    case dk::ExceptionType::SYNTAX:
      return {ErrorKind::kInvalidArgument, "LK-4001", message};
    case dk::ExceptionType::CATALOG:
      return OfCatalog(said, session);
    case dk::ExceptionType::BINDER:
      return OfBinder(said, session);
    case dk::ExceptionType::PERMISSION:
      return {ErrorKind::kPermissionDenied, "LK-4011", message,
              "SQL reads and writes tables of the lakehouse only"};
    case dk::ExceptionType::NOT_IMPLEMENTED:
      return {ErrorKind::kUnsupported, "LK-4012", message};
    case dk::ExceptionType::OUT_OF_MEMORY:
      return {ErrorKind::kResourceExhausted, "LK-4021", message,
              "narrow it, ask for more memory, or raise query.memory_limit or query.max_temp_size"};
    case dk::ExceptionType::INTERRUPT:
      return Cancelled();
    case dk::ExceptionType::INTERNAL:
    case dk::ExceptionType::FATAL:
      return {ErrorKind::kInternal, "LK-4030", message, "the engine is reopened; run it again"};
    case dk::ExceptionType::MISMATCH_TYPE:
    case dk::ExceptionType::PARAMETER_NOT_RESOLVED:
    case dk::ExceptionType::PARAMETER_NOT_ALLOWED:
      return {ErrorKind::kInvalidArgument, "LK-4004", message};
    default:
      return {ErrorKind::kInvalidArgument, "LK-4005", message};
  }
}

}  // namespace lakehouse::query::duckdb
