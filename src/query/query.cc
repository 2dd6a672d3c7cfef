#include "query/query.h"

namespace lakehouse::query {

std::string_view ToString(StatementKind kind) {
  switch (kind) {
    case StatementKind::kQuery:
      return "query";
    case StatementKind::kWrite:
      return "write";
    case StatementKind::kDefinition:
      return "definition";
    case StatementKind::kOther:
      break;
  }
  return "other";
}

}  // namespace lakehouse::query
