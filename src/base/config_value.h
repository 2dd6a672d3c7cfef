#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"

namespace lakehouse {

// Texts of settings and what they mean; nothing for a text that is no value of the type.
std::optional<int64_t> ParseInteger(std::string_view text);
std::optional<double> ParseDouble(std::string_view text);
std::optional<bool> ParseBoolean(std::string_view text);
std::optional<int64_t> ParseBytes(std::string_view text);
std::optional<int64_t> ParseDurationMs(std::string_view text);
/// "a, b" -> {"a", "b"}; empty items are left out.
std::vector<std::string> ParseList(std::string_view text);

/// Throws LK-1002 or LK-1003 with `origin` when `text` is no value of `setting`.
void CheckValue(const Setting& setting, const std::string& text, const std::string& origin);

}  // namespace lakehouse
