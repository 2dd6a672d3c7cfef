#pragma once

#include <string>
#include <string_view>

namespace lakehouse {
class Random;
}

namespace lakehouse::security {

/// A new bearer token: "lkt_" and 43 characters of base64url (256 bits).
std::string GenerateToken(Random& random);
/// What is stored in its place: SHA-256 in lower-case hex.
std::string HashToken(std::string_view token);
/// Takes the same time for every pair of equal length.
bool ConstantTimeEquals(std::string_view a, std::string_view b);

}  // namespace lakehouse::security
