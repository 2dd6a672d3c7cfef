#pragma once

#include <string>
#include <vector>

#include "app/lakehouse.h"

namespace lakehouse::cli {

/// What may stand where `word` begins: keywords, schemas, tables and columns that the principal may
/// see, in the case of what was typed. At most a few hundred. Never throws.
std::vector<std::string> Complete(app::Lakehouse& lakehouse, const security::Principal& principal,
                                  const std::string& current_schema, const std::string& word);

}  // namespace lakehouse::cli
