#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace lakehouse {
class Config;
}

namespace lakehouse::app {

enum class Health { kOk, kWarning, kProblem };

/// "ok", "warning", "problem"
std::string_view ToString(Health health);

/// What one check found.
struct Finding {
  std::string check;  ///< "free disk", "clock", ...
  Health health = Health::kOk;
  std::string message;
  std::string hint;  ///< what to do; empty when all is well
};

/// Looks for what goes wrong on machines: disk, clock, store, limits, rights, metadata, engine,
/// locks, tables. `report` gets each finding as it is made. A check that fails is a finding, so
/// this does not throw. Writes small files below the data root and deletes them; makes no lakehouse
/// where there is none.
void Diagnose(const Config& config, const std::function<void(const Finding&)>& report);

}  // namespace lakehouse::app
