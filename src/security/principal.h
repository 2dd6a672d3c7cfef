#pragma once

#include <string>
#include <vector>

namespace lakehouse::security {

/// Who asks. Every request carries one, also when authentication is off (then LocalPrincipal).
struct Principal {
  std::string name;
  std::vector<std::string> roles;

  bool HasRole(const std::string& role) const;
};

/// The role that may do everything.
inline constexpr char kAdminRole[] = "admin";

/// The user of this process in the local environment: name "local", role admin.
Principal LocalPrincipal();

}  // namespace lakehouse::security
