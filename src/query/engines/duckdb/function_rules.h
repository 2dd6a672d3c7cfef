#pragma once

#include <string>
#include <vector>

namespace lakehouse::query::duckdb {

/// What SQL may call. Only what is allowed stays in the engine's catalog; a name that a new build
/// brings is unknown, and gone until somebody has judged it.
enum class FunctionRule { kAllowed, kRefused, kUnknown };

FunctionRule RuleOf(const std::string& name);

/// May a scan in a bound plan be of this table function?
bool IsAllowedTableFunction(const std::string& name);

/// Functions of the loaded build that no rule speaks of.
std::vector<std::string> FunctionsWithoutRule();

}  // namespace lakehouse::query::duckdb
