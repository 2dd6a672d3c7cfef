#include "security/principal.h"

#include <algorithm>

namespace lakehouse::security {

bool Principal::HasRole(const std::string& role) const {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

Principal LocalPrincipal() { return {"local", {kAdminRole}}; }

}  // namespace lakehouse::security
