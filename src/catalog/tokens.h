#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "catalog/lake.h"

namespace lakehouse::catalog {

/// Bearer tokens: who holds one is the principal it was made for. Only their hashes are kept.
/// Making, listing and deleting them needs the role admin (LK-2101) and leaves audit records.
/// Thread-safe.
class Tokens {
 public:
  explicit Tokens(Lake& lake) : lake_(lake) {}

  struct Created {
    TokenRecord record;
    std::string token;  ///< shown once, never kept
  };
  /// `lifetime_ms` 0: never expires. InvalidArgument LK-2110 for an empty or odd name or role.
  Created Create(const security::Principal& by, const std::string& principal,
                 const std::vector<std::string>& roles, const std::string& description,
                 int64_t lifetime_ms);
  std::vector<TokenRecord> List(const security::Principal& by);
  /// By id or the start of one; NotFound LK-2017.
  void Delete(const security::Principal& by, const std::string& id);

  /// Who holds `token`; nothing when it is not known or has expired.
  std::optional<security::Principal> Holder(const std::string& token);
  /// At the first call for this lakehouse a token of the principal "admin" with the role admin;
  /// nothing later. It leaves an audit record, too.
  std::optional<Created> Bootstrap();

 private:
  Created Make(const std::string& principal, const std::vector<std::string>& roles,
               const std::string& description, int64_t lifetime_ms);
  void Require(const security::Principal& by, const std::string& what);

  Lake& lake_;
};

}  // namespace lakehouse::catalog
