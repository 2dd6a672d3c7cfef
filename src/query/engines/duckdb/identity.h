#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "query/engines/duckdb/pch.h"
#include "storage/snapshot.h"

namespace lakehouse::query::duckdb {

/// How an identity column counts (Delta PROTOCOL.md, "Identity Columns").
struct IdentitySpec {
  int64_t start = 1;
  int64_t step = 1;
  std::optional<int64_t> mark;  ///< the last value that the table gave
  bool explicit_allowed = false;
};

/// Nothing for a column that is no identity column. Unsupported LK-3020 when its numbers are not
/// understood.
std::optional<IdentitySpec> IdentityOf(const storage::Field& field);

/// The numbers of one identity column in one transaction: no two are equal. Thread-safe.
class IdentityNumbers {
 public:
  IdentityNumbers(std::string column, const IdentitySpec& spec);

  /// Takes the next `count` numbers and returns the first; the others follow by steps. LK-4044
  /// when they leave the type's range.
  int64_t Take(int64_t count);
  int64_t step() const { return spec_.step; }
  const std::string& column() const { return column_; }
  /// The last number taken; nothing when none was.
  std::optional<int64_t> last() const;

 private:
  const std::string column_;
  const IdentitySpec spec_;
  mutable std::mutex mutex_;
  __int128 next_;
  std::optional<int64_t> last_;
};

/// The identity columns that a transaction draws from. Thread-safe.
class Identities {
 public:
  /// The key of a column's numbers, for the function lake_identity.
  int64_t KeyOf(const std::string& table_uri, const std::string& column, const IdentitySpec& spec);
  /// Null for a key that KeyOf did not give.
  std::shared_ptr<IdentityNumbers> Find(int64_t key) const;
  /// The last numbers drawn for a table, by column.
  std::map<std::string, int64_t> MarksOf(const std::string& table_uri) const;
  /// A table with generated columns is looked at, so lake_computed may be called.
  void Compute() { computes_ = true; }
  bool computes() const { return computes_; }

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, std::shared_ptr<IdentityNumbers>>> numbers_;  ///< by key
  std::atomic<bool> computes_{false};
};

/// `metadata` with the new marks; false when there is none.
bool SetMarks(const std::map<std::string, int64_t>& marks, storage::TableMetadata& metadata);

/// Makes `lake_identity(key)`, the default of identity columns: the next number of the running
/// transaction's column; and `lake_computed()`, that of generated ones.
void RegisterIdentity(dk::Connection& connection);

/// Does `expression` come from a call of `function` alone, cast or not?
bool IsCallOf(const dk::Expression& expression, const char* function);

inline constexpr char kIdentityFunction[] = "lake_identity";
/// The default of generated columns: a null that says that the value is to be computed.
inline constexpr char kComputedFunction[] = "lake_computed";

}  // namespace lakehouse::query::duckdb
