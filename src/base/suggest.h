#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse {

/// The candidates closest to `wrong` by edit distance (case-insensitive), best first, at most
/// `limit`. Far-off candidates are left out, so the result may be empty.
std::vector<std::string> Closest(std::string_view wrong, std::span<const std::string> candidates,
                                 size_t limit = 3);

/// "Did you mean \"a\" or \"b\"?", or empty when there is no candidate.
std::string DidYouMean(std::string_view wrong, std::span<const std::string> candidates);

}  // namespace lakehouse
