#include "catalog/governance/authorizer.h"

#include "base/check.h"

namespace lakehouse::catalog {
namespace {

class OwnerAuthorizer : public Authorizer {
 public:
  Decision Authorize(const security::Principal& principal, Action action,
                     const Securable& object) override {
    Decision decision;
    if (principal.HasRole(security::kAdminRole)) {
      decision.allowed = true;
      decision.reason = "role admin";
    } else if (!object.owner.empty() && object.owner == principal.name) {
      decision.allowed = true;
      decision.reason = "owner";
    } else if (action == Action::kBrowse) {
      decision.allowed = true;
      decision.reason = "everyone may browse";
    } else {
      decision.reason = "neither owner nor role admin";
    }
    return decision;
  }
};

}  // namespace

std::string_view ToString(Action action) {
  switch (action) {
    case Action::kBrowse:
      return "browse";
    case Action::kSelect:
      return "select";
    case Action::kModify:
      return "modify";
    case Action::kCreate:
      return "create";
    case Action::kDrop:
      return "drop";
    case Action::kAlter:
      return "alter";
    case Action::kManageJobs:
      return "manage_jobs";
    case Action::kRunJob:
      return "run_job";
    case Action::kReadMetrics:
      return "read_metrics";
    case Action::kAdminister:
      return "administer";
  }
  CheckFailed("action is known", __FILE__, __LINE__);
}

std::unique_ptr<Authorizer> MakeOwnerAuthorizer() { return std::make_unique<OwnerAuthorizer>(); }

}  // namespace lakehouse::catalog
