#pragma once

#include <string>

namespace lakehouse::query::duckdb {

/// " (line 2, column 8)" of the character in `sql` that an error message of the engine points to;
/// columns count characters from 1. Empty when the message has no such pointer, or the place is not
/// to be found in `sql`, which may be another spelling of what the engine was given.
std::string PlaceOf(const std::string& message, const std::string& sql);

}  // namespace lakehouse::query::duckdb
