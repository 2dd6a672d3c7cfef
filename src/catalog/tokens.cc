#include "catalog/tokens.h"

#include <algorithm>
#include <cctype>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "catalog/access.h"
#include "security/tokens.h"

namespace lakehouse::catalog {
namespace {

constexpr char kBootstrapKey[] = "bootstrap_token";
constexpr size_t kMaxNameBytes = 256;

void ValidateNameOf(const std::string& name, const std::string& what) {
  const bool fits = !name.empty() && name.size() <= kMaxNameBytes &&
                    std::all_of(name.begin(), name.end(), [](unsigned char c) {
                      return std::isalnum(c) || c >= 0x80 ||
                             std::string("._-@+").find(char(c)) != std::string::npos;
                    });
  if (!fits) {
    throw Error(ErrorKind::kInvalidArgument, "LK-2110",
                "'" + name.substr(0, kMaxNameBytes) + "' cannot be the name of a " + what,
                "Use letters, digits and . _ - @ +, at most 256 bytes.");
  }
}

std::vector<std::string> SplitRoles(const std::string& text) {
  std::vector<std::string> roles;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    if (end > at) roles.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return roles;
}

}  // namespace

void Tokens::Require(const security::Principal& by, const std::string& what) {
  Access(lake_.metadata(), lake_.authorizer(), lake_.audit())
      .Require(by, Action::kAdminister, LakehouseSecurable(), what);
}

Tokens::Created Tokens::Make(const std::string& principal, const std::vector<std::string>& roles,
                             const std::string& description, int64_t lifetime_ms) {
  const storage::StorageContext& outside = lake_.storage_context();
  Created made;
  made.token = security::GenerateToken(*outside.random);
  made.record.id = Uuid::V7(*outside.clock, *outside.random).ToString();
  made.record.hash = security::HashToken(made.token);
  made.record.principal = principal;
  for (const std::string& role : roles) {
    made.record.roles += (made.record.roles.empty() ? "" : ",") + role;
  }
  made.record.description = description;
  made.record.created_ms = outside.clock->NowMs();
  made.record.expires_ms = lifetime_ms > 0 ? made.record.created_ms + lifetime_ms : 0;
  lake_.metadata().SaveToken(made.record);
  return made;
}

Tokens::Created Tokens::Create(const security::Principal& by, const std::string& principal,
                               const std::vector<std::string>& roles,
                               const std::string& description, int64_t lifetime_ms) {
  ValidateNameOf(principal, "principal");
  for (const std::string& role : roles) ValidateNameOf(role, "role");
  Require(by, "create_token");
  return Make(principal, roles, description, lifetime_ms);
}

std::vector<TokenRecord> Tokens::List(const security::Principal& by) {
  Require(by, "list_tokens");
  return lake_.metadata().ListTokens();
}

void Tokens::Delete(const security::Principal& by, const std::string& id) {
  Require(by, "delete_token");
  std::vector<std::string> found;
  for (const TokenRecord& record : lake_.metadata().ListTokens()) {
    if (!id.empty() && record.id.starts_with(id)) found.push_back(record.id);
  }
  if (found.size() != 1) {
    throw Error(ErrorKind::kNotFound, "LK-2017",
                found.empty() ? "there is no token '" + id + "'"
                              : "'" + id + "' is the start of several tokens",
                "lakehouse token list shows them.");
  }
  lake_.metadata().DeleteToken(found.front());
}

std::optional<security::Principal> Tokens::Holder(const std::string& token) {
  const auto record = lake_.metadata().FindTokenByHash(security::HashToken(token));
  if (!record) return std::nullopt;
  const int64_t now = lake_.storage_context().clock->NowMs();
  if (record->expires_ms != 0 && record->expires_ms <= now) return std::nullopt;
  return security::Principal{record->principal, SplitRoles(record->roles)};
}

std::optional<Tokens::Created> Tokens::Bootstrap() {
  if (lake_.metadata().GetValue(kBootstrapKey)) return std::nullopt;
  lake_.audit().Write({.principal = security::LocalPrincipal().name,
                       .action = "create_token",
                       .object = LakehouseSecurable().name,
                       .allowed = true,
                       .reason = "first start with authentication",
                       .request_id = ""});
  Created made = Make("admin", {security::kAdminRole}, "bootstrap", 0);
  lake_.metadata().SetValue(kBootstrapKey, made.record.id);
  return made;
}

}  // namespace lakehouse::catalog
