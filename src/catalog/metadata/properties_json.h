#pragma once

#include <map>
#include <string>

namespace lakehouse::catalog::metadata {

/// A JSON object of strings, as kept in a column.
std::string ToJson(const std::map<std::string, std::string>& properties);
/// The reverse; Corruption LK-2021 for anything else.
std::map<std::string, std::string> FromJson(const std::string& text);

}  // namespace lakehouse::catalog::metadata
