#pragma once

#include <map>
#include <string>

#include "storage/snapshot.h"

namespace lakehouse::storage::delta {

/// Who gives properties to a table.
enum class PropertyUse {
  kCreate,  ///< CREATE TABLE: constraints may be among them
  kAlter,   ///< SET TBLPROPERTIES
};

/// Checks properties that somebody wants a table to have: keys that begin with `delta.` must be
/// known, and their values of their type; others are the user's own. Returns them in the spelling
/// of Delta. InvalidArgument LK-4060 for an unknown key, with candidates; LK-4061 for a value that
/// the key cannot have; LK-4062 for a key that the table sets itself.
std::map<std::string, std::string> CheckProperties(
    const std::map<std::string, std::string>& properties, PropertyUse use);

/// May the property `key` be taken away? InvalidArgument LK-4062 if not.
void CheckRemoval(const std::string& key);

/// Set by the table itself, so no part of how somebody would create it again: the largest column
/// id, the versions at which features were turned on, who made it.
bool IsInternalProperty(const std::string& key);

/// What has to be so between two states of the metadata: the mode of column mapping only goes from
/// none to name. InvalidArgument LK-4062.
void CheckPropertyChange(const TableMetadata& before, const TableMetadata& after);

}  // namespace lakehouse::storage::delta
