#pragma once

#include <string>
#include <vector>

#include "storage/snapshot.h"

namespace lakehouse::storage {

/// Rules of a table for the rows that are written to it; true: the writer keeps it (Delta
/// PROTOCOL.md, "Writer Version Requirements").
struct RowRules {
  bool constraints = false;     ///< CHECK constraints and column invariants are tested
  bool generated = false;       ///< generated columns are computed, or compared
  bool identity = false;        ///< identity columns are filled, and their mark is moved
  bool defaults = false;        ///< columns that are left out get their default
  bool column_mapping = false;  ///< data files have physical names and field ids
  bool change_feed = false;     ///< change data files are written where the feed is on
  bool row_ids = false;         ///< rows that are copied keep their row ids and commit versions

  friend bool operator==(const RowRules&, const RowRules&) = default;
};

/// The rules that the table's metadata sets.
RowRules RulesOf(const TableMetadata& metadata);

/// The names of the features behind the rules of `needed` that are not in `kept`.
std::vector<std::string> MissingRules(const RowRules& needed, const RowRules& kept);

/// Unsupported LK-3020 with the name of a rule in `needed` that is not in `kept`. To be asked
/// before rows are written: a commit that would break a rule is refused all the same.
void CheckRowRules(const RowRules& needed, const RowRules& kept);

}  // namespace lakehouse::storage
