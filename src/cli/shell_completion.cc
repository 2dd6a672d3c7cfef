#include "cli/shell_completion.h"

#include <strings.h>

#include <algorithm>

#include "base/error.h"

namespace lakehouse::cli {
namespace {

/// Tables beyond these are not looked into for their columns.
constexpr size_t kMaxTables = 50;
constexpr size_t kMaxAnswers = 500;

const char* const kKeywords[] = {"SELECT",
                                 "FROM",
                                 "WHERE",
                                 "GROUP BY",
                                 "ORDER BY",
                                 "LIMIT",
                                 "JOIN",
                                 "LEFT JOIN",
                                 "INSERT",
                                 "INTO",
                                 "VALUES",
                                 "UPDATE",
                                 "SET",
                                 "DELETE",
                                 "MERGE",
                                 "USING",
                                 "CREATE",
                                 "TABLE",
                                 "VIEW",
                                 "SCHEMA",
                                 "DROP",
                                 "SHOW",
                                 "TABLES",
                                 "SCHEMAS",
                                 "COLUMNS",
                                 "DESCRIBE",
                                 "HISTORY",
                                 "DETAIL",
                                 "EXPLAIN",
                                 "ANALYZE",
                                 "VERSION AS OF",
                                 "TIMESTAMP AS OF",
                                 "PARTITIONED BY",
                                 "COMMENT",
                                 "DISTINCT",
                                 "HAVING",
                                 "QUALIFY",
                                 "UNION ALL",
                                 "WITH",
                                 "CASE",
                                 "WHEN",
                                 "THEN",
                                 "ELSE",
                                 "END",
                                 "NULL",
                                 "AND",
                                 "OR",
                                 "NOT",
                                 "BETWEEN",
                                 "count(*)"};

class Answers {
 public:
  explicit Answers(const std::string& word) : word_(word) {}
  void Add(const std::string& candidate) {
    if (found_.size() >= kMaxAnswers || candidate.size() < word_.size()) return;
    if (strncasecmp(candidate.c_str(), word_.c_str(), word_.size()) == 0) {
      found_.push_back(candidate);
    }
  }
  std::vector<std::string> Take() {
    std::sort(found_.begin(), found_.end());
    found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
    return std::move(found_);
  }

 private:
  const std::string word_;
  std::vector<std::string> found_;
};

void AddObjects(catalog::Lake& lake, const security::Principal& principal,
                const std::string& schema, bool current, Answers& answers) {
  size_t looked = 0;
  for (const auto& object : lake.ListObjects(principal, lake.default_catalog(), schema)) {
    answers.Add(schema + "." + object.name.name);
    if (current) answers.Add(object.name.name);
    if (object.kind != catalog::ObjectKind::kTable || ++looked > kMaxTables) continue;
    const auto found = lake.Find(principal, catalog::Action::kSelect, object.name);
    if (!found || !found->table) continue;
    for (const auto& column : found->table->Latest()->schema().Names()) answers.Add(column);
  }
}

}  // namespace

std::vector<std::string> Complete(app::Lakehouse& lakehouse, const security::Principal& principal,
                                  const std::string& current_schema, const std::string& word) {
  Answers answers(word);
  for (const char* keyword : kKeywords) answers.Add(keyword);
  try {
    auto& lake = lakehouse.lake();
    for (const auto& schema : lake.ListSchemas(principal, lake.default_catalog())) {
      answers.Add(schema.name);
      AddObjects(lake, principal, schema.name, schema.name == current_schema, answers);
    }
  } catch (const Error&) {
    return answers.Take();  // a table that cannot be read has no names to offer
  }
  return answers.Take();
}

}  // namespace lakehouse::cli
